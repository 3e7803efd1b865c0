"""A backer's library: what they may play and save right now, asked anew at each request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.infra.database import column, rows, scalar
from marketplace.kernel.errors import NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class _RewardFile:
    """One file of a reward, recording or not, and how often it was saved."""

    id: UUID
    reward_title: str
    licence: str
    quota: int
    title: str
    kind: str
    key: str
    media_type: str
    size_bytes: int
    sha256: str
    captions_language: str
    transcript: str
    listing: list[str]
    saved: int


@dataclass(frozen=True, slots=True)
class Item(_RewardFile):
    """One file of a pledge's reward, and how often its backer saved it."""

    pledge_id: UUID
    campaign_id: UUID
    campaign_title: str
    recording_id: UUID | None
    file_id: UUID | None

    @property
    def left(self) -> int:
        """How often it may still be saved."""
        return max(0, self.quota - self.saved)

    @property
    def is_played(self) -> bool:
        """Whether a browser plays it."""
        return self.recording_id is not None


# Money that came back takes the files with it; so does a pledge whose reward was given up.
_ENTITLED: Final = """
    (p.state = 'released' OR (p.state = 'held' AND c.model = 'keep_what_you_raise'))
    AND NOT EXISTS (SELECT FROM fulfilment f
        WHERE f.pledge_id = p.id AND f.state IN ('returned', 'void'))
"""
_KEPT: Final = """
    coalesce(r.title, d.title) AS title, coalesce(r.kind, 'file') AS kind,
    coalesce(r.key, d.key) AS key, coalesce(r.media_type, d.media_type) AS media_type,
    coalesce(r.size_bytes, d.size_bytes) AS size_bytes, coalesce(r.sha256, d.sha256) AS sha256,
    coalesce(r.captions_language, '') AS captions_language,
    coalesce(r.transcript, '') AS transcript, coalesce(d.listing, '{}') AS listing
"""
_JOINED: Final = """
    LEFT JOIN recording r ON r.id = rf.recording_id LEFT JOIN digital_file d ON d.id = rf.file_id
"""
_ITEMS: Final = f"""
    SELECT rf.id, p.id AS pledge_id, p.campaign_id, c.title AS campaign_title,
        w.title AS reward_title, rf.recording_id, rf.file_id, rf.licence, rf.quota, {_KEPT},
        (SELECT count(*) FROM reward_download s WHERE s.reward_file_id = rf.id
            AND s.pledge_id = p.id AND s.kind = 'save')::int AS saved
    FROM pledge p JOIN campaign c ON c.id = p.campaign_id
    JOIN reward_file rf ON rf.campaign_id = p.campaign_id AND rf.withdrawn_at IS NULL
    JOIN reward w ON w.id = rf.reward_id {_JOINED}
    WHERE p.backer_id = %(person)s AND {_ENTITLED}
      AND EXISTS (SELECT FROM pledge_line l
          WHERE l.pledge_id = p.id AND l.reward_id = rf.reward_id)
"""  # noqa: S608 - our own constants
_ORDER: Final = "ORDER BY p.id DESC, w.position, rf.position"


def items(person_id: UUID) -> list[Item]:
    """Return all a person may play or save, latest pledges first."""
    return rows(f"{_ITEMS} {_ORDER} LIMIT 500", {"person": person_id}, into=Item)


def of_pledge(person_id: UUID, pledge_id: UUID) -> list[Item]:
    """Return what comes with one pledge of the person; nothing once its money went back."""
    sql = f"{_ITEMS} AND p.id = %(pledge)s {_ORDER}"
    return rows(sql, {"person": person_id, "pledge": pledge_id}, into=Item)


def item(person_id: UUID, pledge_id: UUID, file_id: UUID) -> Item:
    """Return one file the person may have; `NotAllowed` whoever else asks, and once it is over."""
    for found in of_pledge(person_id, pledge_id):
        if found.id == file_id:
            return found
    raise NotAllowed(str(file_id))


def holders(campaign_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return some of those who may have a file of this campaign, by their ids, each once."""
    sql = f"""
        SELECT DISTINCT p.backer_id FROM pledge p JOIN campaign c ON c.id = p.campaign_id
        WHERE p.campaign_id = %(campaign)s AND {_ENTITLED}
          AND EXISTS (SELECT FROM pledge_line l JOIN reward_file rf ON rf.reward_id = l.reward_id
              WHERE l.pledge_id = p.id AND rf.withdrawn_at IS NULL)
          AND (%(after)s::uuid IS NULL OR p.backer_id > %(after)s::uuid)
        ORDER BY p.backer_id LIMIT %(limit)s
    """  # noqa: S608 - our own constants
    return column(sql, {"campaign": campaign_id, "after": after, "limit": limit})


def was_begun(number: str, pledge_id: UUID, file_id: UUID) -> bool:
    """Whether somebody began to play by the link with this number while it held."""
    sql = """
        SELECT EXISTS (SELECT FROM reward_download
            WHERE pledge_id = %s AND reward_file_id = %s AND form_key = %s AND kind = 'play')
    """
    return bool(scalar(sql, (pledge_id, file_id, number)))


@dataclass(frozen=True, slots=True)
class Offered(_RewardFile):
    """One file as its sponsor sees it: on which reward, and how often it was used."""

    reward_id: UUID
    played: int


def offered(campaign_id: UUID) -> list[Offered]:
    """Return the files of a campaign's rewards in their order."""
    sql = f"""
        SELECT rf.id, rf.reward_id, w.title AS reward_title, rf.licence, rf.quota, {_KEPT},
            count(s.id) FILTER (WHERE s.kind = 'save')::int AS saved,
            count(s.id) FILTER (WHERE s.kind = 'play')::int AS played
        FROM reward_file rf JOIN reward w ON w.id = rf.reward_id {_JOINED}
        LEFT JOIN reward_download s ON s.reward_file_id = rf.id
        WHERE rf.campaign_id = %s AND rf.withdrawn_at IS NULL
        GROUP BY rf.id, w.id, r.id, d.id ORDER BY w.position, w.id, rf.position
    """  # noqa: S608 - our own constants
    return rows(sql, (campaign_id,), into=Offered)


class Evidence(NamedTuple):
    """One use of a file, for who judges an objection."""

    title: str
    kind: str
    at: datetime


def used(pledge_id: UUID) -> list[Evidence]:
    """Return what was saved and played of a pledge's reward, latest first."""
    sql = f"""
        SELECT coalesce(r.title, d.title) AS title, s.kind, s.at FROM reward_download s
        JOIN reward_file rf ON rf.id = s.reward_file_id {_JOINED}
        WHERE s.pledge_id = %s ORDER BY s.at DESC, s.id DESC LIMIT 200
    """  # noqa: S608 - our own constant
    return rows(sql, (pledge_id,), into=Evidence)


def is_backer(pledge_id: UUID, person_id: UUID) -> bool:
    """Whether the pledge is the person's; nobody else learns that there is one."""
    sql = "SELECT EXISTS (SELECT FROM pledge WHERE id = %s AND backer_id = %s)"
    return bool(scalar(sql, (pledge_id, person_id)))


def some_delivered(reward_id: UUID) -> bool:
    """Whether a backer of the reward has it already, so that nothing of it can be withdrawn."""
    sql = f"""
        SELECT EXISTS (SELECT FROM pledge_line l JOIN pledge p ON p.id = l.pledge_id
            JOIN campaign c ON c.id = p.campaign_id WHERE l.reward_id = %s AND {_ENTITLED})
    """  # noqa: S608 - our own constants
    return bool(scalar(sql, (reward_id,)))


def owned_file(file_id: UUID, campaign_id: UUID) -> Offered:
    """Return one file of this campaign; any other is `NotFound`."""
    for found in offered(campaign_id):
        if found.id == file_id:
            return found
    raise NotFound(str(file_id))
