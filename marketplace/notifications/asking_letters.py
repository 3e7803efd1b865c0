"""Letters about what sponsors ask, what backers ask for, and what is late."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from flask_babel.speaklater import LazyString

from marketplace.campaigns.events.asking import DeliveryLate, StepsMoved, SurveyAsked, UpdateWished
from marketplace.campaigns.queries import fulfilments, lateness, one, pledges, since, surveys
from marketplace.campaigns.views.showing import month
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.notifications.batches import in_batches
from marketplace.notifications.campaign_letters import to_sponsor
from marketplace.web.locale import _l


def on_asked(event: SurveyAsked) -> None:
    """Ask those whom the new questions concern."""
    _ask(campaign_id=str(event.campaign_id), turn=event.asked_at.isoformat())


def on_late(event: DeliveryLate) -> None:
    """Tell the sponsor what is late, and each backer what they can do about it."""
    count = lateness.count(event.campaign_id, event.promised_for)
    if not count:
        return
    turn = f"{event.promised_for}:{event.days}"
    to_sponsor(
        "late_sponsor",
        event.campaign_id,
        turn=turn,
        place="/updates/new",
        label=_l("Tell your backers"),
        count=count,
        days=event.days,
        held=lateness.is_any_held(event.campaign_id, event.promised_for),
    )
    _tell_late(campaign_id=str(event.campaign_id), turn=turn)


def on_wished(event: UpdateWished) -> None:
    """Tell the sponsor how many backers want to hear from them."""
    since = lateness.latest_news(event.campaign_id)
    to_sponsor(
        "update_wished",
        event.campaign_id,
        turn=f"{since}:{event.count}",
        place="/updates/new",
        label=_l("Post an update"),
        count=event.count,
    )


def on_moved(event: StepsMoved) -> None:
    """Tell everybody who backs the campaign which steps come in another month."""
    _tell_moved(campaign_id=str(event.campaign_id), turn=event.at.isoformat())


@in_batches("letters.surveys")
def _ask(*, campaign_id: str, turn: str, after: UUID | None, limit: int) -> list[UUID]:
    asked_at = datetime.fromisoformat(turn)
    batch = surveys.asked_at(UUID(campaign_id), asked_at, after=after, limit=limit)
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


@in_batches("letters.late")
def _tell_late(*, campaign_id: str, turn: str, after: UUID | None, limit: int) -> list[UUID]:
    promised, days = turn.split(":")
    start = date.fromisoformat(promised)
    batch = lateness.pledges(UUID(campaign_id), start, after=after, limit=limit)
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
            owed=found is not None and found.state == "owed",
        )
    return batch


@in_batches("letters.moved")
def _tell_moved(*, campaign_id: str, turn: str, after: UUID | None, limit: int) -> list[UUID]:
    campaign = one.campaign(UUID(campaign_id))
    moves = since.moved_at(campaign.id, datetime.fromisoformat(turn))
    batch = since.backers(campaign.id, after=after, limit=limit)
    for person_id in batch:
        letters.send(
            person_id,
            "steps_moved",
            f"steps_moved:{campaign_id}:{turn}:{person_id}",
            action=f"/projects/{public_id('cmp', campaign.id)}/changes",
            label=_l("See what has changed"),
            title=campaign.title,
            moves=[_move(each) for each in moves],
            reason=moves[0].reason,
        )
    return batch


def _move(found: since.ToldRow) -> dict[str, object]:
    title, before = found.before
    return {"step": title, "before": _month(before), "after": _month(found.after[1])}


def _month(day: str) -> LazyString:
    """Return the month of a day, in the words of whoever reads the letter."""
    return LazyString(month, date.fromisoformat(day))
