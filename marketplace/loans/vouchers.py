"""Vouchers: what a borrower must say, how alike two pictures are, which statement line fits.

A voucher proves nothing by itself: it says which line of the bank's own statement to look for.
Pure.
"""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from PIL import Image

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

REFERENCE_LENGTH_MAX: Final = 40
SAME_BITS: Final = 2
"""Pictures of the same amount whose looks differ in no more bits of 64 are the same picture."""
ALIKE_BITS: Final = 6
"""Those that differ in no more are shown to the officer: most sheets of paper look alike."""
DAYS_APART_MAX: Final = 10
_SIDE: Final = 8


@dataclass(frozen=True, slots=True)
class Told:
    """What the borrower says about a payment."""

    amount: Money
    paid_on: date
    bank_ref: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a statement, as far as it is compared."""

    amount: Money
    booked_on: date
    bank_ref: str
    remittance: str


def told_refusals(told: Told, *, disbursed_on: date, today: date, currency: str) -> list[Refusal]:
    """Return everything that is wrong with what a borrower says of a payment."""
    found = []
    if told.amount.currency != currency:
        found.append(Refusal("voucher_currency", "amount", currency=currency))
    elif not told.amount.is_positive:
        found.append(Refusal("voucher_amount", "amount"))
    if told.paid_on < disbursed_on:
        found.append(Refusal("voucher_too_early", "paid_on", day=disbursed_on))
    if told.paid_on > today:
        found.append(Refusal("voucher_in_future", "paid_on"))
    if not reference(told.bank_ref):
        found.append(Refusal("voucher_reference_missing", "bank_ref"))
    return found


def reference(text: str) -> str:
    """Return a bank's reference as it is compared: letters and digits alone, in capitals."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())[:REFERENCE_LENGTH_MAX]


def look(picture: bytes) -> int:
    """Return how a picture looks, in 64 bits, signed: each whether it gets brighter to the right.

    The difference hash: a scan of the same paper, made again or scaled, differs in few bits.
    """
    grey = Image.open(io.BytesIO(picture)).convert("L").resize((_SIDE + 1, _SIDE))
    dots = list(grey.tobytes())
    rows = [dots[n : n + _SIDE + 1] for n in range(0, len(dots), _SIDE + 1)]
    bits = [left < right for row in rows for left, right in itertools.pairwise(row)]
    value = int("".join("1" if bit else "0" for bit in bits), 2)
    return value - (1 << 64) if value >= 1 << 63 else value


def fits(told: Told, line: Line) -> int:
    """Return how well a statement's line fits, 0 to 100; 100 is amount, reference and day.

    The amount counts 50, the reference 35 where the bank's text holds it, the day up to 15.
    """
    score = 50 if line.amount == told.amount else 0
    wanted = reference(told.bank_ref)
    texts = (reference(line.bank_ref), reference(line.remittance))
    if wanted and any(wanted in text for text in texts):
        score += 35
    apart = abs((line.booked_on - told.paid_on).days)
    return score + round(15 * max(0, DAYS_APART_MAX - apart) / DAYS_APART_MAX)


def is_certain(told: Told, line: Line) -> bool:
    """Whether amount and reference are the very same: then no person has to look for the line."""
    wanted = reference(told.bank_ref)
    said = (reference(line.bank_ref), reference(line.remittance))
    return line.amount == told.amount and wanted in said


def officers_needed(amount: Money, single_max_minor: int) -> int:
    """Return how many officers must confirm a voucher of this amount."""
    return 1 if amount.minor <= single_max_minor else 2
