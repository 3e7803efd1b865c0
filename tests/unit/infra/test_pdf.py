"""Documents on paper: the same bytes each time, every sign set, heads on every page."""

from __future__ import annotations

import base64
import dataclasses
import re
import zlib

from marketplace.infra import pdf


def _paper(*blocks: pdf.Block, language: str = "en") -> pdf.Paper:
    return pdf.Paper(
        title="Statement",
        issuer="Kindling",
        reference="st_1",
        page_words=lambda number, pages: f"Page {number} of {pages}",
        language=language,
        blocks=blocks,
    )


def _pages(document: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", document))


def _fonts(document: bytes) -> set[bytes]:
    return set(re.findall(rb"/BaseFont /(?:[A-Z]{6}\+)?([\w-]+)", document))


def test_equal_papers_give_equal_bytes_and_other_words_give_others() -> None:
    paper = _paper(pdf.Heading("Movements"), pdf.Facts([("Opening", "EUR 1.00")]))
    assert pdf.write(paper) == pdf.write(paper)
    assert pdf.write(paper) != pdf.write(dataclasses.replace(paper, reference="st_2"))
    assert pdf.write(paper).startswith(b"%PDF-1.")


def test_a_long_table_goes_over_pages_each_with_its_number_and_its_heads() -> None:
    columns = [pdf.Column("Day"), pdf.Column("Amount", figures=True)]
    rows = [[f"2026-01-{n % 28 + 1:02}", f"{n}.00"] for n in range(200)]
    document = pdf.write(_paper(pdf.Table(columns, rows, totals=["Total", "19,900.00"])))
    assert _pages(document) > 2
    short = pdf.write(_paper(pdf.Table(columns, rows[:3])))
    assert _pages(short) == 1


def test_a_heading_does_not_push_its_table_to_the_next_page() -> None:
    rows = [[str(n)] for n in range(60)]
    document = pdf.write(_paper(pdf.Heading("All"), pdf.Table([pdf.Column("N")], rows)))
    assert _pages(document) == 2


def test_chinese_is_set_in_the_font_of_the_language_of_the_document() -> None:
    simplified = pdf.write(_paper(pdf.Paragraph("对账单"), language="zh_Hans"))
    traditional = pdf.write(_paper(pdf.Paragraph("對帳單"), language="zh_Hant"))
    assert b"STSong-Light" in _fonts(simplified)
    assert b"MSung-Light" in _fonts(traditional)
    assert b"STSong-Light" not in _fonts(traditional)


def test_names_of_all_europe_are_in_the_file_and_markup_is_only_text() -> None:
    document = pdf.write(
        _paper(pdf.Facts([("Wałęsa, Jiří, Őry, Ștefan, Ελένη, Ольга", "<b>5 & 6</b>")]))
    )
    assert b"DejaVuSans" in _fonts(document)
    assert b"/FontFile2" in document


def test_a_sign_no_font_has_is_a_question_mark_and_not_an_error() -> None:
    assert pdf.write(_paper(pdf.Paragraph("a\u0e01b"))) == pdf.write(_paper(pdf.Paragraph("a?b")))


def _pieces(document: bytes) -> int:
    """How many pieces of text the pages show: a cell is one for each of its lines."""
    streams = re.findall(rb"stream\r?\n(.+?)endstream", document, re.DOTALL)
    packed = (one.strip() for one in streams if one.strip().endswith(b"~>"))
    pages = [zlib.decompress(base64.a85decode(b"<~" + one, adobe=True)) for one in packed]
    return sum(len(re.findall(rb"\bTj\b", page)) for page in pages)


def test_an_amount_that_is_too_long_for_its_column_is_set_smaller_and_stays_whole() -> None:
    amounts = ["EUR\u00a0999,999.00"] * 8
    columns = [pdf.Column("Owed", figures=True) for _ in amounts]
    narrow = pdf.write(_paper(pdf.Table(columns, [amounts], totals=amounts)))
    short = pdf.write(_paper(pdf.Table(columns, [["9.00"] * 8], totals=["9.00"] * 8)))
    assert _pieces(narrow) == _pieces(short)
