"""The sentences of refusals about vouchers and statements of the collecting account."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

REFUSALS: Final[dict[str, Any]] = {
    "voucher_not_running": _l(
        "This loan is not being repaid, so nothing can be paid for it at a bank."
    ),
    "voucher_currency": _l("This loan is repaid in %(currency)s."),
    "voucher_amount": _l("Enter the amount you paid, more than nothing."),
    "voucher_day_missing": _l("Enter the day you paid."),
    "voucher_too_early": _l(
        "The loan was paid out on %(day)s. A repayment cannot have been made before."
    ),
    "voucher_in_future": _l("A payment cannot lie in the future. Enter the day you paid."),
    "voucher_reference_missing": _l(
        "Enter the reference your bank printed on the voucher, letters and digits."
    ),
    "voucher_reference_known": _l(
        "A voucher with this reference was shown before. Each payment counts once."
    ),
    "voucher_image_known": _l(
        "This image was shown before. If you have paid again, show the voucher of that payment."
    ),
    "vouchers_too_many": _l(
        "%(at_most)s of your vouchers are still being looked at. Show more once they are decided."
    ),
    "voucher_other_amount": _l(
        "The statement says %(line)s and the voucher %(voucher)s. Only the same amount matches."
    ),
    "voucher_line_too_early": _l(
        "This line was booked on %(day)s, before the loan was paid out. It is another payment."
    ),
    "voucher_line_taken": _l("This line proves another voucher. Choose another line."),
    "voucher_line_set_aside": _l("This line was set aside as no borrower’s payment."),
    "voucher_line_changed": _l(
        "The voucher is matched to another line by now. Look at both again; nothing was confirmed."
    ),
    "voucher_decided": _l("This voucher was decided meanwhile. Nothing has been done twice."),
    "voucher_second_officer": _l("You had the first word on this. Another officer has to agree."),
    "voucher_undo_open": _l("Somebody proposed already to take this voucher back."),
    "voucher_undo_none": _l("Nobody has proposed to take this voucher back."),
}
