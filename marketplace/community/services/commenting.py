"""Comments, questions and replies: posted by their authors, hidden by moderators, never edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.community import rules
from marketplace.community.events import CommentHidden, CommentPosted
from marketplace.community.models import Comment
from marketplace.community.queries import comments
from marketplace.community.rules import Kind
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id

MODERATORS: Final = ("moderator",)
_KNOWN: Final = "SELECT id FROM comment WHERE author_id = %s AND form_key = %s"


@dataclass(frozen=True, slots=True)
class Subject:
    """What something is said about. `by_owner` says whether its maker is who speaks."""

    type: str
    id: UUID
    by_owner: bool = False


@command
def post(
    actor: Actor,
    subject: Subject,
    kind: Kind,
    *,
    body: str,
    parent_id: UUID | None = None,
    form_key: str,
    now: datetime,
) -> UUID:
    """Say something, or reply to what was said; the same `form_key` says it once.

    Whether the person may speak here is for the caller, who knows what it is about. Floods are
    refused, and the same words again, unless who makes it answers somebody else with them.
    """
    author_id, words = actor.known(), rules.body_of(body)
    # One person's words one after the other: two at once would not see each other.
    execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (f"says:{author_id}",))
    if (found := scalar(_KNOWN, (author_id, form_key))) is not None:
        return UUID(str(found))
    parent = _parent(parent_id, subject, kind) if parent_id else None
    _refuse_flood(author_id, words, now, may_repeat=bool(parent and subject.by_owner))
    comment = Comment(
        id=new_id(),
        subject_type=subject.type,
        subject_id=subject.id,
        parent_id=parent_id,
        author_id=author_id,
        kind=kind.value,
        form_key=form_key,
        body=words,
        by_owner=subject.by_owner,
        posted_at=now,
    )
    db.session.add(comment)
    if parent is not None and subject.by_owner:
        _mark_answered(parent.id, now)
    told = (comment.id, subject.type, subject.id, author_id, kind.value)
    announce(CommentPosted(*told, parent.author_id if parent else None))
    return comment.id


@command
def hide(actor: Actor, comment_id: UUID, *, code: str, now: datetime) -> None:
    """Hide what somebody said, for a listed reason; hiding it twice changes nothing.

    Moderators only, and never one's own words.
    """
    if not actor.has(*MODERATORS):
        raise NotAllowed("comment.hide")
    refuse_if(rules.hide_refusals(code))
    found = comments.comment(comment_id)
    if found.author_id == actor.known():
        raise Refusal("own_comment")
    hidden = execute(
        """
        UPDATE comment SET hidden_at = %s, hidden_by = %s, hidden_code = %s
        WHERE id = %s AND hidden_at IS NULL
        """,
        (now, actor.known(), code, comment_id),
    )
    if hidden:
        announce(CommentHidden(comment_id, found.author_id, code))


@command
def show(actor: Actor, comment_id: UUID) -> None:
    """Put back what was hidden wrongly; moderators only."""
    if not actor.has(*MODERATORS):
        raise NotAllowed("comment.hide")
    execute(
        "UPDATE comment SET hidden_at = NULL, hidden_by = NULL, hidden_code = NULL WHERE id = %s",
        (comment_id,),
    )


def _refuse_flood(author_id: UUID, words: str, now: datetime, *, may_repeat: bool) -> None:
    lately = comments.lately(author_id, now)
    refuse_if(rules.refusals(words, lately, now, may_repeat=may_repeat))


def _parent(parent_id: UUID, subject: Subject, kind: Kind) -> comments.CommentRow:
    """Return what is replied to: it stands under the same thing, at the top, and is not hidden."""
    found = comments.comment(parent_id)
    same = (found.subject_type, found.subject_id) == (subject.type, subject.id)
    if not same or found.kind != kind or found.parent_id or found.hidden_code:
        raise NotFound(str(parent_id))
    return found


def _mark_answered(comment_id: UUID, now: datetime) -> None:
    execute(
        "UPDATE comment SET answered_at = %s WHERE id = %s AND answered_at IS NULL",
        (now, comment_id),
    )
