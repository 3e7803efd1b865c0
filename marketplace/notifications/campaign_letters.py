"""Letters about campaigns and pledges."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from marketplace.campaigns import events
from marketplace.campaigns.events.launching import CampaignLaunched
from marketplace.campaigns.queries import one, parts, pledges
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.notifications import letters
from marketplace.notifications.batches import in_batches
from marketplace.web.declines import decline_words
from marketplace.web.locale import _l

_PROJECT: Final = _l("Open your project")


def on_submitted(event: events.CampaignSubmitted) -> None:
    """Tell the sponsor that the project waits for a moderator."""
    to_sponsor("campaign_submitted", event.campaign_id)


def on_approved(event: events.CampaignApproved | CampaignLaunched) -> None:
    """Tell the sponsor that the project is public."""
    campaign = one.campaign(event.campaign_id)
    to_sponsor(
        "campaign_approved",
        event.campaign_id,
        goal=campaign.goal,
        deadline=campaign.deadline,
    )


def on_returned(event: events.CampaignReturned) -> None:
    """Tell the sponsor what to change."""
    campaign = one.campaign(event.campaign_id)
    to_sponsor(
        "campaign_returned",
        event.campaign_id,
        turn=str(campaign.submitted_at),
        reason=event.reason,
    )


def on_promised(event: events.PledgePromised) -> None:
    """Tell the backer what will be charged, when, and when not."""
    campaign = one.campaign(event.campaign_id)
    to_backer(
        "pledge_promised",
        event.pledge_id,
        event.backer_id,
        **_judged(campaign),
    )


def on_declined(event: events.PledgeDeclined) -> None:
    """Tell the backer that the card was declined, why, and how to mend it by when."""
    _about_decline("pledge_declined", event.pledge_id, turn=str(event.attempt))


def on_reminded(event: events.PledgeReminded) -> None:
    """Remind the backer of a declined card; not of one that was mended meanwhile."""
    if pledges.pledge(event.pledge_id).state == "declined":
        _about_decline("pledge_reminder", event.pledge_id, turn=event.at.isoformat())


def on_held(event: events.PledgeHeld) -> None:
    """Send the backer the receipt."""
    campaign, pledge = one.campaign(event.campaign_id), pledges.pledge(event.pledge_id)
    to_backer(
        "pledge_charged" if pledge.is_later else "pledge_held",
        event.pledge_id,
        event.backer_id,
        **_judged(campaign) | ({"judged": "late"} if pledge.is_late else {}),
    )


def on_cancelled(event: events.PledgeCancelled) -> None:
    """Confirm to the backer that the pledge is taken back."""
    to_backer("pledge_cancelled", event.pledge_id, event.backer_id)


def on_refunded(event: events.PledgeRefunded) -> None:
    """Tell the backer that the money went back, and why."""
    to_backer(
        "pledge_refunded",
        event.pledge_id,
        event.backer_id,
        reason=event.reason,
        to_wallet=event.to_wallet,
    )


def on_funded(event: events.CampaignFunded) -> None:
    """Tell the sponsor the figures, and every backer the result."""
    model = one.campaign(event.campaign_id).model
    in_parts = "yes" if len(parts.plan(event.campaign_id)) > 1 else ""
    to_sponsor(
        "campaign_funded",
        event.campaign_id,
        judged=model,
        in_parts=in_parts,
        gross=Money(event.gross_minor, event.currency),
        fee=Money(event.fee_minor, event.currency),
        net=Money(event.net_minor, event.currency),
    )
    told = {"judged": model, "in_parts": in_parts}
    to_all_backers("campaign_funded_backer", event.campaign_id, told)
    facts = {"funded": "yes", "judged": model}
    to_all_backers("pledge_lapsed", event.campaign_id, facts, who="lapsed")


def on_collecting(event: events.CampaignCollecting) -> None:
    """Tell the sponsor that cards are being charged, and until when."""
    campaign = one.campaign(event.campaign_id)
    to_sponsor(
        "campaign_collecting",
        event.campaign_id,
        promised=Money(event.promised_minor, event.currency),
        until=campaign.collect_until,
        least=campaign.rule.collected_least,
    )


def on_unfunded(event: events.CampaignUnfunded) -> None:
    """Tell the sponsor, and who was never charged; others hear when their refund has arrived."""
    campaign = one.campaign(event.campaign_id)
    raised = Money(event.raised_minor, event.currency)
    letter = "campaign_unfunded_later" if campaign.is_later else "campaign_unfunded"
    to_sponsor(letter, event.campaign_id, raised=raised if raised.is_positive else None)
    to_all_backers("pledge_lapsed", event.campaign_id, {}, who="lapsed")


def on_paid_out(event: events.CampaignPaidOut) -> None:
    """Tell the sponsor that the money is on its way."""
    net = Money(event.net_minor, event.currency)
    to_sponsor("campaign_paid_out", event.campaign_id, net=net)


def on_payout_failed(event: events.CampaignPayoutFailed) -> None:
    """Tell the sponsor what to mend, once for each try."""
    net = Money(event.net_minor, event.currency)
    to_sponsor("campaign_payout_failed", event.campaign_id, turn=str(event.instruction_id), net=net)


@in_batches("letters.backers")
def _write_to_backers(
    *,
    letter: str,
    campaign_id: str,
    facts: dict[str, str],
    who: str = "backers",
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    campaign = one.campaign(UUID(campaign_id))
    batch = pledges.audience(campaign.id, who, after=after, limit=limit)
    for pledge in batch:
        letters.send(
            pledge.backer_id,
            letter,
            f"{letter}:{campaign.id}:{pledge.backer_id}:{facts.get('turn', '')}",
            action=f"/projects/{public_id('cmp', campaign.id)}",
            label=_l("See the project"),
            title=campaign.title,
            amount=pledge.amount,
            was_declined=pledge.decline_reason is not None,
            **facts,
        )
    return [pledge.pledge_id for pledge in batch]


def to_all_backers(
    letter: str, campaign_id: UUID, facts: dict[str, str], *, who: str = "backers"
) -> None:
    """Queue a letter to every backer of a campaign, or to those `who` names."""
    _write_to_backers(letter=letter, campaign_id=str(campaign_id), facts=facts, who=who)


def _judged(campaign: one.CampaignRow) -> dict[str, Any]:
    """Return by what the campaign is judged, as letters name it, with its amounts and days."""
    rounds = {1: "first", 2: "second"}
    return {
        "judged": rounds[campaign.round] if campaign.model == "two_rounds" else campaign.model,
        "goal": campaign.goal,
        "least": campaign.rule.collected_least,
        "deadline": campaign.deadline,
        "last": campaign.last_deadline,
    }


def _about_decline(letter: str, pledge_id: UUID, *, turn: str) -> None:
    pledge = pledges.pledge(pledge_id)
    reference = public_id("pl", pledge_id)
    letters.send(
        pledge.backer_id,
        letter,
        f"{letter}:{pledge_id}:{turn}",
        action=f"/pledges/{reference}",
        label=_l("Pay now"),
        title=pledge.campaign_title,
        amount=pledge.amount,
        reference=reference,
        reason=decline_words(pledge.decline_reason or ""),
        until=pledge.collect_until,
    )


def to_sponsor(
    letter: str,
    campaign_id: UUID,
    *,
    turn: str = "",
    place: str = "",
    label: str = _PROJECT,
    **facts: object,
) -> None:
    """Send a sponsor a letter about a campaign, once for each `turn` of it.

    It leads to the campaign's desk, or to a `place` behind it, in the words of `label`.
    """
    campaign = one.campaign(campaign_id)
    letters.send(
        campaign.sponsor_id,
        letter,
        f"{letter}:{campaign_id}:{turn or campaign.submitted_at}",
        action=f"/my/campaigns/{public_id('cmp', campaign_id)}{place}",
        label=label,
        title=campaign.title,
        **facts,
    )


def to_backer(
    letter: str, pledge_id: UUID, backer_id: UUID, *, about: UUID | None = None, **facts: object
) -> None:
    """Send a backer a letter about a pledge, once for it or for what else it is `about`."""
    pledge = pledges.pledge(pledge_id)
    reference = public_id("pl", pledge_id)
    letters.send(
        backer_id,
        letter,
        f"{letter}:{about or pledge_id}",
        action=f"/pledges/{reference}",
        label=_l("See where your money is"),
        title=pledge.campaign_title,
        amount=pledge.amount,
        reference=reference,
        **facts,
    )
