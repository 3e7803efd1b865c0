"""Where is my money now: what happened to one pledge and what comes, with the proof.

Times and references come from the instructions the provider answered and from the ledger; the
pledge's own state only says which future is still open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from marketplace.campaigns.queries.pledges import PledgeRow
from marketplace.campaigns.states import Funding, PledgeState
from marketplace.campaigns.views import promise_timeline
from marketplace.campaigns.views.part_timeline import Delivery, steps
from marketplace.campaigns.views.showing import month
from marketplace.escrow.gateway import Terms
from marketplace.escrow.queries import Instruction
from marketplace.escrow.queries.disputes import Dispute
from marketplace.escrow.states import Kind, State
from marketplace.ledger import queries as ledger
from marketplace.web.disputes import dispute_items
from marketplace.web.locale import _

Item = dict[str, Any]

# How long banks take to show a refund, at most; said as "by", never as a promise of ours.
REFUND_SHOWS: Final = timedelta(days=10)
_PAID: Final = frozenset({State.SUCCEEDED, State.RETURNED})


def timeline(
    pledge: PledgeRow,
    instructions: Sequence[Instruction],
    disputed: Sequence[Dispute],
    terms: Terms,
    now: datetime,
    *,
    known: Delivery,
) -> list[Item]:
    """Return the events of a pledge in order of time, the expected ones last."""
    if pledge.is_later:
        paying = [*promise_timeline.saving(pledge, terms)]
        paying += promise_timeline.charging(pledge, instructions)
        paying += _paid(pledge, instructions, terms)
        paying += promise_timeline.ending(pledge)
        paying += promise_timeline.surplus(pledge)
    else:
        paying = [*_payment(pledge, instructions, terms, now)]
    items = [
        _placed(pledge),
        *paying,
        *_refund(pledge, instructions, terms),
        *dispute_items(disputed),
        *_outcome(pledge, terms, now, known),
    ]
    return sorted(items, key=lambda item: item["state"] == "next")


def lines(pledge: PledgeRow) -> list[ledger.TrailLine]:
    """Return the ledger's own lines about the pledge."""
    return ledger.trail(f"pledge:{pledge.id}")


def _placed(pledge: PledgeRow) -> Item:
    return {
        "title": _("You pledged"),
        "amount": pledge.amount,
        "at": pledge.placed_at,
        "state": "done",
        "body": pledge.reward_title or _("Without a reward"),
    }


def _payment(
    pledge: PledgeRow, instructions: Sequence[Instruction], terms: Terms, now: datetime
) -> Iterator[Item]:
    paid = [*_paid(pledge, instructions, terms)]
    yield from paid
    if paid:
        return
    if pledge.state == PledgeState.AWAITING_PAYMENT:
        yield _unpaid(pledge, now)
    elif pledge.state == PledgeState.EXPIRED:
        yield {
            "title": _("The time to pay ran out"),
            "at": pledge.ended_at,
            "body": _("You were not charged. The reward went back on the shelf."),
            "state": "done",
        }
    elif pledge.state == PledgeState.CANCELLED:
        yield {
            "title": _("You cancelled before paying"),
            "at": pledge.ended_at,
            "body": _("You were not charged."),
            "state": "done",
        }


def _paid(pledge: PledgeRow, instructions: Sequence[Instruction], terms: Terms) -> Iterator[Item]:
    for paid in instructions:
        if paid.id == pledge.checkout_id and paid.finished_at and paid.state in _PAID:
            yield {
                "title": _("Paid, and held by %(holder)s", holder=terms.label),
                "at": paid.finished_at,
                "ref": paid.payment_ref or paid.provider_ref,
                "state": "now" if pledge.state == PledgeState.HELD else "done",
            }


def _unpaid(pledge: PledgeRow, now: datetime) -> Item:
    if pledge.can_pay(now):
        return {
            "title": _("Not paid yet"),
            "at": pledge.expires_at,
            "body": _("The pledge is kept for you until then. Nothing has been charged."),
            "state": "now",
        }
    return {
        "title": _("The time to pay is over"),
        "at": pledge.expires_at,
        "body": _("We are asking the provider whether you paid in time."),
        "state": "now",
    }


def _refund(pledge: PledgeRow, instructions: Sequence[Instruction], terms: Terms) -> Iterator[Item]:
    refund = next((found for found in reversed(instructions) if found.kind == Kind.REFUND), None)
    if refund is None:
        return
    yield {
        "title": _reason(pledge),
        "at": refund.created_at,
        "body": _("The whole amount goes back. No fee is taken."),
        "state": "done",
    }
    if refund.state == State.RETURNED:
        yield _refund_end(replace(refund, state=State.SUCCEEDED), terms)
        yield {
            "title": _("Your bank sent the refund back: it is in your wallet"),
            "amount": refund.amount,
            "at": refund.returned_at,
            "body": _("Withdraw it to a bank account of yours, or lend it."),
            "href": "/my/wallet",
            "link_label": _("Open my wallet"),
            "state": "now",
        }
        return
    if refund.state == State.EXPIRED:
        return  # called off: the bank was quicker
    if refund.state == State.FAILED and pledge.state == PledgeState.REFUNDED:
        yield {
            "title": _("Your card or account did not take it back: it is in your wallet"),
            "amount": refund.amount,
            "at": pledge.ended_at,
            "href": "/my/wallet",
            "link_label": _("Open my wallet"),
            "state": "done",
        }
        return
    yield _refund_end(refund, terms)


def _refund_end(refund: Instruction, terms: Terms) -> Item:
    if refund.state == State.SUCCEEDED:
        return {
            "title": _("Refunded to the card or account you paid with"),
            "amount": refund.amount,
            "at": refund.finished_at,
            "ref": refund.provider_ref,
            "state": "done",
            "body": _("Your bank may need up to ten days to show it."),
        }
    if refund.state == State.FAILED:
        return {
            "title": _("%(holder)s could not send the refund", holder=terms.label),
            "at": refund.finished_at,
            "ref": refund.provider_ref,
            "state": "bad",
            "body": _("The money is safe. It goes to your wallet here within minutes."),
        }
    return {
        "title": _("Refund with %(holder)s", holder=terms.label),
        "amount": refund.amount,
        "on": refund.created_at + REFUND_SHOWS,
        "ref": refund.provider_ref,
        "state": "now",
        "body": _("You will have it by then at the latest, usually much sooner."),
    }


def _reason(pledge: PledgeRow) -> str:
    return {
        "taken_back": _("You took the pledge back"),
        "changed": _("You changed the pledge: another one took its place"),
        "goal_missed": _("The goal was missed"),
        "too_late": _("The payment came after the deadline"),
        "held_too_long": _("It was held for as long as it may be"),
        "stopped": _("The project was ended by us"),
        "not_reconfirmed": _("The project changed, and you did not stay"),
        "sponsor_unpaid": _("The sponsor could not be paid in time"),
    }.get(pledge.refund_reason or "", _("The refund was ordered"))


def _outcome(pledge: PledgeRow, terms: Terms, now: datetime, known: Delivery) -> Iterator[Item]:
    if pledge.state == PledgeState.RELEASED:
        yield from _released(pledge, known)
        yield from steps(pledge, known, terms)
    elif pledge.state == PledgeState.HELD and pledge.is_late:
        yield {
            "title": _("Released to the sponsor with the next daily release"),
            "body": _("The campaign has succeeded; what is held back stays held."),
            "state": "next",
        }
    elif pledge.state == PledgeState.HELD:
        decided_at = pledge.collect_until or pledge.deadline
        yield {
            "title": _("The campaign is decided"),
            "at": decided_at,
            "body": _decision_words(pledge),
            "state": "next" if decided_at > now else "now",
        }
        if pledge.reward_delivery:
            yield _delivery(pledge, pledge.reward_delivery)


def _decision_words(pledge: PledgeRow) -> str:
    if pledge.can_miss:
        return _(
            "Goal reached: the money is released to the sponsor. Goal missed: all of it comes"
            " back to you, and you need not do anything."
        )
    return _("The money is released to the sponsor; you need not do anything.")


def _released(pledge: PledgeRow, known: Delivery) -> Iterator[Item]:
    campaign = known.campaign
    if campaign is None:
        return
    paid_out = campaign.state == "paid_out"
    first = [part.amount for part in known.parts if part.kind == "first"]
    yield {
        "title": _release_words(pledge, in_parts=bool(first)),
        "amount": first[0] if first else None,
        "at": pledge.ended_at if pledge.is_late else campaign.decided_at,
        "state": "done",
        "body": _("The campaign's fee was taken from the sponsor's side, not from you."),
    }
    yield {
        "title": _("Paid out to the sponsor") if paid_out else _("Payout to the sponsor"),
        "at": campaign.ended_at if paid_out else None,
        "ref": known.release.provider_ref if known.release else None,
        "on": None if paid_out else _("once the provider has sent it"),
        "state": "done" if paid_out else "now",
    }
    if pledge.reward_delivery and (known.found is None or known.found.state == "to_ship"):
        yield _delivery(pledge, pledge.reward_delivery)


def _release_words(pledge: PledgeRow, *, in_parts: bool) -> str:
    if pledge.is_late or pledge.model == Funding.KEEP_WHAT_YOU_RAISE:
        return (
            _("The first part is released to the sponsor")
            if in_parts
            else _("Released to the sponsor")
        )
    if in_parts:
        return _("Goal reached: the first part is released to the sponsor")
    return _("Goal reached: released to the sponsor")


def _delivery(pledge: PledgeRow, delivery: date) -> Item:
    return {
        "title": _("Delivery the sponsor aims at"),
        "on": month(delivery),
        "body": pledge.reward_title,
        "state": "next",
    }
