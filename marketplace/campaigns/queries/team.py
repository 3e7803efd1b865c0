"""Who works on a campaign beside its sponsor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.rules.rights import Right
from marketplace.infra.database import column, row, rows, scalar
from marketplace.kernel.errors import NotFound


def has_right(campaign_id: UUID, person_id: UUID, right: Right) -> bool:
    """Whether the person is a member of the campaign's team with this right."""
    return right in rights_of(campaign_id, person_id)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody on a campaign's team."""

    person_id: UUID
    name: str
    email: str
    rights: list[str]
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation, with what it is about."""

    id: UUID
    campaign_id: UUID
    title: str
    sponsor: str
    sponsor_id: UUID
    email: str
    rights: list[str]
    invited_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    withdrawn_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return self.accepted_at is None and self.withdrawn_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A campaign of somebody else's that a person works on."""

    campaign_id: UUID
    title: str
    state: str
    sponsor: str
    rights: list[str]


class Standing(NamedTuple):
    """Who is on a team, by address, and how many others are invited."""

    emails: list[str]
    invited: int


def members(campaign_id: UUID) -> list[MemberRow]:
    """Return the campaign's team, in the order in which they joined."""
    sql = """
        SELECT m.person_id, p.name, p.email::text AS email, m.rights, m.accepted_at
        FROM campaign_member m JOIN person p ON p.id = m.person_id
        WHERE m.campaign_id = %s AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
        ORDER BY m.accepted_at, m.person_id
    """
    return rows(sql, (campaign_id,), into=MemberRow)


def rights_of(campaign_id: UUID, person_id: UUID) -> frozenset[Right]:
    """Return what the person may do on the campaign as one of its team; the sponsor is not."""
    sql = """
        SELECT unnest(rights) FROM campaign_member WHERE campaign_id = %s AND person_id = %s
            AND accepted_at IS NOT NULL AND removed_at IS NULL
    """
    return frozenset(Right(found) for found in column(sql, (campaign_id, person_id)))


def works_on(person_id: UUID) -> list[WorkRow]:
    """Return the campaigns of others that a person works on, latest first."""
    sql = """
        SELECT c.id AS campaign_id, c.title, c.state, p.name AS sponsor, m.rights
        FROM campaign_member m JOIN campaign c ON c.id = m.campaign_id
        JOIN person p ON p.id = c.sponsor_id
        WHERE m.person_id = %s AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
          AND c.state <> 'cancelled'
        ORDER BY c.id DESC
    """
    return rows(sql, (person_id,), into=WorkRow)


_INVITATION: Final = """
    SELECT i.id, i.campaign_id, c.title, p.name AS sponsor, c.sponsor_id, i.email::text AS email,
        i.rights, i.invited_at, i.expires_at, i.accepted_at, i.withdrawn_at
    FROM campaign_invitation i JOIN campaign c ON c.id = i.campaign_id
    JOIN person p ON p.id = c.sponsor_id
"""


def invitation(invitation_id: UUID) -> InvitationRow:
    """Return one invitation."""
    found = row(f"{_INVITATION} WHERE i.id = %s", (invitation_id,), into=InvitationRow)
    if found is None:
        raise NotFound(str(invitation_id))
    return found


def invitations(campaign_id: UUID, now: datetime) -> list[InvitationRow]:
    """Return the campaign's open invitations, latest first."""
    sql = f"""
        {_INVITATION} WHERE i.campaign_id = %s AND i.accepted_at IS NULL
            AND i.withdrawn_at IS NULL AND i.expires_at > %s ORDER BY i.id DESC
    """
    return rows(sql, (campaign_id, now), into=InvitationRow)


def standing(campaign_id: UUID, now: datetime) -> Standing:
    """Return who is on the team and how many are invited."""
    emails = [member.email for member in members(campaign_id)]
    return Standing(emails, len(invitations(campaign_id, now)))


def invited_since(campaign_id: UUID, since: datetime) -> int:
    """Return how many invitations went out for the campaign after `since`."""
    sql = "SELECT count(*) FROM campaign_invitation WHERE campaign_id = %s AND invited_at > %s"
    return int(scalar(sql, (campaign_id, since)))
