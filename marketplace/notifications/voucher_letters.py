"""Letters about payments at a bank: officers hear of one, borrowers what became of it."""

from __future__ import annotations

from typing import Final

from marketplace.kernel.ids import public_id
from marketplace.loans.events import VoucherDecided, VoucherUploaded
from marketplace.loans.queries import vouchers
from marketplace.notifications import letters
from marketplace.web.locale import _l

_TOLD: Final = {
    "credited": "voucher_credited",
    "rejected": "voucher_rejected",
    "reversed": "voucher_reversed",
}


def on_uploaded(event: VoucherUploaded) -> None:
    """Tell the officers that a voucher waits."""
    found = vouchers.voucher(event.voucher_id)
    letters.send_to_officers(
        "voucher_officers",
        f"voucher:{event.voucher_id}",
        action=f"/staff/finance/vouchers/{found.ref}",
        label=_l("Open the voucher"),
        amount=found.amount,
        paid_on=found.paid_on,
    )


def on_decided(event: VoucherDecided) -> None:
    """Tell the borrower what became of a voucher, where it is news for them."""
    kind = _TOLD.get(event.state)
    if kind is None:
        return
    found = vouchers.voucher(event.voucher_id)
    letters.send(
        event.borrower_id,
        kind,
        f"voucher:{event.voucher_id}:{event.state}",
        action=f"/my/loans/{public_id('ln', event.loan_id)}/vouchers",
        label=_l("Open your vouchers"),
        title=found.loan_title,
        amount=found.amount,
        paid_on=found.paid_on,
        booked=found.line_booked_on,
        reason=found.reject_reason or found.undo_reason or "",
    )
