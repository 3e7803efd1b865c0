"""The steps of a pledge that is released in parts: what was shipped, said, decided, paid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import url_for

from marketplace.campaigns.queries import fulfilments, one, parts
from marketplace.campaigns.queries.fulfilments import FulfilmentRow, ObjectionRow
from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.queries.parts import PledgedPart
from marketplace.campaigns.queries.pledges import PledgeRow
from marketplace.campaigns.states import PledgeState
from marketplace.campaigns.views import delivery_words
from marketplace.campaigns.views.showing import month
from marketplace.escrow import queries as escrow
from marketplace.escrow.gateway import Terms
from marketplace.escrow.queries import Instruction
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.web.locale import _

Item = dict[str, Any]

_OBJECTED: Final = frozenset({"objected", "released", "partly_released", "returned"})
_STATES: Final = {
    "held": "now",
    "released": "done",
    "returning": "now",
    "returned": "done",
    "charged_back": "bad",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """All that is known of a released pledge beyond its payment."""

    campaign: CampaignRow | None = None
    release: Instruction | None = None
    parts: Sequence[PledgedPart] = ()
    found: FulfilmentRow | None = None
    objections: Sequence[ObjectionRow] = ()

    def sum_of(self, *states: str) -> Money | None:
        """Return what of the pledge is in `states`; None where it is not in parts."""
        if not self.parts:
            return None
        minor = sum(part.amount_minor for part in self.parts if part.state in states)
        return Money(minor, self.parts[0].currency)

    @property
    def is_with_sponsor(self) -> bool:
        """Whether no part of a released pledge is still held, on its way back or back."""
        return all(part.state == "released" for part in self.parts)

    @property
    def unheld_since(self) -> datetime | None:
        """Since when nothing is held for what is owed, or was sent later; None: it is not so."""
        if self.found is None or not self.found.is_unheld:
            return None
        ended = [part.ended_at for part in self.parts if part.kind == "inspection"]
        return ended[0] if ended else None

    @property
    def claimed(self) -> list[PledgedPart]:
        """The milestones that backers may look at just now."""
        return [part for part in self.parts if part.milestone in {"claimed", "objected"}]


def delivery(pledge: PledgeRow) -> Delivery:
    """Return what is known of a pledge's delivery and its parts; nothing before the success."""
    if pledge.state != PledgeState.RELEASED:
        return Delivery()
    campaign, found = one.campaign(pledge.campaign_id), fulfilments.of_pledge(pledge.id)
    said = found is not None and found.state in _OBJECTED
    return Delivery(
        campaign,
        escrow.instruction(campaign.release_id) if campaign.release_id else None,
        parts.of_pledge(pledge.id),
        found,
        fulfilments.objections_of(pledge.id) if said else (),
    )


def steps(pledge: PledgeRow, known: Delivery, terms: Terms) -> Iterator[Item]:
    """Yield the steps in order of time, the expected ones last."""
    shares = [_part(part, terms, known.found) for part in known.parts if part.kind != "first"]
    if known.found is not None and known.found.is_unheld:
        yield from shares
        yield from _shipping(pledge, known.found)
        return
    if known.found is not None:
        yield from _shipping(pledge, known.found)
    for objection in known.objections:
        if objection.part_id is None:
            yield from _objection(objection)
    yield from shares


def _shipping(pledge: PledgeRow, found: FulfilmentRow) -> Iterator[Item]:
    if found.shipped_at is not None:
        yield {
            "title": _("Sent to you"),
            "at": found.shipped_at,
            "body": pledge.reward_title,
            "ref": f"{found.carrier} {found.tracking}".strip() or None,
            "ref_label": _("Carrier and number"),
            "state": "done",
        }
    if found.state == "shipped":
        yield {
            "title": _("Look whether it is as promised"),
            "at": found.inspect_until,
            "body": _("If you say nothing by then it counts as received."),
            "href": url_for("campaigns.pledge_inspect", ref=public_id("pl", pledge.id)),
            "state": "now",
        }
    elif found.state == "owed":
        yield {
            "title": _("Still owed to you"),
            "body": pledge.reward_title,
            "on": month(found.promised_for) if found.promised_for else None,
            "state": "next",
        }
    elif found.state in {"accepted", "auto_accepted"}:
        label, _tone = delivery_words.STATES[found.state]
        yield {"title": str(label), "at": found.ended_at, "state": "done"}


def _objection(objection: ObjectionRow) -> Iterator[Item]:
    yield {
        "title": _("You said that something is wrong"),
        "at": objection.opened_at,
        "state": "done" if objection.decided_at else "now",
    }
    if objection.decided_at is not None:
        label, _tone = delivery_words.OBJECTION_STATES[objection.state]
        yield {
            "title": str(label),
            "at": objection.decided_at,
            "body": objection.reason,
            "state": "done",
        }


def _part(part: PledgedPart, terms: Terms, found: FulfilmentRow | None) -> Item:
    name = delivery_words.part_name(part.kind, part.title)
    titles = {
        "held": _("Held by %(holder)s", holder=terms.label),
        "released": _("Released to the sponsor"),
        "returning": _("On its way back to you"),
        "returned": _("Back with you"),
        "charged_back": _("Taken back by your bank"),
    }
    is_unheld = part.kind == "inspection" and found is not None and found.is_unheld
    return {
        "title": titles[part.state],
        "amount": part.amount,
        "at": part.ended_at,
        "body": _("It could be held no longer") if is_unheld else name,
        "state": _STATES[part.state],
    }
