"""Reads of escrow, as frozen rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.gateway import Terms
from marketplace.escrow.states import ENDS, Inbox, Kind, PayeeState, State
from marketplace.infra.database import row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money

COLUMNS = """
    id, kind, purpose, subject_id, sequence, person_id, of_id, provider, amount_minor, currency,
    state, account_id, cause, description, return_path, cancel_path, expires_at, provider_ref,
    payment_ref, url, attempts, refusals, last_error, not_before, lease_until, created_at, sent_at,
    finished_at, method, returned_at, keyed_at, faults, leave_by
"""
SELECT = f"SELECT {COLUMNS} FROM escrow_instruction"  # noqa: S608 - our own constant
_DELIVERY: Final = """
    SELECT id, provider, provider_event_id, kind, state, instruction_id, attempts, last_error,
        verified_at, finished_at
    FROM escrow_delivery
"""


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
    method: str | None
    returned_at: datetime | None
    keyed_at: datetime | None
    faults: int
    leave_by: date | None

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
    """How far a person is with onboarding, and whose account it is by the provider's books."""

    person_id: UUID
    state: PayeeState
    provider_ref: str | None = None
    ready_at: datetime | None = None
    holder: str | None = None
    account_ending: str | None = None


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
        f"{_DELIVERY} WHERE (%(any)s OR state = ANY(%(states)s)) ORDER BY id DESC LIMIT %(limit)s",
        {"any": not states, "states": list(states), "limit": limit},
        into=DeliveryRow,
    )


def payee(person_id: UUID) -> Payee:
    """Return how far a person is with the current provider's onboarding."""
    sql = """
        SELECT person_id, state, provider_ref, ready_at, holder, account_ending FROM escrow_payee
        WHERE person_id = %(person)s AND provider = %(provider)s
    """
    facts = {"person": person_id, "provider": gateway.current().name}
    found = row(sql, facts, into=Payee)
    none = Payee(person_id, PayeeState.NONE)
    return replace(found, state=PayeeState(found.state)) if found else none


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


# What the desk calls the state of an instruction. `onboarding`: a transfer to somebody who has
# not told the provider where to; `unsolved`: money that did not go out and was not tried again.
_UNREADY: Final = """
    (i.kind = 'transfer' AND NOT EXISTS (SELECT FROM escrow_payee p
        WHERE p.person_id = i.person_id AND p.provider = i.provider AND p.state = 'ready'))
"""
_QUEUES: Final = {
    "planned": f"i.state = 'planned' AND NOT {_UNREADY}",
    "onboarding": f"i.state = 'planned' AND {_UNREADY}",
    "sent": "i.state = 'sent'",
    "unknown": "i.state = 'unknown'",
    "unsolved": """
        i.state = 'failed' AND i.kind NOT IN ('checkout', 'setup', 'charge') AND NOT EXISTS (
            SELECT FROM escrow_instruction n WHERE n.kind = i.kind AND n.purpose = i.purpose
            AND n.subject_id = i.subject_id AND n.sequence > i.sequence)
    """,
    "failed": "i.state = 'failed'",
    "succeeded": "i.state = 'succeeded'",
    "expired": "i.state = 'expired'",
    "returned": "i.state = 'returned'",
}
QUEUES: Final = tuple(_QUEUES)
# Those in which nothing may lie for long.
_WATCHED: Final = ("planned", "onboarding", "sent", "unknown", "unsolved")
INBOX_STATES: Final = tuple(str(each) for each in Inbox)

_SINCE: Final = "coalesce(i.finished_at, i.created_at)"
_COUNTS: Final = """
    count(*) FILTER (WHERE since > %(hour)s) AS hour,
    count(*) FILTER (WHERE since <= %(hour)s AND since > %(day)s) AS day,
    count(*) FILTER (WHERE since <= %(day)s AND since > %(week)s) AS week,
    count(*) FILTER (WHERE since <= %(week)s) AS older, min(since) AS oldest
"""
_WAITING: Final = " UNION ALL ".join(
    [
        *(
            f"SELECT '{name}' AS name, {_SINCE} AS since"  # noqa: S608 - our own constants
            f" FROM escrow_instruction i WHERE {_QUEUES[name]}"
            for name in _WATCHED
        ),
        """SELECT 'delivery.' || state, verified_at FROM escrow_delivery
        WHERE state IN ('stored', 'failed') UNION ALL SELECT 'disputes', opened_at
        FROM escrow_dispute WHERE state = 'needs_response' AND answer IS NULL""",
    ]
)


@dataclass(frozen=True, slots=True)
class Queue:
    """How many wait, by how long: within an hour, a day, a week, or longer.

    `name` is one of `QUEUES`, or `delivery.` and a state of the inbox.
    """

    name: str
    hour: int
    day: int
    week: int
    older: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What people paid in on one day, in one currency."""

    on: date
    currency: str
    count: int
    amount_minor: int


def queues(now: datetime) -> list[Queue]:
    """Return what waits between us and the provider; what is empty is left out."""
    ages = {
        "hour": now - timedelta(hours=1),
        "day": now - timedelta(days=1),
        "week": now - timedelta(days=7),
    }
    return rows(
        f"SELECT name, {_COUNTS} FROM ({_WAITING}) AS waiting GROUP BY name",  # noqa: S608 - ours
        ages,
        into=Queue,
    )


def instructions_in(
    queue: str | None,
    *,
    kind: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Instruction]:
    """Return the newest instructions in one of `QUEUES` (None: all), `before` the last one seen.

    `since` and `until` bound when they came there: later than the one, not later than the other.
    """
    return rows(
        f"""
        SELECT {COLUMNS} FROM escrow_instruction i WHERE {_QUEUES.get(queue or "", "true")}
            AND (%(kind)s::text IS NULL OR i.kind = %(kind)s)
            AND (%(since)s::timestamptz IS NULL OR {_SINCE} > %(since)s)
            AND (%(until)s::timestamptz IS NULL OR {_SINCE} <= %(until)s)
            AND (%(before)s::uuid IS NULL OR i.id < %(before)s)
        ORDER BY i.id DESC LIMIT %(limit)s
        """,  # noqa: S608 - our own constants
        {"kind": kind, "since": since, "until": until, "before": before, "limit": limit},
        into=Instruction,
    )


def following(instruction_id: UUID, limit: int = 50) -> list[Instruction]:
    """Return the refunds and reversals of an instruction, oldest first."""
    return rows(
        f"{SELECT} WHERE of_id = %(id)s ORDER BY id LIMIT %(limit)s",
        {"id": instruction_id, "limit": limit},
        into=Instruction,
    )


def deliveries_in(
    state: str | None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[DeliveryRow]:
    """Return the newest deliveries in a state of the inbox, bounded as `instructions_in`."""
    return rows(
        f"""
        {_DELIVERY} WHERE (%(state)s::text IS NULL OR state = %(state)s)
            AND (%(since)s::timestamptz IS NULL OR verified_at > %(since)s)
            AND (%(until)s::timestamptz IS NULL OR verified_at <= %(until)s)
            AND (%(before)s::uuid IS NULL OR id < %(before)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {"state": state, "since": since, "until": until, "before": before, "limit": limit},
        into=DeliveryRow,
    )


def deliveries_about(instruction_id: UUID, limit: int = 50) -> list[DeliveryRow]:
    """Return what the provider told us about one instruction, oldest first."""
    return rows(
        f"{_DELIVERY} WHERE instruction_id = %(id)s ORDER BY id LIMIT %(limit)s",
        {"id": instruction_id, "limit": limit},
        into=DeliveryRow,
    )


def delivery(delivery_id: UUID) -> DeliveryRow:
    """Return one delivery; `NotFound` if there is none."""
    found = row(f"{_DELIVERY} WHERE id = %(id)s", {"id": delivery_id}, into=DeliveryRow)
    if found is None:
        raise NotFound(str(delivery_id))
    return found


def body_of(delivery_id: UUID) -> bytes:
    """Return what the provider sent, byte for byte."""
    return bytes(scalar("SELECT body FROM escrow_delivery WHERE id = %s", (delivery_id,)))


def instructions_with(ids: Sequence[UUID]) -> list[Instruction]:
    """Return the instructions that have these ids."""
    return rows(f"{SELECT} WHERE id = ANY(%s) ORDER BY id", (list(ids),), into=Instruction)


def named_by_provider(ref: str, limit: int = 20) -> list[Instruction]:
    """Return the instructions the provider knows under `ref`, or moved money for under it."""
    return rows(
        f"""
        {SELECT} WHERE provider_ref = %(ref)s OR payment_ref = %(ref)s OR id IN (
            SELECT instruction_id FROM escrow_movement WHERE provider_ref = %(ref)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,  # noqa: S608 - our own constant
        {"ref": ref, "limit": limit},
        into=Instruction,
    )


def deliveries_named(event_id: str) -> list[DeliveryRow]:
    """Return the deliveries with the provider's own id of the event."""
    return rows(
        f"{_DELIVERY} WHERE provider_event_id = %(id)s ORDER BY id LIMIT 20",
        {"id": event_id},
        into=DeliveryRow,
    )


def arrivals(first: date, last: date) -> list[Arrival]:
    """Return what people paid in, whatever way, by day (UTC) and currency."""
    return rows(
        """
        SELECT (finished_at AT TIME ZONE 'UTC')::date AS on, currency, count(*) AS count,
            sum(amount_minor)::bigint AS amount_minor
        FROM escrow_instruction
        WHERE state = 'succeeded' AND (kind IN ('checkout', 'charge')
                OR (kind = 'top_up' AND purpose <> 'refund_reserve'))
            AND finished_at >= %(first)s::timestamp AT TIME ZONE 'UTC'
            AND finished_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC'
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        {"first": first, "last": last},
        into=Arrival,
    )
