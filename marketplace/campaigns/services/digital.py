"""What comes with a reward to be played or saved: added and withdrawn by the sponsor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.events.digital import RewardFileAdded
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.digital import RewardDownload, RewardFile
from marketplace.campaigns.queries import library, rewards
from marketplace.campaigns.rules import library as rules
from marketplace.campaigns.rules.library import Link, Use
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services.moving import lock_own_campaign, once
from marketplace.campaigns.states import CampaignState
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.ids import PersonId, new_id
from marketplace.media.rules.files import Kind
from marketplace.media.services import recordings
from marketplace.media.services.recordings import Said, Shelved

_OVER: Final = frozenset({CampaignState.UNFUNDED, CampaignState.REFUNDED, CampaignState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Terms:
    """What goes with a file: its title, what may be done with it, how often it may be saved."""

    title: str
    licence: str
    quota: int


@command
def add_file(
    actor: Actor,
    campaign_id: UUID,
    reward_id: UUID,
    shelved: Shelved,
    *,
    terms: Terms,
    said: Said,
    form_key: str,
    now: datetime,
) -> UUID:
    """Put a shelved file to a reward of the own campaign; the same `form_key` does so once.

    Whoever has the reward already finds it in their library from now on.
    """
    campaign = lock_own_campaign(campaign_id, actor, Right.REWARDS)
    known = "SELECT id FROM reward_file WHERE campaign_id = %s AND form_key = %s"
    if (found := scalar(known, (campaign_id, form_key))) is not None:
        return UUID(str(found))
    rewards.reward(reward_id, campaign_id)
    _refuse(campaign, terms)
    recording_id, file_id = _written(actor.known(), shelved, terms.title, said, now)
    file = RewardFile(
        id=new_id(),
        campaign_id=campaign_id,
        reward_id=reward_id,
        position=_next_position(reward_id),
        recording_id=recording_id,
        file_id=file_id,
        licence=terms.licence.strip(),
        quota=terms.quota,
        form_key=form_key,
        added_at=now,
    )
    db.session.add(file)
    announce(RewardFileAdded(file.id, campaign_id, reward_id))
    return file.id


def _refuse(campaign: Campaign, terms: Terms) -> None:
    if CampaignState(campaign.state) in _OVER:
        raise Refusal("files_over")
    refuse_if(rules.terms_refusals(terms.licence, terms.quota))
    if _count(campaign.id) >= rules.FILES_MAX:
        raise Refusal("files_full", "file", most=rules.FILES_MAX)


def _written(
    owner: PersonId, shelved: Shelved, title: str, said: Said, now: datetime
) -> tuple[UUID | None, UUID | None]:
    """Write the row of what was shelved: as a recording, or as a file to be saved."""
    if shelved.found.kind in {Kind.FILM, Kind.AUDIO}:
        return recordings.add_recording(owner, shelved, title=title, said=said, now=now), None
    return None, recordings.add_file(owner, shelved, title=title, now=now)


@command
def withdraw_file(actor: Actor, campaign_id: UUID, file_id: UUID, now: datetime) -> None:
    """Take a file off its reward, as long as nobody has it: what was delivered stays."""
    lock_own_campaign(campaign_id, actor, Right.REWARDS)
    found = library.owned_file(file_id, campaign_id)
    if library.some_delivered(found.reward_id):
        raise Refusal("file_delivered")
    execute("UPDATE reward_file SET withdrawn_at = %s WHERE id = %s", (now, file_id))


@command
def take_out(
    actor: Actor, pledge_id: UUID, file_id: UUID, *, form_key: str, now: datetime
) -> library.Item:
    """Note that the backer saves a file, within its quota; the same `form_key` counts once.

    `NotAllowed` for whoever may not have it, or no longer.
    """
    person_id = actor.known()
    once(person_id, f"save:{pledge_id}:{file_id}")
    found = library.item(person_id, pledge_id, file_id)
    known = """
        SELECT EXISTS (SELECT FROM reward_download
            WHERE pledge_id = %s AND reward_file_id = %s AND form_key = %s)
    """
    if scalar(known, (pledge_id, file_id, form_key)):
        return found
    refuse_if(rules.save_refusals(found.saved, found.quota))
    _note(found, person_id, Use.SAVE, form_key, now)
    return found


@command
def begin_to_play(found: library.Item, link: Link, now: datetime) -> None:
    """Note that a link's recording is played, once for each link, while it holds."""
    once(UUID(link.person), link.number)
    if not library.was_begun(link.number, found.pledge_id, found.id):
        _note(found, UUID(link.person), Use.PLAY, link.number, now)


def _note(found: library.Item, person_id: UUID, use: Use, form_key: str, now: datetime) -> None:
    db.session.add(
        RewardDownload(
            id=new_id(),
            reward_file_id=found.id,
            pledge_id=found.pledge_id,
            person_id=person_id,
            kind=use.value,
            form_key=form_key,
            size_bytes=found.size_bytes,
            at=now,
        )
    )
    db.session.flush()


def _count(campaign_id: UUID) -> int:
    sql = "SELECT count(*) FROM reward_file WHERE campaign_id = %s AND withdrawn_at IS NULL"
    return int(scalar(sql, (campaign_id,)))


def _next_position(reward_id: UUID) -> int:
    sql = "SELECT coalesce(max(position), 0) + 1 FROM reward_file WHERE reward_id = %s"
    return int(scalar(sql, (reward_id,)))
