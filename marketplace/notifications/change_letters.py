"""Letters about changes of what was promised: to the sponsor, and to every backer asked to stay."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marketplace.campaigns.events import PledgeHeld, PledgePromised
from marketplace.campaigns.events.changes import (
    ChangeApproved,
    ChangeLapsed,
    ChangeRefused,
    PromiseNotKept,
    ReconfirmationReminded,
)
from marketplace.campaigns.queries import changes, pledges
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.notifications.batches import in_batches
from marketplace.web.locale import _l


def on_approved(event: ChangeApproved) -> None:
    """Tell the sponsor that the change is in force, and ask every backer it touches."""
    _to_sponsor("change_approved", event.change_id)
    _ask_all(change_id=str(event.change_id))


def on_refused(event: ChangeRefused) -> None:
    """Tell the sponsor why the change was not let through."""
    _to_sponsor("change_refused", event.change_id)


def on_lapsed(event: ChangeLapsed) -> None:
    """Tell the sponsor that the change came too late."""
    _to_sponsor("change_lapsed", event.change_id)


def on_paid(event: PledgeHeld | PledgePromised) -> None:
    """Ask who was just paying when the change came into force."""
    _ask("change_asked", event.pledge_id)


def on_reminded(event: ReconfirmationReminded) -> None:
    """Remind who has a day left to answer."""
    _ask("change_reminder", event.pledge_id)


def on_not_kept(event: PromiseNotKept) -> None:
    """Tell a backer whose card was only saved that nothing will be charged."""
    _to_backer("pledge_not_reconfirmed", event.pledge_id, f"{event.pledge_id}")


@in_batches("letters.changes")
def _ask_all(*, change_id: str, after: UUID | None, limit: int) -> list[UUID]:
    batch = changes.to_tell(UUID(change_id), after=after, limit=limit)
    for pledge_id in batch:
        _ask("change_asked", pledge_id)
    return batch


def _ask(letter: str, pledge_id: UUID) -> None:
    """Send a question that is still open."""
    asked = changes.asked(pledge_id)
    if asked is None or asked.answer is not None:
        return
    change = changes.change(asked.change_id)
    if change is not None:
        key = f"{asked.change_id}:{pledge_id}"
        until = asked.reconfirm_until
        _to_backer(letter, pledge_id, key, place="/changed", reason=change.reason, until=until)


def _to_backer(letter: str, pledge_id: UUID, key: str, *, place: str = "", **facts: Any) -> None:  # noqa: ANN401
    pledge = pledges.pledge(pledge_id)
    letters.send(
        pledge.backer_id,
        letter,
        f"{letter}:{key}",
        action=f"/pledges/{public_id('pl', pledge_id)}{place}",
        label=_l("See what has changed, and answer") if place else _l("See your pledge"),
        title=pledge.campaign_title,
        amount=pledge.amount,
        is_promised=pledge.state == "promised",
        **facts,
    )


def _to_sponsor(letter: str, change_id: UUID) -> None:
    change = changes.change(change_id)
    if change is None:
        return
    letters.send(
        change.sponsor_id,
        letter,
        f"{letter}:{change_id}",
        action=f"/my/campaigns/{public_id('cmp', change.campaign_id)}/change",
        label=_l("See the change"),
        title=change.title,
        words=change.words,
        asked=change.asked,
        until=change.reconfirm_until,
    )
