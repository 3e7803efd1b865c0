"""What the documents say is what the code does."""

from __future__ import annotations

import tomllib
from pathlib import Path

from docs import make_states

ROOT = Path(__file__).resolve().parents[2]


def test_the_state_diagrams_are_those_of_the_machines() -> None:
    drawn = make_states.PAGE.read_text(encoding="utf-8")

    assert drawn == make_states.page(), "run python -m docs.make_states"


def test_every_direct_dependency_has_its_line_of_reason() -> None:
    reasons = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").lower()
    wanted = [
        line.split("~")[0].split("[")[0].strip().lower()
        for name in ("app.in", "dev.in")
        for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith(("#", "-"))
    ]

    assert [name for name in wanted if name not in reasons] == []


def test_no_registry_address_stands_in_a_committed_requirement() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "requirements").iterdir()]

    assert not any("://" in text for text in texts)


def test_the_project_file_is_readable() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
