"""What files are taken: by what they hold, never by what they are called."""

from __future__ import annotations

import io
import struct
import wave
import zipfile

import pytest

from marketplace.kernel.errors import Refusal
from marketplace.media.rules import archives, files
from marketplace.media.rules.files import Kind, playable, recognise

EXECUTABLE = b"MZ\x90\x00" + b"\x00" * 200


def a_wave() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x00\x10" * 800)
    return out.getvalue()


def a_zip(*entries: tuple[str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(Refusal) as refused:
        recognise(io.BytesIO(data))
    return refused.value.code


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\x00\x00\x00\x18ftypisom" + b"\x00" * 40, "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A " + b"\x00" * 40, "audio/mp4"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + b"\x00" * 40, "video/webm"),
        (b"\xff\xfb\x90\x64" + b"\x00" * 40, "audio/mpeg"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x05hello\xff\xfb\x90\x64", "audio/mpeg"),
        (b"OggS" + b"\x00" * 24 + b"OpusHead", "audio/ogg"),
        (b"fLaC\x00", "audio/flac"),
        (a_wave(), "audio/wav"),
        (b"%PDF-1.7\n", "application/pdf"),
        (a_zip(("mimetype", b"application/epub+zip"), ("a.xhtml", b"<p>")), "application/epub+zip"),
        (a_zip(("01 Silo.flac", b"fLaC"), ("booklet.pdf", b"%PDF-")), "application/zip"),
    ],
)
def test_a_file_is_what_it_holds(data: bytes, media_type: str) -> None:
    assert recognise(io.BytesIO(data)).media_type == media_type


@pytest.mark.parametrize(
    "data",
    [
        EXECUTABLE,
        b"\x7fELF" + b"\x00" * 60,
        b"#!/bin/sh\nrm -rf /\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a/*",
        b"ID3\x04\x00\x00\x00\x00\x00\x05hello" + EXECUTABLE,
        b"\x00\x00\x00\x18ftypheic" + b"\x00" * 40,
        b"\x1a\x45\xdf\xa3" + b"matroska" + b"\x00" * 60,
        b"RIFF\x00\x00\x00\x00AVI ",
    ],
)
def test_whatever_else_it_is_called_it_is_refused(data: bytes) -> None:
    assert code_of(data) == "file_unknown"


def test_an_empty_file_is_no_file() -> None:
    assert code_of(b"") == "file_missing"


def test_a_file_without_end_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BYTES_MAX", 1000)

    assert code_of(b"\xff\xfb\x90\x64" + b"\x00" * 1000) == "file_too_heavy"


def test_a_book_is_not_played() -> None:
    with pytest.raises(Refusal, match="recording_unknown"):
        playable(recognise(io.BytesIO(b"%PDF-1.7\n")))
    assert playable(recognise(io.BytesIO(a_wave()))).kind is Kind.AUDIO


class TestArchives:
    def test_what_it_holds_is_listed(self) -> None:
        found = recognise(io.BytesIO(a_zip(("a/01.mp3", b"x"), ("cover.jpg", b"y"))))

        assert found.listing == ("a/01.mp3", "cover.jpg")

    def test_a_bomb_is_refused_by_its_directory(self) -> None:
        bomb = a_zip(("silence.wav", b"\x00" * 20_000_000), packed=zipfile.ZIP_DEFLATED)
        assert len(bomb) < 100_000

        assert code_of(bomb) == "archive_bomb"

    def test_one_that_claims_to_be_small_is_not_believed_about_the_sum(self) -> None:
        data = bytearray(a_zip(("a.wav", b"x")))
        at = data.index(b"PK\x01\x02")
        data[at + 24 : at + 28] = struct.pack("<I", archives.UNPACKED_BYTES_MAX + 1)

        assert code_of(bytes(data)) == "archive_bomb"

    def test_too_many_entries_are_refused_before_the_directory_is_read(self) -> None:
        many = a_zip(*((f"{n}.txt", b"x") for n in range(archives.ENTRIES_MAX + 1)))

        assert code_of(many) == "archive_too_many"

    @pytest.mark.parametrize("name", ["setup.exe", "page.html", "inner.zip", "README"])
    def test_what_is_neither_heard_nor_seen_nor_read_is_refused(self, name: str) -> None:
        assert code_of(a_zip((name, b"x"))) == "archive_stranger"

    @pytest.mark.parametrize("name", ["../up.mp3", "/etc/a.mp3", "C:a.mp3", "a\\..\\..\\b.mp3"])
    def test_one_that_would_write_elsewhere_is_refused(self, name: str) -> None:
        assert code_of(a_zip((name, b"x"))) == "archive_leads_out"

    def test_an_encrypted_one_is_refused(self) -> None:
        data = bytearray(a_zip(("a.mp3", b"x")))
        data[data.index(b"PK\x01\x02") + 8] |= 1

        assert code_of(bytes(data)) == "archive_encrypted"

    @pytest.mark.parametrize("cut", [30, 60])
    def test_half_of_one_is_refused(self, cut: int) -> None:
        assert code_of(a_zip(("a.mp3", b"x" * 100))[:-cut]) == "archive_unreadable"
