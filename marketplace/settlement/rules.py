"""Who bears it when a bank takes a payment back: one table, decided by what the payment bought.

The money is gone at once and is our loss. The table says who had it, and so from whom it is
recovered: ADR 0006 gives the reasons at length.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Route(StrEnum):
    """From where a loss is recovered."""

    WAIT = "wait"  # not known yet: looked at again
    ESCROW = "escrow"  # still held for what it was paid for: that ends
    SPONSOR = "sponsor"  # the fee we took, then payable, holdback, and the transfer taken back
    BILL = "bill"  # not shared yet: what it settled is open again
    WALLET = "wallet"  # the payer's wallet, now and until all is back
    NOTHING = "nothing"  # there is nobody to charge: it stays our loss


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table."""

    route: Route
    why: str


_UNTOLD: Final = Rule(Route.WAIT, "the payment itself is not counted yet")
_BOTH: Final = Rule(
    Route.NOTHING, "it went back by refund and by dispute: the second was not ours to stop"
)
_OVER: Final = Rule(Route.NOTHING, "it was charged back before: nobody has its money")
_IN_WALLET: Final = Rule(Route.WALLET, "the failed refund is in the wallet: they have it twice")
_STOPPED: Final = Rule(Route.ESCROW, "the refund is stopped: the bank was quicker")

_RULES: Final[dict[tuple[str, str], Rule]] = {
    ("pledge", "untold"): _UNTOLD,
    ("pledge", "held"): Rule(Route.ESCROW, "nobody but the escrow has it: the pledge ends"),
    ("pledge", "refunding"): _STOPPED,
    ("pledge", "released"): Rule(
        Route.SPONSOR, "sponsor and house had it, each its part: nobody keeps a part of nothing"
    ),
    ("pledge", "refunded"): _BOTH,
    ("pledge", "in_wallet"): _IN_WALLET,
    ("pledge", "charged_back"): _OVER,
    ("pledge", "surplus"): _STOPPED,
    ("commitment", "untold"): _UNTOLD,
    ("commitment", "in_reflection"): Rule(Route.ESCROW, "not lent yet: the part is free again"),
    ("commitment", "reserved"): Rule(Route.ESCROW, "not lent yet: the part is free again"),
    ("commitment", "refunding"): _STOPPED,
    ("commitment", "converted"): Rule(
        Route.WALLET, "the borrower has it and owes nothing more: the note pays it back"
    ),
    ("commitment", "refunded"): _BOTH,
    ("commitment", "in_wallet"): _IN_WALLET,
    ("commitment", "charged_back"): _OVER,
    ("bill", "untold"): _UNTOLD,
    ("bill", "paid"): Rule(Route.BILL, "not shared yet: the borrower owes the instalment again"),
    ("bill", "shared"): Rule(
        Route.WALLET, "lenders keep what they were paid: the borrower owes it to us"
    ),
    ("prepayment", "untold"): _UNTOLD,
    ("prepayment", "paid"): Rule(Route.BILL, "not shared yet: the loan is owed as before"),
    ("prepayment", "shared"): Rule(
        Route.WALLET, "lenders keep what they were paid: the borrower owes it to us"
    ),
    ("prepayment", "surplus"): _STOPPED,
    ("prepayment", "refunded"): _BOTH,
    ("prepayment", "in_wallet"): _IN_WALLET,
    ("prepayment", "charged_back"): _OVER,
    ("bill", "surplus"): _STOPPED,
    ("bill", "refunded"): _BOTH,
    ("bill", "in_wallet"): _IN_WALLET,
    ("bill", "charged_back"): _OVER,
    ("wallet", "untold"): _UNTOLD,
    ("wallet", "done"): Rule(Route.WALLET, "it is in the wallet, or was spent from it"),
}
_UNKNOWN: Final = Rule(Route.NOTHING, "nobody but us was to have it")


def rule(purpose: str, standing: str) -> Rule:
    """Return who bears the loss of a payment for `purpose` that stands as `standing`."""
    return _RULES.get((purpose, standing), _UNKNOWN)


def all_rules() -> dict[tuple[str, str], Rule]:
    """Return the whole table, for pages and tests."""
    return dict(_RULES)
