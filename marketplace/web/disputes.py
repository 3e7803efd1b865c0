"""What people read about money their bank takes back: on pledges, commitments, bills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, Protocol

from marketplace.kernel.money import Money
from marketplace.web.locale import _, _l

_REASONS: Final[dict[str, Any]] = {
    "fraudulent": _l("They say they did not pay"),
    "product_not_received": _l("They say they did not get it"),
    "product_unacceptable": _l("They say it is not what was promised"),
    "duplicate": _l("They say they paid twice"),
    "credit_not_processed": _l("They say a refund is missing"),
    "subscription_canceled": _l("They say they had cancelled"),
    "unrecognized": _l("They do not recognise it"),
    "general": _l("No reason given"),
}


class Disputed(Protocol):
    """What must be known of a dispute to tell of it."""

    @property
    def opened_at(self) -> datetime:
        """When the bank began."""

    @property
    def closed_at(self) -> datetime | None:
        """When the bank decided."""

    @property
    def state(self) -> str:
        """How far it is."""

    @property
    def withdrawn(self) -> bool:
        """Whether the money is with the bank."""

    @property
    def amount(self) -> Money:
        """How much of it."""

    @property
    def provider_ref(self) -> str:
        """Its id at the provider."""


def reason_words(code: str) -> str:
    """Return why somebody disputes a payment, in plain words."""
    return str(_REASONS.get(code, code))


def bank_keeps(found: Iterable[Disputed]) -> bool:
    """Whether a bank has decided to keep a payment for its payer."""
    return any(each.state == "lost" for each in found)


def dispute_items(found: Iterable[Disputed]) -> Iterator[dict[str, Any]]:
    """Return what the bank did as the payer reads it, for `m.timeline`."""
    for each in found:
        is_open = each.closed_at is None
        yield {
            "title": _("Your bank took the payment back")
            if each.withdrawn or each.state == "won"
            else _("Your bank asked about the payment"),
            "amount": each.amount,
            "at": each.opened_at,
            "ref": each.provider_ref,
            "body": _("We have told it what we know, or will; it decides.") if is_open else None,
            "state": "now" if is_open else "done",
        }
        if each.state == "won":
            yield {
                "title": _("Your bank decided that the payment was right"),
                "at": each.closed_at,
                "state": "done",
            }
        elif each.state == "lost":
            yield {
                "title": _("Your bank keeps the money for you"),
                "at": each.closed_at,
                "state": "done",
            }
