"""Letters about what sponsors ask, what backers ask for, and what is late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.events.asking import DeliveryLate, SurveyAsked, UpdateWished
from marketplace.campaigns.queries import fulfilments, lateness, one, pledges, surveys
from marketplace.infra.commands import command
from marketplace.infra.jobs import defer, job
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.web.locale import _l

_BATCH: Final = 200


def on_asked(event: SurveyAsked) -> None:
    """Ask those whom the new questions concern."""
    _queue("survey", event.campaign_id, event.asked_at.isoformat())


def on_late(event: DeliveryLate) -> None:
    """Tell the sponsor what is late, and each backer what they can do about it."""
    campaign = one.campaign(event.campaign_id)
    count = lateness.count(event.campaign_id, event.promised_for)
    if not count:
        return
    letters.send(
        campaign.sponsor_id,
        "late_sponsor",
        f"late_sponsor:{campaign.id}:{event.promised_for}:{event.days}",
        action=f"/my/campaigns/{public_id('cmp', campaign.id)}/updates/new",
        label=_l("Tell your backers"),
        title=campaign.title,
        count=count,
        days=event.days,
    )
    _queue("late", event.campaign_id, f"{event.promised_for}:{event.days}")


def on_wished(event: UpdateWished) -> None:
    """Tell the sponsor how many backers want to hear from them."""
    campaign, since = one.campaign(event.campaign_id), lateness.latest_news(event.campaign_id)
    letters.send(
        campaign.sponsor_id,
        "update_wished",
        f"update_wished:{campaign.id}:{since}:{event.count}",
        action=f"/my/campaigns/{public_id('cmp', campaign.id)}/updates/new",
        label=_l("Post an update"),
        title=campaign.title,
        count=event.count,
    )


@job("letters.asking")
def write_batch(*, about: str, campaign_id: str, turn: str, after: str | None) -> None:
    """Send one batch of backers their letter, once each, and queue the next batch."""
    start = UUID(after) if after else None
    batch = _WRITERS[about](UUID(campaign_id), turn, start)
    if len(batch) == _BATCH:
        _queue(about, UUID(campaign_id), turn, str(batch[-1]))


def _write_survey(campaign_id: UUID, turn: str, after: UUID | None) -> list[UUID]:
    asked_at = datetime.fromisoformat(turn)
    batch = surveys.asked_at(campaign_id, asked_at, after=after, limit=_BATCH)
    for pledge_id in batch:
        pledge = pledges.pledge(pledge_id)
        letters.send(
            pledge.backer_id,
            "survey_asked",
            f"survey_asked:{pledge_id}:{turn}",
            action=f"/pledges/{public_id('pl', pledge_id)}/survey",
            label=_l("Answer"),
            title=pledge.campaign_title,
            reward=pledge.reward_title,
        )
    return batch


def _write_late(campaign_id: UUID, turn: str, after: UUID | None) -> list[UUID]:
    month, days = turn.split(":")
    batch = lateness.pledges(campaign_id, date.fromisoformat(month), after=after, limit=_BATCH)
    for pledge_id in batch:
        pledge, found = pledges.pledge(pledge_id), fulfilments.of_pledge(pledge_id)
        letters.send(
            pledge.backer_id,
            "late_backer",
            f"late_backer:{pledge_id}:{turn}",
            action=f"/pledges/{public_id('pl', pledge_id)}",
            label=_l("See where your money is"),
            title=pledge.campaign_title,
            reward=pledge.reward_title,
            days=int(days),
            held=found.held if found and found.held_minor else None,
        )
    return batch


_WRITERS: Final[dict[str, Callable[[UUID, str, UUID | None], list[UUID]]]] = {
    "survey": _write_survey,
    "late": _write_late,
}


@command
def _queue(about: str, campaign_id: UUID, turn: str, after: str | None = None) -> None:
    defer(write_batch, about=about, campaign_id=str(campaign_id), turn=turn, after=after)
