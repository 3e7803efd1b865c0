"""What is held, in the finance desk's words: as what, what happens next, what can be chosen."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from marketplace.notifications.held_words import KINDS
from marketplace.settlement.queries.holding import Held
from marketplace.settlement.queries.kinds import HeldAs
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import day_text

_NEXT: Final[dict[HeldAs, Any]] = {
    HeldAs.CAMPAIGN: _l(
        "Decided at its deadline. What is undecided on %(on)s goes back to the backers."
    ),
    HeldAs.PAYOUT: _l(
        "Sent once the sponsor has a payout account. On %(on)s every backer gets everything back."
    ),
    HeldAs.HOLDBACK: _l(
        "Released when backers accept or say nothing. On %(on)s: what was sent, or is not due yet,"
        " to the sponsor; the rest back to the backers."
    ),
    HeldAs.LOAN: _l(
        "Lent when the loan is full. What is not lent on %(on)s goes back to the lenders."
    ),
    HeldAs.DISBURSEMENT: _l(
        "Sent once the borrower has a payout account. On %(on)s every lender gets everything back."
    ),
    HeldAs.WALLET: _l(
        "Lent or withdrawn by its owner. On %(on)s it goes to the owner’s bank, else back the way"
        " it was paid in."
    ),
    HeldAs.REFUND: _l("The provider sends it back; it should have by %(on)s."),
    HeldAs.REPAYMENT: _l("Shared among the lenders with the next settlement."),
    HeldAs.STRANDED: _l(
        "Nobody’s bank is known and no payment takes it back. It leaves when its owner sets up"
        " payouts: write to them."
    ),
}
CHOICES: Final[dict[str, Any]] = {
    "give_back": _l("Give it back now"),
    "pay_on": _l("Try to pay it out again"),
    "decide": _l("Decide now, as its last day would"),
}
STATES: Final[dict[str, tuple[Any, str]]] = {
    "proposed": (_l("Waits for a second officer"), "warn"),
    "done": (_l("Done"), "good"),
    "refused": (_l("Turned down"), "neutral"),
}


def kind(held_as: str) -> str:
    """Return what it is held as."""
    return str(KINDS[HeldAs(held_as)])


def what_next(held: Held) -> str:
    """Return what happens to it next, and on its last day."""
    return str(_NEXT[HeldAs(held.kind)]) % {"on": day_text(held.leave_by)}


def left(held: Held, today: date) -> dict[str, str]:
    """Return how long it may stay, as a tag."""
    days = held.days_left(today)
    if days < 0:
        words = ngettext("%(num)s day too late", "%(num)s days too late", -days)
        return {"label": words, "tone": "bad"}
    if days == 0:
        return {"label": _("today"), "tone": "bad"}
    tone = "bad" if days <= 3 else "warn" if days <= 14 else "neutral"
    return {"label": ngettext("%(num)s day", "%(num)s days", days), "tone": tone}


def within(bound: int | None) -> str:
    """Return a span of days as a bar is labelled."""
    if bound is None:
        return _("Later")
    if bound < 0:
        return _("Too late")
    return ngettext("Within %(num)s day", "Within %(num)s days", bound)
