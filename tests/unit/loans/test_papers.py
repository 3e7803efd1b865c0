"""A file is kept as a document only if it is one, whatever it says of itself."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from marketplace.kernel.errors import Refusal
from marketplace.loans import papers
from tests.builders.applications import a_pdf, a_photograph


def refused(data: bytes) -> str:
    """The code a file is refused for."""
    with pytest.raises(Refusal) as found:
        papers.read(data)
    assert found.value.field == "document"
    return found.value.code


def with_catalogue(**entries: generic.PdfObject) -> bytes:
    """A PDF with more in its catalogue than pages."""
    writer = IncrementalPdfFileWriter(io.BytesIO(a_pdf()))
    for name, value in entries.items():
        writer.root[pdf_name(f"/{name}")] = value
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def an_act(kind: str) -> generic.DictionaryObject:
    """Something a document does by itself."""
    return generic.DictionaryObject({pdf_name("/S"): pdf_name(f"/{kind}")})


def test_a_pdf_is_kept_byte_for_byte() -> None:
    data = a_pdf(pages=3)

    assert papers.read(data) == papers.Paper("application/pdf", data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_drawn_anew_and_says_nothing_of_its_maker(kind: str) -> None:
    sent = a_photograph(metadata=b"at home, 52.5N 13.4E", kind=kind)

    kept = papers.read(sent)

    assert kept.content_type == "image/jpeg"
    assert kept.data != sent
    assert b"at home" in sent
    assert b"at home" not in kept.data
    with Image.open(io.BytesIO(kept.data)) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (300, 400))
        assert not drawn.getexif()


def test_a_picture_with_a_tail_of_another_kind_loses_it() -> None:
    kept = papers.read(a_photograph() + b"<script>alert(1)</script>")

    assert b"script" not in kept.data


def test_a_see_through_picture_stands_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(out, "PNG")

    with Image.open(io.BytesIO(papers.read(out.getvalue()).data)) as drawn:
        assert drawn.getpixel((150, 150)) == (255, 255, 255)


def test_a_large_picture_is_made_no_larger_than_a_page_needs() -> None:
    out = io.BytesIO()
    Image.new("L", (6000, 3000), 200).save(out, "PNG")

    with Image.open(io.BytesIO(papers.read(out.getvalue()).data)) as drawn:
        assert drawn.size == (2600, 1300)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "document_missing"),
        (b"<html><script>alert(1)</script></html>", "document_unreadable"),
        (b"MZ\x90\x00 a program", "document_unreadable"),
        (b"PK\x03\x04 an archive", "document_unreadable"),
        (b"GIF89a", "document_unreadable"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "document_unreadable"),
        (b" %PDF-1.7 with something before", "document_unreadable"),
        (b"%PDF-1.7\nnot one, but says so\n%%EOF", "document_broken"),
        (b"\xff\xd8\xff\xe0 not a picture at all", "document_unreadable"),
        (b"\x89PNG\r\n\x1a\n cut off", "document_unreadable"),
        (b"%PDF-1.7" + b"x" * papers.BYTES_MAX, "document_too_heavy"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_a_pdf_cut_off_half_way_is_refused() -> None:
    data = a_pdf(pages=4)

    assert refused(data[: len(data) // 2]) == "document_broken"


def test_a_pdf_with_a_script_is_refused() -> None:
    assert refused(with_catalogue(OpenAction=an_act("JavaScript"))) == "document_acts"


@pytest.mark.parametrize("name", ["JavaScript", "EmbeddedFiles"])
def test_a_pdf_that_carries_something_is_refused(name: str) -> None:
    names = generic.DictionaryObject({pdf_name(f"/{name}"): generic.DictionaryObject()})

    assert refused(with_catalogue(Names=names)) == "document_acts"


def test_a_pdf_that_opens_at_a_page_is_kept() -> None:
    assert papers.read(with_catalogue(OpenAction=an_act("GoTo"))).content_type == papers.PDF


def test_a_pdf_with_a_password_is_refused() -> None:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(a_pdf())))
    writer.encrypt(owner_pass="owner", user_pass="user")
    out = io.BytesIO()
    writer.write(out)

    assert refused(out.getvalue()) == "document_locked"


def test_a_pdf_without_an_end_of_pages_is_refused() -> None:
    assert refused(a_pdf(pages=papers.PAGES_MAX + 1)) == "document_pages"


def test_a_pdf_that_unfolds_without_end_is_refused() -> None:
    bomb = zlib.compress(b"0" * 100_000_000, 9)
    head = b"%PDF-1.5\n"
    stream = (
        b"1 0 obj\n<< /Type /XRef /Size 2 /W [1 4 2] /Root 2 0 R /Filter /FlateDecode /Length "
        + str(len(bomb)).encode()
        + b" >>\nstream\n"
        + bomb
        + b"\nendstream\nendobj\n"
    )
    data = head + stream + b"startxref\n" + str(len(head)).encode() + b"\n%%EOF\n"

    assert refused(data) == "document_broken"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("payslip.pdf", "payslip.pdf"),
        ("C:\\Users\\me\\payslip.pdf", "payslip.pdf"),
        ("../../etc/passwd", "passwd"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("two\r\nlines.pdf", "twolines.pdf"),
        ("x" * 200, "x" * 100),
        ("", ""),
    ],
)
def test_the_name_of_a_file_is_shown_without_tricks(name: str, shown: str) -> None:
    assert papers.shown_name(name) == shown
