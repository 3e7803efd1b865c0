"""The row of a remedy: what an officer wants and why, who decided, and the trail of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow.queries import Instruction, dead_letters, remedies
from marketplace.escrow.queries.remedies import RemedyRow
from marketplace.escrow.services import applying
from marketplace.escrow.states import Inbox, RemedyKind, RemedyState
from marketplace.infra import audit
from marketplace.infra.commands import step
from marketplace.infra.database import execute, row, scalar
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from marketplace.kernel.ids import new_id

REASON_MAX: Final = 500
PROPOSERS: Final = ("finance_officer",)
DECIDERS: Final = ("finance_officer", "admin")

_INSERT: Final = """
    INSERT INTO escrow_remedy (id, instruction_id, delivery_id, kind, reason, provider_ref,
        state, proposed_by, proposed_at, decided_by, decided_at)
    VALUES (%(id)s, %(instruction)s, %(delivery)s, %(kind)s, %(reason)s, %(ref)s, %(state)s,
        %(officer)s, %(now)s, %(decided_by)s, %(decided_at)s)
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an officer wants done about an instruction or a delivery, and why."""

    kind: RemedyKind
    reason: str
    instruction_id: UUID | None = None
    delivery_id: UUID | None = None
    provider_ref: str | None = None

    @property
    def subject_id(self) -> UUID | None:
        """What it is about."""
        return self.instruction_id or self.delivery_id


@step
def write(officer: Actor, wish: Wish, now: datetime) -> UUID:
    """Keep what an officer wants; a retry is done as soon as it is said."""
    reason = _said(wish.reason)
    if wish.subject_id is not None and is_proposed(wish.subject_id):
        raise Refusal("remedy_proposed")
    done = wish.kind is RemedyKind.RETRY
    remedy_id = new_id()
    execute(
        _INSERT,
        {
            "id": remedy_id,
            "instruction": wish.instruction_id,
            "delivery": wish.delivery_id,
            "kind": wish.kind,
            "reason": reason,
            "ref": wish.provider_ref,
            "state": RemedyState.APPLIED if done else RemedyState.PROPOSED,
            "officer": officer.known(),
            "now": now,
            "decided_by": officer.known() if done else None,
            "decided_at": now if done else None,
        },
    )
    _note(officer, "done" if done else "proposed", wish, now)
    return remedy_id


@step
def decide(officer: Actor, proposal: RemedyRow, state: RemedyState, now: datetime) -> None:
    """Write down what became of an open proposal."""
    execute(
        "UPDATE escrow_remedy SET state = %(state)s, decided_by = %(officer)s,"
        " decided_at = %(now)s WHERE id = %(id)s",
        {"state": state, "officer": officer.known(), "now": now, "id": proposal.id},
    )
    kind = RemedyKind(proposal.kind)
    about = Wish(kind, proposal.reason, proposal.instruction_id, proposal.delivery_id)
    _note(officer, state, about, now)


@step
def open_one(remedy_id: UUID) -> RemedyRow:
    """Return a locked proposal nobody has decided yet."""
    found = row(
        f"{remedies.SELECT} WHERE id = %(id)s FOR UPDATE", {"id": remedy_id}, into=RemedyRow
    )
    if found is None:
        raise NotFound(str(remedy_id))
    if found.state != RemedyState.PROPOSED:
        raise Refusal("remedy_decided")
    return found


@step
def stuck(instruction_id: UUID, now: datetime) -> Instruction:
    """Return the locked instruction if it is one that needs a person."""
    instruction = applying.locked(instruction_id)
    if dead_letters.dead_letter_of(instruction_id, now) is None:
        raise Refusal("remedy_not_needed")
    if is_proposed(instruction_id):
        raise Refusal("remedy_proposed")
    return instruction


@step
def failed_delivery(delivery_id: UUID | None) -> None:
    """Lock a notice that was given up; refused for any other."""
    state = scalar(
        "SELECT state FROM escrow_delivery WHERE id = %(id)s FOR UPDATE", {"id": delivery_id}
    )
    if state is None:
        raise NotFound(str(delivery_id))
    if state != Inbox.FAILED:
        raise Refusal("remedy_not_needed")


def is_proposed(subject_id: UUID) -> bool:
    """Whether something is proposed about an instruction or a delivery and not decided."""
    found = scalar(
        "SELECT 1 FROM escrow_remedy WHERE state = 'proposed'"
        " AND (instruction_id = %(id)s OR delivery_id = %(id)s)",
        {"id": subject_id},
    )
    return found is not None


def must_be(officer: Actor, roles: tuple[str, ...]) -> None:
    """Let nobody pass who has none of the roles."""
    if not officer.has(*roles):
        raise NotAllowed(roles[0])


def _said(reason: str) -> str:
    text = " ".join(reason.split())
    if not text:
        raise Refusal("remedy_reason_missing", "reason")
    if len(text) > REASON_MAX:
        raise Refusal("note_too_long", "reason", most=REASON_MAX)
    return text


@step
def _note(officer: Actor, what: str, wish: Wish, now: datetime) -> None:
    subject = "instruction" if wish.instruction_id else "delivery"
    facts = {"kind": str(wish.kind), "reason": wish.reason}
    audit.record(officer, f"remedy.{what}", subject, wish.subject_id, at=now, **facts)
