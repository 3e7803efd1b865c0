"""Showing a payment made at a bank, and the words about vouchers."""

from __future__ import annotations

from typing import Any, Final

from flask_wtf.file import FileField
from wtforms import StringField

from marketplace.loans.forms.words import Words
from marketplace.loans.vouchers import REFERENCE_LENGTH_MAX
from marketplace.web.forms import DayField, Form, MoneyField, longest
from marketplace.web.locale import _l

_ACCEPT: Final = {"accept": "application/pdf,image/jpeg,image/png"}

STATES: Final[Words] = {
    "uploaded": _l("Waits to be found on the statement"),
    "matched": _l("Found on the statement"),
    "confirmed": _l("Confirmed by one of two officers"),
    "final": _l("Confirmed, on its way to the provider"),
    "credited": _l("Counts for the loan"),
    "reversed": _l("Taken back"),
    "rejected": _l("Refused"),
    "withdrawn": _l("Withdrawn"),
}
TONES: Final = {
    "uploaded": "warn",
    "matched": "info",
    "confirmed": "info",
    "final": "info",
    "credited": "good",
    "reversed": "bad",
    "rejected": "bad",
    "withdrawn": "neutral",
}


def state_tag(state: str) -> dict[str, Any]:
    """Return how a voucher's state is shown."""
    return {"label": str(STATES.get(state, state)), "tone": TONES.get(state, "neutral")}


class VoucherForm(Form):
    """One payment and its image."""

    amount = MoneyField(_l("Amount paid"))
    paid_on = DayField(_l("Day you paid"))
    bank_ref = StringField(
        _l("Bank’s reference"),
        description=_l("As it is printed on the voucher. Spaces and dashes do not matter."),
        validators=[longest(REFERENCE_LENGTH_MAX * 2)],
    )
    document = FileField(
        _l("Image of the voucher"),
        description=_l("PDF, JPEG or PNG, at most 10 MB; every letter must be readable."),
        render_kw=_ACCEPT,
    )

    @property
    def data_sent(self) -> bytes:
        """The bytes of the file; nothing if none was chosen."""
        sent = self.document.data
        return bytes(sent.read()) if sent else b""
