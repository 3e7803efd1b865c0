"""The slip a bank prints when somebody pays in, as a borrower's telephone sees it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_WIDTH, _HEIGHT, _MARGIN, _ROW = 900, 620, 60, 62
_PAPER, _FAINT = "#faf8f2", "#7c858b"


@dataclass(frozen=True, slots=True)
class _Bank:
    """How a bank prints: its name, its ink, and how broad a stub it leaves on the left."""

    name: str
    ink: str
    stub: int


_BANKS: Final = (_Bank("North Bank", "#23303a", 0), _Bank("Harbour Savings", "#7a2e1d", 190))


def draw_slip(bank: int, amount: str, paid_on: date, bank_ref: str) -> bytes:
    """Return a PNG picture of a paying-in slip; neighbouring numbers are different banks."""
    made_by = _BANKS[bank % len(_BANKS)]
    sheet = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    pen = ImageDraw.Draw(sheet)
    left, right = made_by.stub + _MARGIN, _WIDTH - _MARGIN
    pen.rectangle((0, 0, _WIDTH, 14), fill=made_by.ink)
    pen.rectangle((0, 0, made_by.stub, _HEIGHT), fill=made_by.ink)
    pen.text((left, 48), made_by.name, fill=made_by.ink, font=ImageFont.load_default(44))
    pen.text((left, 112), "Paying-in slip", fill=_FAINT, font=ImageFont.load_default(26))
    rows = (("Amount", amount), ("Paid on", paid_on.isoformat()), ("Reference", bank_ref))
    for n, (name, words) in enumerate(rows):
        top = 200 + n * _ROW
        pen.text((left, top), name, fill=_FAINT, font=ImageFont.load_default(26))
        pen.text(
            (right, top), words, fill=made_by.ink, font=ImageFont.load_default(32), anchor="ra"
        )
        pen.line((left, top + 48, right, top + 48), fill=_FAINT, width=1)
    said = "A specimen of the demo world. It proves nothing."
    pen.text((left, 540), said, fill=_FAINT, font=ImageFont.load_default(22))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()
