"""Calendar files as RFC 5545 wants them."""

from __future__ import annotations

from datetime import UTC, datetime

from marketplace.web.calendar import Date, calendar

AT = datetime(2027, 3, 31, 18, 0, tzinfo=UTC)


def test_lines_end_with_crlf_and_none_is_longer_than_75_bytes() -> None:
    text = calendar("燈" * 60, [Date("k", AT, "ü" * 200, "https://x.test/")], AT)

    lines = text.encode().split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    assert "燈" * 60 in text.replace("\r\n ", "")


def test_words_cannot_add_lines_of_their_own() -> None:
    text = calendar("a", [Date("k", AT, "x\r\nATTENDEE:y; a, b\\", "https://x.test/")], AT)

    assert "\r\nATTENDEE" not in text
    assert "SUMMARY:x\\nATTENDEE:y\\; a\\, b\\\\" in text
    assert "DTSTART:20270331T180000Z" in text
