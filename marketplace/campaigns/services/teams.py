"""Who works on a campaign beside its sponsor: asked by mail, with some of the sponsor's rights.

Money, launch and end stay the sponsor's own. Every command of a campaign asks the same rule for
the right it needs (`moving.lock_own_campaign`), and so does every page (`one.own_campaign`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.campaigns.events.teams import MemberInvited, MemberJoined, MemberRemoved
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.team import CampaignInvitation, CampaignMember
from marketplace.campaigns.queries import team
from marketplace.campaigns.rules import teams as rules
from marketplace.campaigns.services.moving import lock_campaign, lock_own_campaign
from marketplace.identity import queries as people
from marketplace.identity.rules.people import clean_email, email_refusals
from marketplace.infra import audit
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Broken, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id


@command
def invite(
    actor: Actor, campaign_id: UUID, *, email: str, rights: Collection[str], now: datetime
) -> UUID:
    """Ask whoever has this address to work on the actor's own campaign.

    While an invitation to the address is open, it gets the rights of the new one and no second
    letter. Refuses the sponsor's own address, who is on the team, a team that is full, a flood.
    """
    campaign = lock_own_campaign(campaign_id, actor)
    found = email_refusals(email) or _address_refusals(campaign, clean_email(email), now)
    refuse_if(found + rules.rights_refusals(rights))
    address = clean_email(email)
    if (known := _open(campaign.id, address)) is not None:
        if known.expires_at > now:
            known.rights = sorted(rights)
            return known.id
        known.withdrawn_at = now
        db.session.flush()
    made = CampaignInvitation(
        id=new_id(),
        campaign_id=campaign.id,
        email=address,
        rights=sorted(rights),
        invited_by=actor.known(),
        invited_at=now,
        expires_at=now + rules.OPEN_FOR,
    )
    db.session.add(made)
    audit.record(actor, "member_invited", "campaign", campaign.id, at=now, rights=sorted(rights))
    announce(MemberInvited(made.id))
    return made.id


@command
def withdraw_invitation(actor: Actor, invitation_id: UUID, now: datetime) -> None:
    """Take an invitation to the actor's own campaign back; safe to repeat."""
    found = _invitation(invitation_id)
    lock_own_campaign(found.campaign_id, actor)
    if found.accepted_at is None and found.withdrawn_at is None:
        found.withdrawn_at = now


@command
def accept(actor: Actor, invitation_id: UUID, now: datetime) -> UUID:
    """Join a campaign's team and return the campaign; only who was asked can. Safe to repeat."""
    found = _invitation(invitation_id)
    campaign, person_id = lock_campaign(found.campaign_id), actor.known()
    person = people.person(person_id)
    if person is None:
        raise Broken(f"person {person_id} is gone")
    if found.accepted_at is not None and person.email.casefold() == found.email.casefold():
        return campaign.id
    refuse_if(
        rules.acceptance_refusals(
            email=found.email,
            own_email=person.email if person.confirmed_at else "",
            is_staff=actor.is_staff,
            expires_at=found.expires_at,
            is_over=found.withdrawn_at is not None or found.accepted_at is not None,
            now=now,
        )
    )
    found.accepted_at = now
    _join(found, person_id, now)
    audit.record(actor, "member_joined", "campaign", campaign.id, at=now, rights=found.rights)
    announce(MemberJoined(found.id, person_id))
    return campaign.id


@command
def change_rights(
    actor: Actor, campaign_id: UUID, person_id: UUID, *, rights: Collection[str], now: datetime
) -> None:
    """Give a member of the actor's own campaign other rights; they hold from now on."""
    lock_own_campaign(campaign_id, actor)
    refuse_if(rules.rights_refusals(rights))
    member = _member(campaign_id, person_id)
    member.rights = sorted(rights)
    audit.record(actor, "member_rights", "person", person_id, at=now, rights=member.rights)


@command
def remove(actor: Actor, campaign_id: UUID, person_id: UUID, now: datetime) -> None:
    """End a member's rights at once: by the sponsor, or by the member who leaves."""
    campaign = lock_campaign(campaign_id)
    if actor.known() not in {campaign.sponsor_id, person_id}:
        raise NotFound(str(campaign_id))
    member = _member(campaign_id, person_id)
    member.removed_at = now
    audit.record(actor, "member_removed", "person", person_id, at=now, campaign=str(campaign_id))
    announce(MemberRemoved(campaign.id, person_id, actor.known() != person_id, now))


def _join(found: CampaignInvitation, person_id: UUID, now: datetime) -> None:
    """Write the member down, or let one who was removed before come back."""
    member = db.session.get(CampaignMember, (found.campaign_id, person_id), with_for_update=True)
    if member is None:
        member = CampaignMember(campaign_id=found.campaign_id, person_id=person_id)
        db.session.add(member)
    member.rights, member.removed_at = found.rights, None
    member.invited_by, member.invited_at = found.invited_by, found.invited_at
    member.accepted_at = now


def _member(campaign_id: UUID, person_id: UUID) -> CampaignMember:
    found = db.session.get(
        CampaignMember, (campaign_id, person_id), with_for_update=True, populate_existing=True
    )
    if found is None or found.accepted_at is None or found.removed_at is not None:
        raise NotFound(str(person_id))
    return found


def _invitation(invitation_id: UUID) -> CampaignInvitation:
    found = db.session.get(
        CampaignInvitation, invitation_id, with_for_update=True, populate_existing=True
    )
    if found is None:
        raise NotFound(str(invitation_id))
    return found


def _address_refusals(campaign: Campaign, address: str, now: datetime) -> list[Refusal]:
    standing, sponsor = team.standing(campaign.id, now), people.person(campaign.sponsor_id)
    return rules.invitation_refusals(
        email=address,
        sponsor_email=sponsor.email if sponsor else "",
        team=standing.emails,
        at_once=len(standing.emails) + standing.invited,
        lately=team.invited_since(campaign.id, now - timedelta(days=1)),
    )


def _open(campaign_id: UUID, email: str) -> CampaignInvitation | None:
    query = select(CampaignInvitation).where(
        CampaignInvitation.campaign_id == campaign_id,
        CampaignInvitation.email == email,
        CampaignInvitation.accepted_at.is_(None),
        CampaignInvitation.withdrawn_at.is_(None),
    )
    return db.session.scalars(query.with_for_update()).one_or_none()
