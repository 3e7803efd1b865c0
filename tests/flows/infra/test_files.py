"""Private files: sealed on disk, opened by old keys too, refused once they were touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from flask import Flask

from marketplace.infra import files, sealing, settings
from marketplace.infra.files import PRIVATE, Outcome
from marketplace.infra.sealing import SealBroken
from marketplace.kernel.errors import NotFound
from tests.builders.applications import a_pdf

PDF = "application/pdf"
Keys = Callable[..., None]


@pytest.fixture
def keys(folder: Path) -> Keys:
    """Run the site on these keys from now on."""

    def use(*told: str) -> None:
        settings.install(replace(settings.current_settings(), file_keys=told))

    return use


def kept(folder: Path, key: str, shelf: str = PRIVATE) -> Path:
    return folder / shelf / key[:2] / key


def run(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["files", *words])
    return result.exit_code, result.output


def test_a_private_file_lies_sealed_and_is_handed_out_as_it_was(folder: Path) -> None:
    data = a_pdf("Payslip of Beatrice")

    key = files.store(data, PDF, shelf=PRIVATE)

    on_disk = kept(folder, key).read_bytes()
    assert sealing.is_sealed(on_disk)
    assert b"%PDF" not in on_disk
    assert b"Beatrice" not in on_disk
    assert files.load(key, shelf=PRIVATE) == data
    with pytest.raises(NotFound):
        files.path(key)


def test_a_site_without_keys_makes_its_own_once_and_for_its_owner_alone(folder: Path) -> None:
    key = files.store(a_pdf(), PDF, shelf=PRIVATE)
    file = folder / "files.key"
    first = file.read_text()

    files.load(key, shelf=PRIVATE)

    assert file.read_text() == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in folder.iterdir() if one.name.endswith(".part")] == []


def test_a_pages_picture_stays_as_it_is(folder: Path) -> None:
    key = files.store(b"RIFF a picture", "image/webp")

    assert files.path(key).read_bytes() == b"RIFF a picture"


class TestTampering:
    @pytest.mark.parametrize("place", [0, 9, 20, 40, -1])
    def test_any_changed_byte_is_refused(self, folder: Path, place: int) -> None:
        key = files.store(a_pdf(), PDF, shelf=PRIVATE)
        sealed = bytearray(kept(folder, key).read_bytes())
        sealed[place] ^= 1
        kept(folder, key).write_bytes(sealed)

        with pytest.raises(SealBroken):
            files.load(key, shelf=PRIVATE)

    def test_two_papers_cannot_be_swapped(self, folder: Path) -> None:
        one, other = (files.store(a_pdf(who), PDF, shelf=PRIVATE) for who in ("Ann", "Bob"))
        kept(folder, other).write_bytes(kept(folder, one).read_bytes())

        with pytest.raises(SealBroken, match="changed since it was sealed"):
            files.load(other, shelf=PRIVATE)

    def test_a_plain_file_put_in_its_place_is_refused(self, folder: Path) -> None:
        key = files.store(a_pdf("Mine"), PDF, shelf=PRIVATE)
        kept(folder, key).write_bytes(a_pdf("Forged"))

        with pytest.raises(SealBroken, match="not what its name says"):
            files.load(key, shelf=PRIVATE)

    def test_a_lost_key_is_named_by_its_id(self, folder: Path, keys: Keys) -> None:
        keys(sealing.new_key())
        key = files.store(a_pdf(), PDF, shelf=PRIVATE)
        wanted = kept(folder, key).read_bytes()[9:17].hex()
        keys(sealing.new_key())

        with pytest.raises(SealBroken, match=f"no key of ours has the id {wanted}"):
            files.load(key, shelf=PRIVATE)


class TestSealingAnew:
    def test_what_lay_plain_is_read_before_and_sealed_after(self, app: Flask, folder: Path) -> None:
        data = a_pdf("Old")
        key = files.store(
            data, PDF
        )  # a contract among the public files, as before there were seals
        before = files.load(key, shelf=PRIVATE)

        code, said = run(app, "seal")

        assert (code, said) == (0, "1 files sealed, 0 were already, 0 cannot be opened.\n")
        assert before == files.load(key, shelf=PRIVATE) == data
        assert sealing.is_sealed(kept(folder, key).read_bytes())
        assert not kept(folder, key, files.FILES).exists()

    def test_a_rotation_ends_with_the_old_key_out_of_use(
        self, app: Flask, folder: Path, keys: Keys
    ) -> None:
        old, new = sealing.new_key(), sealing.new_key()
        keys(old)
        papers = [files.store(a_pdf(f"Paper {n}"), PDF, shelf=PRIVATE) for n in range(4)]
        keys(new, old)
        files.store(a_pdf("During"), PDF, shelf=PRIVATE)
        begun = [seen.outcome for seen in islice(files.seal_all(), 3)]  # then it is killed

        code, said = run(app, "seal")
        again = run(app, "seal")
        keys(new)

        done = begun.count(Outcome.SEALED)
        assert done >= 2
        assert code == 0
        assert said.startswith(f"{4 - done} files sealed, {1 + done} were already, 0 ")
        assert again == (0, "0 files sealed, 5 were already, 0 cannot be opened.\n")
        assert [files.load(key, shelf=PRIVATE) for key in papers] == [
            a_pdf(f"Paper {n}") for n in range(4)
        ]

    def test_a_broken_file_is_named_and_left_and_the_others_are_sealed(
        self, app: Flask, folder: Path, keys: Keys
    ) -> None:
        old, new = sealing.new_key(), sealing.new_key()
        keys(old)
        good, bad = (files.store(a_pdf(word), PDF, shelf=PRIVATE) for word in ("Good", "Bad"))
        torn = kept(folder, bad).read_bytes()[:-3]
        kept(folder, bad).write_bytes(torn)
        keys(new, old)

        code, said = run(app, "seal")

        assert code == 1
        assert f"{bad}: it was changed since it was sealed" in said
        assert "1 files sealed, 0 were already, 1 cannot be opened." in said
        assert kept(folder, bad).read_bytes() == torn
        keys(new)
        assert files.load(good, shelf=PRIVATE) == a_pdf("Good")


def test_a_fresh_key_is_one_that_settings_take(app: Flask) -> None:
    _code, printed = run(app, "new-key")

    found = settings.read({**os.environ, "FILE_KEYS": printed.strip()})

    assert found.file_keys == (printed.strip(),)
