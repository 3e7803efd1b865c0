"""The honest bar of a funding: what is firm, what may still be withdrawn, what is being paid."""

from __future__ import annotations

from typing import Any

from marketplace.kernel.money import Money
from marketplace.loans.queries import public_loan
from marketplace.loans.queries.public_loan import PublicLoan, Reflecting
from marketplace.loans.states import LoanState
from marketplace.web.locale import _
from marketplace.web.rendering import brief_text, moment_text


def standing(found: PublicLoan, *, is_open: bool) -> dict[str, Any] | None:
    """Return what the panel shows of a loan that is still listed; None for any other."""
    if found.state != LoanState.LISTED:
        return None
    held = public_loan.reflecting(found.id)
    return {
        "parts": _parts(found, held),
        "closes": _closes(found, held),
        "least": found.least,
        "waiting_hint": _hint(found, held) if is_open and not found.left.is_positive else None,
    }


def _parts(found: PublicLoan, held: Reflecting) -> list[dict[str, Any]]:
    reflecting = Money(held.minor, found.currency)
    until = _("until %(when)s", when=moment_text(held.until)) if held.until else ""
    shown = [
        (_("Firm"), found.reserved - reflecting, "good", ""),
        (_("In reflection: may still be withdrawn"), reflecting, "ember", until),
        (_("Taken, being paid"), found.awaiting, "warn", ""),
        (_("Open"), found.left, "past", ""),
    ]
    return [
        {"label": label, "minor": amount.minor, "amount": amount, "tone": tone, "words": said}
        for label, amount, tone, said in shown
    ]


def _closes(found: PublicLoan, held: Reflecting) -> str:
    """Return when it is decided: worked out from the last reflection, never guessed."""
    if found.left.is_positive or found.awaiting.is_positive:
        if found.least is None:
            return _("Decided by %(when)s at the latest.", when=moment_text(found.funding_until))
        return _(
            "Decided by %(when)s. The borrower takes %(least)s too, should it not fill.",
            when=moment_text(found.funding_until),
            least=brief_text(found.least),
        )
    if held.until is None:
        return _("All of it is paid and firm: it is being closed.")
    return _(
        "Full. It closes when the last reflection ends, on %(when)s, unless somebody withdraws.",
        when=moment_text(held.until),
    )


def _hint(found: PublicLoan, held: Reflecting) -> str:
    """Return what who came too late can do."""
    if held.until is not None:
        return _(
            "%(amount)s may still be withdrawn until %(when)s: what is becomes free here at once.",
            amount=brief_text(Money(held.minor, found.currency)),
            when=moment_text(held.until),
        )
    return _("Some parts are still being paid. If one is not, it is free again within the hour.")
