"""A statement file, whatever kind it is: its bytes as text, its text as statements."""

from __future__ import annotations

from typing import Final

from marketplace.escrow.bank_files import camt, tables
from marketplace.escrow.bank_files.lines import BankStatement
from marketplace.kernel.errors import Refusal

TEXT_MAX: Final = 10_000_000
LINES_MAX: Final = 50_000


def decoded(raw: bytes) -> str:
    """Return the text of a file: UTF-8, or what banks' older exports are written in."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def statements_in(text: str) -> list[BankStatement]:
    """Return the statements of a file, CAMT.053 or a table; refused where it is neither or huge."""
    if len(text) > TEXT_MAX:
        raise Refusal("statement_too_large")
    is_xml = text.lstrip("\ufeff \r\n\t").startswith("<")
    found = camt.read(text) if is_xml else tables.read(text)
    if sum(len(each.lines) for each in found) > LINES_MAX:
        raise Refusal("statement_too_large")
    return list(found)
