"""Large private files: sealed piece by piece, read from any place, refused once touched."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from marketplace.infra import sealing, settings, streams
from marketplace.infra.files import Outcome
from marketplace.infra.sealing import SealBroken
from marketplace.infra.streams import PIECE_BYTES
from marketplace.kernel.errors import NotFound

DATA = bytes(range(251)) * 800  # three pieces and a bit: 251 divides no power of two


def place_of(folder: Path, key: str) -> Path:
    return folder / streams.SHELF / key[:2] / key


def test_it_is_read_as_it_was_and_lies_sealed(folder: Path) -> None:
    kept = streams.keep(io.BytesIO(DATA))

    assert (kept.size, kept.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert b"".join(streams.read(kept.key)) == DATA
    assert DATA[:32] not in place_of(folder, kept.key).read_bytes()
    assert not list(folder.rglob("*.part"))


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0, 1),
        (PIECE_BYTES - 1, PIECE_BYTES + 1),
        (PIECE_BYTES, 2 * PIECE_BYTES),
        (100_000, len(DATA)),
        (len(DATA) - 1, len(DATA) + 99),
        (5, 5),
    ],
)
def test_any_part_of_it_is_read_by_itself(folder: Path, start: int, stop: int) -> None:
    kept = streams.keep(io.BytesIO(DATA))

    assert b"".join(streams.read(kept.key, start, stop)) == DATA[start:stop]


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1])
def test_every_length_comes_back(folder: Path, size: int) -> None:
    kept = streams.keep(io.BytesIO(DATA[:size]))

    assert b"".join(streams.read(kept.key)) == DATA[:size]


def test_no_piece_can_be_changed_moved_or_dropped(folder: Path) -> None:
    kept = streams.keep(io.BytesIO(DATA))
    place = place_of(folder, kept.key)
    whole = place.read_bytes()
    sealed, head = PIECE_BYTES + streams._TAG_BYTES, streams._HEAD_BYTES
    first, second = whole[head : head + sealed], whole[head + sealed : head + 2 * sealed]
    flipped = bytearray(whole)
    flipped[head + 7] ^= 1

    for forged in (
        bytes(flipped),
        whole[:head] + second + first + whole[head + 2 * sealed :],
        whole[: head + 2 * sealed],
        b"x" + whole[1:],
    ):
        place.write_bytes(forged)
        with pytest.raises(SealBroken):
            b"".join(streams.read(kept.key))


def test_a_file_does_not_open_under_another_ones_name(folder: Path) -> None:
    one, other = streams.keep(io.BytesIO(b"one")), streams.keep(io.BytesIO(b"other"))
    place_of(folder, one.key).replace(place_of(folder, other.key))

    with pytest.raises(SealBroken):
        b"".join(streams.read(other.key))


def test_a_former_key_still_opens_and_a_lost_one_does_not(folder: Path) -> None:
    old, new = sealing.new_key(), sealing.new_key()
    settings.install(replace(settings.current_settings(), file_keys=(old,)))
    kept = streams.keep(io.BytesIO(b"song"))

    settings.install(replace(settings.current_settings(), file_keys=(new, old)))
    assert b"".join(streams.read(kept.key)) == b"song"

    settings.install(replace(settings.current_settings(), file_keys=(new,)))
    with pytest.raises(SealBroken):
        b"".join(streams.read(kept.key))


def test_a_round_seals_with_the_newest_key_and_leaves_what_is_broken(
    app: Flask, folder: Path
) -> None:
    old, new = sealing.new_key(), sealing.new_key()
    settings.install(replace(settings.current_settings(), file_keys=(old,)))
    song, hurt = (streams.keep(io.BytesIO(DATA)).key for _ in range(2))
    with place_of(folder, hurt).open("r+b") as file:
        file.seek(200)
        file.write(b"????")

    settings.install(replace(settings.current_settings(), file_keys=(new, old)))
    outcomes = {seen.key: seen.outcome for seen in streams.seal_all()}
    assert outcomes == {song: Outcome.SEALED, hurt: Outcome.BROKEN}
    told = app.test_cli_runner().invoke(args=["files", "seal"])
    assert told.exit_code == 1
    assert hurt in told.output
    assert not list(folder.rglob("*.part"))

    settings.install(replace(settings.current_settings(), file_keys=(new,)))
    assert b"".join(streams.read(song)) == DATA


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "0" * 64, "A" * 64])
def test_whatever_is_no_key_finds_nothing(folder: Path, key: str) -> None:
    with pytest.raises(NotFound):
        streams.read(key)
    streams.drop(key)
