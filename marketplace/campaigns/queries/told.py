"""What a campaign tells beside its story: pictures, film, budget, timeline, more, at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.queries.listing import SIMILAR
from marketplace.campaigns.queries.since import SHOWN
from marketplace.campaigns.queries.stretching import StretchRow
from marketplace.infra.database import row
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.media import queries as media
from marketplace.media.queries import PictureRow


class BudgetRow(NamedTuple):
    """What a part of the goal is for."""

    title: str
    amount: Money


class StepRow(NamedTuple):
    """What will be reached in a month, given by its first day.

    `promised` is the month at the launch, if it has moved since, on the day `moved_on`.
    """

    month: date
    title: str
    promised: date | None = None
    moved_on: date | None = None
    done_on: date | None = None


class FaqRow(NamedTuple):
    """A question and its answer; since the launch it was added, or changed, on these days."""

    question: str
    answer: str
    added_on: date | None = None
    changed_on: date | None = None


class FilmRow(NamedTuple):
    """The film or the sound at the top of the page; the key is where its bytes are."""

    id: UUID
    kind: str
    title: str
    media_type: str
    size_bytes: int
    captions_language: str
    transcript: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is told beside the story, each list in its order; `pictures` hold the cover too."""

    pictures: dict[UUID, PictureRow]
    film: FilmRow | None
    budget: list[BudgetRow]
    timeline: list[StepRow]
    faq: list[FaqRow]
    stretch: list[StretchRow]
    similar: list[UUID]

    @property
    def has_changed(self) -> bool:
        """Whether answers or timeline say anything else than at the launch."""
        answers = any(entry.added_on or entry.changed_on for entry in self.faq)
        return answers or any(step.moved_on or step.done_on for step in self.timeline)


@dataclass(frozen=True, slots=True)
class _Lists:
    pictures: list[Any]
    film: list[Any] | None
    budget: list[Any]
    timeline: list[Any]
    faq: list[Any]
    stretch: list[Any]
    similar: list[UUID]


_TOLD: Final = f"""
    SELECT coalesce((SELECT jsonb_agg(jsonb_build_array({media.COLUMNS})
            ORDER BY cp.position, p.id)
        FROM picture p LEFT JOIN campaign_picture cp ON cp.picture_id = p.id
            AND cp.campaign_id = c.id
        WHERE p.id = c.cover_id OR p.id = ANY(ARRAY(SELECT picture_id FROM campaign_picture
            WHERE campaign_id = c.id))), '[]') AS pictures,
        (SELECT jsonb_build_array(r.id, r.kind, r.title, r.media_type, r.size_bytes,
            r.captions_language, r.transcript)
        FROM campaign_recording cr JOIN recording r ON r.id = cr.recording_id
        WHERE cr.campaign_id = c.id) AS film,
        coalesce((SELECT jsonb_agg(jsonb_build_array(title, amount_minor, currency)
            ORDER BY position) FROM budget_line WHERE campaign_id = c.id), '[]') AS budget,
        coalesce((SELECT jsonb_agg(jsonb_build_array(title, month, promised_month,
            (moved_at AT TIME ZONE 'UTC')::date, (done_at AT TIME ZONE 'UTC')::date)
            ORDER BY position)
            FROM timeline_step WHERE campaign_id = c.id), '[]') AS timeline,
        coalesce((SELECT jsonb_agg(jsonb_build_array(question, answer,
            (added_at AT TIME ZONE 'UTC')::date, (changed_at AT TIME ZONE 'UTC')::date)
            ORDER BY position)
            FROM faq_entry f WHERE campaign_id = c.id AND {SHOWN}), '[]') AS faq,
        coalesce((SELECT jsonb_agg(jsonb_build_array(amount_minor, c.currency, title, text,
            reached_at) ORDER BY position)
            FROM stretch_goal WHERE campaign_id = c.id), '[]') AS stretch,
        CASE WHEN %(similar)s > 0 THEN ARRAY({SIMILAR}) ELSE '{{}}' END AS similar
    FROM campaign c WHERE c.id = %(campaign)s
"""  # noqa: S608 - our own constant


def _picture(columns: list[Any]) -> PictureRow:
    key, owner, *others = columns
    return PictureRow(UUID(key), UUID(owner), *others)


def _stretch(minor: int, currency: str, title: str, text: str, at: str | None) -> StretchRow:
    return StretchRow(minor, currency, title, text, datetime.fromisoformat(at) if at else None)


def _step(title: str, month: str, *days: str | None) -> StepRow:
    return StepRow(date.fromisoformat(month), title, *map(_day, days))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def told(campaign_id: UUID, *, similar: int = 0) -> Told:
    """Return what a campaign tells beside its story, and up to so many `similar` ones, open now."""
    params = {"campaign": campaign_id, "similar": similar, "open_at": clock.now()}
    found = row(_TOLD, params, into=_Lists)
    if found is None:
        raise NotFound(str(campaign_id))
    return Told(
        pictures={row.id: row for row in map(_picture, found.pictures)},
        film=FilmRow(UUID(found.film[0]), *found.film[1:]) if found.film else None,
        budget=[BudgetRow(title, Money(minor, code)) for title, minor, code in found.budget],
        timeline=[_step(title, *days) for title, *days in found.timeline],
        faq=[FaqRow(said, words, *map(_day, days)) for said, words, *days in found.faq],
        stretch=[_stretch(*goal) for goal in found.stretch],
        similar=found.similar,
    )
