"""Where is my money now, for a pledge whose card is saved first and charged at the deadline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from marketplace.campaigns.queries import collecting
from marketplace.campaigns.queries.pledges import PledgeRow
from marketplace.campaigns.states import PledgeState
from marketplace.escrow.gateway import Terms
from marketplace.escrow.queries import Instruction
from marketplace.escrow.states import Kind, State
from marketplace.web.declines import decline_words
from marketplace.web.locale import _

Item = dict[str, Any]


def saving(pledge: PledgeRow, terms: Terms) -> Iterator[Item]:
    """Yield how the card was saved, or why it was not."""
    if pledge.promised_at is not None:
        yield {
            "title": _("Card saved with %(holder)s", holder=terms.label),
            "at": pledge.promised_at,
            "body": _("Nothing was charged."),
            "state": "now" if pledge.state == PledgeState.PROMISED else "done",
        }
    elif pledge.state == PledgeState.AWAITING_PAYMENT:
        yield {
            "title": _("Card not saved yet"),
            "at": pledge.expires_at,
            "body": _("The pledge is kept for you until then. Nothing has been charged."),
            "state": "now",
        }
    elif pledge.state == PledgeState.EXPIRED:
        yield {
            "title": _("The time to save a card ran out"),
            "at": pledge.ended_at,
            "body": _("You were not charged. The reward went back on the shelf."),
            "state": "done",
        }


def charging(pledge: PledgeRow, instructions: Sequence[Instruction]) -> Iterator[Item]:
    """Yield each try to charge the card that did not, or not yet, bring the money."""
    for charge in (one for one in instructions if one.kind == Kind.CHARGE):
        if charge.state in {State.FAILED, State.EXPIRED}:
            yield {
                "title": _("Your card was not charged"),
                "at": charge.finished_at,
                "body": decline_words(charge.last_error or ""),
                "ref": charge.provider_ref,
                "state": "bad",
            }
        elif charge.state != State.SUCCEEDED:
            yield {
                "title": _("Your card is being charged"),
                "at": charge.created_at,
                "amount": pledge.amount,
                "state": "now",
            }


def ending(pledge: PledgeRow) -> Iterator[Item]:
    """Yield what ends, or will decide about, a promise."""
    match PledgeState(pledge.state):
        case PledgeState.PROMISED:
            yield {
                "title": _("Your card is charged if the goal is promised"),
                "at": pledge.deadline,
                "amount": pledge.amount,
                "body": _("If it is missed, you never pay anything."),
                "state": "next",
            }
        case PledgeState.DECLINED:
            yield {
                "title": _("The time to pay ends"),
                "at": pledge.collect_until,
                "body": _("Pay until then and your pledge counts. If not, it ends uncharged."),
                "state": "now",
            }
        case PledgeState.LAPSED:
            yield {
                "title": _lapse_words(pledge.decline_reason),
                "at": pledge.ended_at,
                "body": _("You were not charged."),
                "state": "done",
            }
        case PledgeState.CANCELLED:
            yield {
                "title": _("You took the pledge back"),
                "at": pledge.ended_at,
                "body": _("You were not charged."),
                "state": "done",
            }
        case _:
            return


def _lapse_words(reason: str | None) -> str:
    if reason is None:
        return _("The goal was missed: nobody is charged")
    if reason == "not_reconfirmed":
        return _("The project changed, and you did not stay: the pledge ended")
    return _("The card could not be charged in time: the pledge ended")


def surplus(pledge: PledgeRow) -> Iterator[Item]:
    """Yield every payment that came when the pledge was paid already."""
    for found in collecting.surplus(pledge.id):
        yield {
            "title": _("A second payment arrived: it goes back whole"),
            "at": found.paid_at,
            "amount": found.amount,
            "state": "done",
        }
        if found.ended_at is not None:
            yield {
                "title": _("The second payment is back with you"),
                "at": found.ended_at,
                "amount": found.amount,
                "state": "done",
            }
