"""Answers to what is often asked, once everybody can see a campaign: added, put better, kept.

Nobody looks at them first: they bind nobody to anything. What one said before stays to be read.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.campaigns.models.drafting import FaqEntry
from marketplace.campaigns.queries import since as queries
from marketplace.campaigns.rules import since
from marketplace.campaigns.rules.drafting import Entry
from marketplace.campaigns.rules.versions import mark
from marketplace.campaigns.services.noting import lock_told, note
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, refuse_if


@command
def add_answer(actor: Actor, campaign_id: UUID, entry: Entry, now: datetime) -> None:
    """Answer what is often asked, after the others; the same again is there already."""
    lock_told(campaign_id, actor)
    _add(actor, campaign_id, entry, now)


@command
def reword_answer(
    actor: Actor, campaign_id: UUID, position: int, entry: Entry, *, seen: str, now: datetime
) -> None:
    """Put an answer in other words; what it said stays to be read, with the day.

    `seen` is the mark of what the writer had before them: somebody else's words are not replaced
    in silence.
    """
    lock_told(campaign_id, actor)
    found, later = _answer(campaign_id, position), entry.cleaned()
    before = Entry(found.question, found.answer)
    if later == before.cleaned():
        return
    refuse_if(since.answer_refusals(later, 0))
    if seen != mark(list(before)):
        raise Refusal("answer_changed_elsewhere")
    found.question, found.answer, found.changed_at = *later, now
    note(actor, campaign_id, position, "reworded", before=list(before), after=list(later), now=now)


@command
def take_over(actor: Actor, campaign_id: UUID, comment_id: UUID, now: datetime) -> None:
    """Put a question that somebody asked, with the answer it was given, among the answers.

    Once: again changes nothing. Refuses what is not answered yet, and what is longer than a
    question may be here.
    """
    lock_told(campaign_id, actor)
    asked, given = queries.asked(campaign_id, comment_id)
    if given is None:
        raise Refusal("question_not_answered")
    if comment_id not in queries.taken_over(campaign_id):
        entry = Entry(asked.body, given.body)
        _add(actor, campaign_id, entry, now, source=(asked.id, given.id))


def _add(
    actor: Actor,
    campaign_id: UUID,
    entry: Entry,
    now: datetime,
    source: tuple[UUID | None, UUID | None] = (None, None),
) -> None:
    query = select(FaqEntry).where(FaqEntry.campaign_id == campaign_id)
    known, made = db.session.scalars(query).all(), entry.cleaned()
    if any(made == (each.question, each.answer) for each in known):
        return
    refuse_if(since.answer_refusals(made, len(known)))
    position = max((each.position for each in known), default=0) + 1
    db.session.add(
        FaqEntry(
            campaign_id=campaign_id,
            position=position,
            question=made.question,
            answer=made.answer,
            added_at=now,
            question_id=source[0],
            answer_id=source[1],
        )
    )
    note(actor, campaign_id, position, "answered", before=[], after=list(made), now=now)


def _answer(campaign_id: UUID, position: int) -> FaqEntry:
    found = db.session.get(FaqEntry, (campaign_id, position), populate_existing=True)
    if found is None:
        raise NotFound(str(position))
    return found
