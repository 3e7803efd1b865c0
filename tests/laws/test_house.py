"""The house rules that no other tool holds."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "marketplace"
LINES_MAX = 400
FUNCTION_LINES_MAX = 40
FILE_BYTES_MAX = 1_000_000
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
MODULES = sorted(HOUSE.rglob("*.py"))


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.name, node.end_lineno - node.lineno + 1


def test_a_module_is_short_enough_to_be_read_at_once() -> None:
    lengths = {_named(path): len(path.read_text().splitlines()) for path in MODULES}

    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}


def test_a_function_fits_on_a_screen() -> None:
    lengths = {
        f"{_named(path)}:{name}": lines for path in MODULES for name, lines in _functions(path)
    }

    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES_MAX} == {}


def test_no_module_hides_behind_a_name_that_says_nothing() -> None:
    assert [path for path in MODULES if BANNED_NAMES & set(path.with_suffix("").parts)] == []


def test_nothing_large_is_kept_that_a_tool_left_behind() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("what is kept is told by git, and this is no clone")
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    kept = [ROOT / name for name in told.stdout.decode().split("\0") if name]
    sizes = {_named(path): path.stat().st_size for path in kept if path.is_file()}

    assert sizes
    assert {name: size for name, size in sizes.items() if size > FILE_BYTES_MAX} == {}


def test_every_package_with_rows_or_commands_keeps_its_strata() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    strata = next(c for c in contracts["contracts"] if c["name"].startswith("Strata"))
    domains = {
        f"marketplace.{path.parent.name}"
        for word in ("services", "models", "queries")
        for path in [*HOUSE.glob(f"*/{word}.py"), *HOUSE.glob(f"*/{word}")]
    }

    assert domains - set(strata["containers"]) == set()


def test_each_dependency_has_its_line_of_reason() -> None:
    told = set(
        re.findall(
            r"^\| ([\w\[\],-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE
        )
    )
    asked = {
        re.split(r"[~=<>; ]", line.strip())[0]
        for name in ("app", "dev")
        for line in (ROOT / f"requirements/{name}.in").read_text().splitlines()
        if line.strip() and not line.startswith(("#", "-"))
    }

    assert told - {"package"} == asked


@pytest.mark.parametrize("name", ["app", "dev"])
def test_every_locked_package_carries_hashes_and_no_address(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text()

    entries = re.findall(r"^[\w\[\]-]+==.+?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)

    assert len(entries) > 20
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)


def test_records_of_decisions_are_numbered_without_gaps_and_listed() -> None:
    records = sorted((ROOT / "docs/adr").glob("*.md"))
    listed = (ROOT / "docs/adr/0001-records-of-decisions.md").read_text()

    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    assert [path.name for path in records if f"({path.name})" not in listed] == []
