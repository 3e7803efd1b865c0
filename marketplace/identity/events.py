"""What identity tells the floors above, and itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class PersonConfirmed(Event):
    """Somebody showed that an address is theirs: from now on they hold the member roles."""

    person_id: UUID


@dataclass(frozen=True)
class MailAsked(Event):
    """A visitor asked for a mail; answered by a job, so that the page tells nothing by its time."""

    request_id: UUID
