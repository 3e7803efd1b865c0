"""Captions: only times and words come through."""

from __future__ import annotations

import pytest

from marketplace.kernel.errors import Refusal
from marketplace.media.rules.captions import CUES_MAX, Cue, read, written

PLAIN = b"WEBVTT\n\n00:01.000 --> 00:02.500\nA door.\n\n01:00:00.000 --> 01:00:01.000\nRain & wind"


def test_times_are_read_with_hours_and_without() -> None:
    assert read(PLAIN) == (
        Cue(1000, 2500, "A door."),
        Cue(3_600_000, 3_601_000, "Rain & wind"),
    )


def test_what_was_written_anew_reads_the_same() -> None:
    cues = read(PLAIN)

    assert read(written(cues).encode()) == cues


def test_styles_notes_settings_and_markup_do_not_come_through() -> None:
    data = (
        b"\xef\xbb\xbfWEBVTT - title\r\n\r\nSTYLE\r\n::cue{background:url(//evil)}\r\n\r\n"
        b"NOTE hidden\r\n\r\n7\r\n00:01.000 --> 00:02.000 line:0 align:start\r\n"
        b"<v Eve><c.x>Hi</c> &lt;script&gt;alert(1)&lt;/script&gt;\r\n"
    )

    text = written(read(data))

    assert text == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHi &lt;script&gt;alert(1)&lt;/script&gt;\n"
    )


def test_words_cannot_begin_a_cue_of_their_own() -> None:
    data = b"WEBVTT\n\n00:01.000 --> 00:02.000\n00:03.000 --&gt; 00:04.000"

    assert "→" in written(read(data))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"1\n00:00:01,000 --> 00:00:02,000\nSubRip", "captions_unreadable"),
        (b"MZ\x90\x00", "captions_unreadable"),
        (b"\xff\xfe\x00W", "captions_unreadable"),
        (b"WEBVTTX\n\n00:01.000 --> 00:02.000\nx", "captions_unreadable"),
        (b"WEBVTT\n\nno time\nx", "captions_unreadable"),
        (b"WEBVTT\n\n00:02.000 --> 00:01.000\nx", "captions_unreadable"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"x" * 501, "captions_unreadable"),
        (b"WEBVTT", "captions_empty"),
        (b"WEBVTT\n\nNOTE nothing", "captions_empty"),
        (
            b"WEBVTT\n\n00:05.000 --> 00:06.000\nb\n\n00:01.000 --> 00:02.000\na",
            "captions_out_of_order",
        ),
        (b"WEBVTT" + b"\n\n00:01.000 --> 00:02.000\nx" * (CUES_MAX + 1), "captions_too_long"),
        (b"WEBVTT\n\n" + b"x" * 1_100_000, "captions_too_long"),
    ],
)
def test_what_is_no_caption_file_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(data)

    assert refused.value.code == code
