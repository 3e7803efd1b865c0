"""Reads of escrow, as frozen rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.gateway import Terms
from marketplace.escrow.states import ENDS, Kind, PayeeState, State
from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money

COLUMNS = """
    id, kind, purpose, subject_id, sequence, person_id, of_id, provider, amount_minor, currency,
    state, account_id, cause, description, return_path, cancel_path, expires_at, provider_ref,
    payment_ref, url, attempts, refusals, last_error, not_before, lease_until, created_at, sent_at,
    finished_at
"""
SELECT = f"SELECT {COLUMNS} FROM escrow_instruction"  # noqa: S608 - our own constant


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction as it stands. `account_id` is credited by a checkout and debited by others."""

    id: InstructionId
    kind: str
    purpose: str
    subject_id: UUID
    sequence: int
    person_id: UUID | None
    of_id: UUID | None
    provider: str
    amount_minor: int
    currency: str
    state: str
    account_id: int
    cause: str
    description: str
    return_path: str | None
    cancel_path: str | None
    expires_at: datetime | None
    provider_ref: str | None
    payment_ref: str | None
    url: str | None
    attempts: int
    refusals: int
    last_error: str | None
    not_before: datetime | None
    lease_until: datetime | None
    created_at: datetime
    sent_at: datetime | None
    finished_at: datetime | None

    @property
    def amount(self) -> Money:
        """The amount as money."""
        return Money(self.amount_minor, self.currency)

    @property
    def operation_id(self) -> str:
        """The name under which the provider knows it."""
        return public_id("ins", self.id)

    @property
    def is_finished(self) -> bool:
        """Whether nothing can happen to it any more."""
        return State(self.state) in ENDS


@dataclass(frozen=True, slots=True)
class Payee:
    """How far a person is with onboarding."""

    person_id: UUID
    state: PayeeState
    provider_ref: str | None = None
    ready_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as operators see it."""

    id: UUID
    provider: str
    provider_event_id: str
    kind: str
    state: str
    instruction_id: UUID | None
    attempts: int
    last_error: str | None
    verified_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """When ledger and provider were last compared, and how many differences there were."""

    provider: str
    read_at: datetime | None
    proved_at: datetime | None
    differences: int | None


def instruction(instruction_id: UUID) -> Instruction:
    """Return one instruction; `NotFound` if there is none."""
    found = row(f"{SELECT} WHERE id = %(id)s", {"id": instruction_id}, into=Instruction)
    if found is None:
        raise NotFound(str(instruction_id))
    return found


def instructions_for(subject_id: UUID) -> list[Instruction]:
    """Return all instructions about one pledge, commitment, bill, campaign…, oldest first."""
    return rows(
        f"{SELECT} WHERE subject_id = %(id)s ORDER BY created_at, id",
        {"id": subject_id},
        into=Instruction,
    )


def instructions(
    *, states: tuple[str, ...] = (), kind: Kind | None = None, limit: int = 100
) -> list[Instruction]:
    """Return the newest instructions, all or those in `states` and of `kind`."""
    return rows(
        f"{SELECT} WHERE (%(any)s OR state = ANY(%(states)s))"
        " AND (%(kind)s::text IS NULL OR kind = %(kind)s) ORDER BY id DESC LIMIT %(limit)s",
        {"any": not states, "states": list(states), "kind": kind, "limit": limit},
        into=Instruction,
    )


def deliveries(*, states: tuple[str, ...] = (), limit: int = 100) -> list[DeliveryRow]:
    """Return the newest deliveries, all or those in `states`."""
    return rows(
        """
        SELECT id, provider, provider_event_id, kind, state, instruction_id, attempts, last_error,
            verified_at, finished_at
        FROM escrow_delivery WHERE (%(any)s OR state = ANY(%(states)s))
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {"any": not states, "states": list(states), "limit": limit},
        into=DeliveryRow,
    )


def payee(person_id: UUID) -> Payee:
    """Return how far a person is with the current provider's onboarding."""
    found = row(
        """
        SELECT person_id, state, provider_ref, ready_at FROM escrow_payee
        WHERE person_id = %(person)s AND provider = %(provider)s
        """,
        {"person": person_id, "provider": gateway.current().name},
        into=Payee,
    )
    if found is None:
        return Payee(person_id, PayeeState.NONE)
    return Payee(found.person_id, PayeeState(found.state), found.provider_ref, found.ready_at)


def terms() -> Terms:
    """Return what the current provider promises."""
    return gateway.current().terms


def proof() -> Proof:
    """Return when ledger and provider were last compared."""
    name = gateway.current().name
    found = row(
        "SELECT provider, read_at, proved_at, differences FROM escrow_mirror"
        " WHERE provider = %(provider)s",
        {"provider": name},
        into=Proof,
    )
    return found or Proof(name, None, None, None)
