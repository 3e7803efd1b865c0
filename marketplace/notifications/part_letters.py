"""Letters about deliveries, objections, milestones and the parts that hang on them."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns.events import parts as events
from marketplace.campaigns.queries import fulfilments, one, parts, pledges
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.notifications import letters
from marketplace.notifications.batches import in_batches
from marketplace.notifications.campaign_letters import to_backer
from marketplace.web.locale import _l


def on_shipped(event: events.FulfilmentShipped) -> None:
    """Tell the backer that it is on its way, and until when to look at it."""
    found = fulfilments.of_pledge(event.pledge_id)
    if found is None:
        return
    to_backer(
        "parcel_shipped",
        event.pledge_id,
        event.backer_id,
        reward=pledges.pledge(event.pledge_id).reward_title,
        tracking=f"{found.carrier} {found.tracking}".strip(),
        held=found.held if found.held_minor else None,
        until=found.inspect_until,
    )


def on_accepted(event: events.FulfilmentAccepted) -> None:
    """Tell a backer who said nothing that the time to do so is over."""
    if event.by_silence:
        reward = pledges.pledge(event.pledge_id).reward_title
        to_backer("inspection_over", event.pledge_id, event.backer_id, reward=reward)


def on_objection(event: events.ObjectionRaised) -> None:
    """Tell the sponsor what a backer says."""
    found = fulfilments.objection(event.objection_id)
    _to_sponsor(
        "objection_raised",
        event.campaign_id,
        about=event.objection_id,
        words=found.words,
        held=found.held if found.held.is_positive else None,
        what=found.milestone or found.reward_title,
    )


def on_decided(event: events.FulfilmentDecided) -> None:
    """Tell backer and sponsor how what was held is divided, and why."""
    back = Money(event.back_minor, event.currency)
    released = Money(event.released_minor, event.currency)
    found = [each for each in fulfilments.objections_of(event.pledge_id) if not each.part_id]
    reason = found[-1].reason if found and not event.by_clock else None
    reward = pledges.pledge(event.pledge_id).reward_title
    delivery = fulfilments.of_pledge(event.pledge_id)
    to_backer(
        "delivery_decided",
        event.pledge_id,
        event.backer_id,
        back=back if back.is_positive else None,
        released=released if released.is_positive else None,
        reason=reason,
        by_clock=event.by_clock,
        reward=reward,
        owed=delivery is not None and delivery.state == "owed",
    )
    if not event.by_clock:
        _to_sponsor(
            "delivery_decided_sponsor",
            event.campaign_id,
            about=event.pledge_id,
            back=back,
            released=released,
            reward=reward,
            reason=reason,
        )


def on_part_returned(event: events.PartReturned) -> None:
    """Tell the backer that a part of the pledge arrived."""
    to_backer(
        "part_returned",
        event.pledge_id,
        event.backer_id,
        about=event.part_id,
        part=Money(event.amount_minor, event.currency),
        to_wallet=event.to_wallet,
    )


def on_claimed(event: events.MilestoneClaimed) -> None:
    """Tell every backer that a milestone is shown, and until when to object."""
    _tell_claimed(campaign_id=str(event.campaign_id), part_id=str(event.part_id))


@in_batches("letters.milestones")
def _tell_claimed(*, campaign_id: str, part_id: str, after: UUID | None, limit: int) -> list[UUID]:
    campaign = one.campaign(UUID(campaign_id))
    found = parts.milestone(UUID(part_id), campaign.id)
    batch = pledges.audience(campaign.id, "backers", after=after, limit=limit)
    for pledge in batch:
        letters.send(
            pledge.backer_id,
            "milestone_claimed",
            f"milestone_claimed:{part_id}:{pledge.backer_id}:{found.claimed_at}",
            action=f"/pledges/{public_id('pl', pledge.pledge_id)}",
            label=_l("See what shows it"),
            title=campaign.title,
            milestone=found.title,
            until=found.objections_until,
        )
    return [pledge.pledge_id for pledge in batch]


def on_granted(event: events.MilestoneGranted) -> None:
    """Tell the sponsor that a milestone's share is released."""
    _to_sponsor(
        "milestone_granted",
        event.campaign_id,
        about=event.part_id,
        milestone=parts.milestone(event.part_id, event.campaign_id).title,
        released=Money(event.released_minor, event.currency),
    )


def on_refused(event: events.MilestoneRefused) -> None:
    """Tell the sponsor that a milestone is not reached, and why."""
    found = parts.milestone(event.part_id, event.campaign_id)
    _to_sponsor(
        "milestone_refused",
        event.campaign_id,
        about=event.part_id,
        turn=str(found.claimed_at),
        milestone=found.title,
        reason=found.reason,
    )


def on_tranche(event: events.TranchePaid) -> None:
    """Tell the sponsor that what was released is on its way."""
    net = Money(event.net_minor, event.currency)
    _to_sponsor("tranche_paid", event.campaign_id, about=event.payout_id, net=net)


def _to_sponsor(
    letter: str, campaign_id: UUID, *, about: UUID, turn: str = "", **facts: object
) -> None:
    campaign = one.campaign(campaign_id)
    letters.send(
        campaign.sponsor_id,
        letter,
        f"{letter}:{about}:{turn}",
        action=f"/my/campaigns/{public_id('cmp', campaign_id)}/fulfilment",
        label=_l("Open your deliveries"),
        title=campaign.title,
        **facts,
    )
