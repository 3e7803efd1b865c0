"""Where somebody's money is now: one shape for pledges, commitments, notes and payouts.

Every page of money answers the same questions in the same order: how much, who has it, since
when, under which number at the provider, until when at the latest, what happens next and when,
and what could still turn it round.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from marketplace.kernel.money import Money
from marketplace.web.locale import _


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known of one amount of money. `holder` is a whole sentence about who has it.

    `since` is a day where no time of it is known. `at` is when the next thing happens, None where
    no time is fixed; `reversals` are sentences,
    empty where nothing can turn it round any more.
    """

    amount: Money
    holder: str
    what_next: str
    since: datetime | date | None = None
    ref: str | None = None
    leave_by: date | None = None
    at: datetime | date | None = None
    reversals: tuple[str, ...] = ()


def held_by(holder: str) -> str:
    """Return who has money that waits at the provider."""
    return _("Held by %(holder)s", holder=holder)


def chargeback() -> str:
    """Return what the owner of a card can have their bank do, whoever has the money."""
    return _(
        "You can dispute the payment with your bank, mostly for 120 days; please write to us first."
    )


def decided_for_you() -> str:
    """Return what happens next to money a bank has decided to keep for its payer."""
    return _("Nothing more: your bank has decided that it stays with you")


def disputed_by_others() -> str:
    """Return what happens to a receiver when a payer disputes."""
    return _(
        "A payer can dispute a payment with their bank, mostly for 120 days: what the bank takes"
        " back is charged to you."
    )


def refund_may_return() -> str:
    """Return what happens to a refund that a bank does not take."""
    return _("Your bank may send the refund back: then it is in your wallet here.")
