"""What the community announces to the floors above."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class CommentPosted(Event):
    """Somebody said something. `answers` is whose words it replies to, if to any."""

    comment_id: UUID
    subject_type: str
    subject_id: UUID
    author_id: UUID
    kind: str
    answers: UUID | None


@dataclass(frozen=True)
class CommentHidden(Event):
    """A moderator hid what somebody said."""

    comment_id: UUID
    author_id: UUID
    code: str
