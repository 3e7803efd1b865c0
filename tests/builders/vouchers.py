"""Vouchers and statements of the collecting account, by the commands that people use."""

from __future__ import annotations

import io
import itertools
from datetime import date
from typing import Final
from uuid import UUID

from PIL import Image, ImageDraw

from marketplace.escrow.bank_files.lines import BankStatement, Line
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.loans.queries import vouchers as queries
from marketplace.loans.queries.vouchers import VoucherRow
from marketplace.loans.services import collecting_lines, vouchers
from marketplace.loans.services.collecting_lines import Brought
from marketplace.loans.vouchers import Told
from tests.builders.campaigns import euros, form_key
from tests.builders.identity import an_actor

OUR_ACCOUNT: Final = "DE02120300000000202051"
_numbers = itertools.count(1)


def officer(name: str = "Fay Officer") -> Actor:
    """Somebody of the finance desk."""
    return an_actor(name, role="finance_officer")


def a_picture(words: str = "BANK RECEIPT", *, side: int = 600) -> bytes:
    """A scan of a voucher, as a PNG; other words give another picture."""
    picture = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(picture)
    for n, letter in enumerate(words.encode()):
        left, top = (n * 97 + letter * 13) % side, (n * 61 + letter * 29) % side
        draw.rectangle((left, top, left + side // 5, top + side // 6), fill=(letter, 60, 90))
    draw.text((20, 20), words, fill="black")
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def shown(
    borrower: Actor,
    loan_id: UUID,
    amount: str = "88.85",
    *,
    paid_on: date | None = None,
    bank_ref: str = "",
    image: bytes = b"",
) -> UUID:
    """Show a payment made at a bank."""
    number = next(_numbers)
    told = Told(euros(amount), paid_on or clock.today(), bank_ref or f"TRX-2026-{number:05}")
    kept = vouchers.prepare(image or a_picture(f"RECEIPT {number} {number * 7919}"))
    return vouchers.upload(borrower, loan_id, told, kept, form_key=form_key(), now=clock.now())


def came_in(
    actor: Actor, amount: str = "88.85", *, on: date | None = None, ref: str = "", text: str = ""
) -> Brought:
    """Bring a statement with one line."""
    line = Line(
        ref or f"BANK{next(_numbers):06}",
        on or clock.today(),
        euros(amount),
        name="B. Borrower",
        remittance=text,
    )
    statement = BankStatement(OUR_ACCOUNT, "1", "EUR", (line,))
    return collecting_lines.bring(actor, [statement], ours=[OUR_ACCOUNT], now=clock.now())


def voucher(voucher_id: UUID) -> VoucherRow:
    """Read a voucher."""
    found = queries.voucher(voucher_id)
    db.session.rollback()
    return found


def last_line() -> UUID:
    """Return the line that came in last."""
    found: UUID = column("SELECT id FROM collection_line ORDER BY id DESC LIMIT 1")[0]
    db.session.rollback()
    return found
