"""Letters to finance officers about what ledger and provider disagree on."""

from __future__ import annotations

from marketplace.escrow.events import DifferenceStands
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.notifications import letters
from marketplace.web.locale import _l


def on_difference_standing(event: DifferenceStands) -> None:
    """Tell every finance officer that something has been unequal for a day."""
    reference = public_id("dif", event.difference_id)
    letters.send_to_officers(
        "difference_standing",
        f"difference_standing:{event.difference_id}",
        action=f"/staff/finance/differences/{reference}",
        label=_l("Open the difference"),
        here=Money(event.here_minor, event.currency),
        there=Money(event.there_minor, event.currency),
        provider_ref=event.provider_ref,
        since=event.since,
        reference=reference,
    )
