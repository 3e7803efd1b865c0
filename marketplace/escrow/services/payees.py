"""People who are to be paid: how they become the provider's payees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.escrow import gateway, queries
from marketplace.escrow.events import PayeeBankRefused, PayeeReady
from marketplace.escrow.gateway import Bounce, SeenPayee
from marketplace.escrow.orders import (
    PayeeOrder,
)
from marketplace.escrow.queries import Payee
from marketplace.escrow.services import readiness
from marketplace.escrow.services.dispatching import wake
from marketplace.escrow.services.ordering import absolute
from marketplace.escrow.states import PayeeState
from marketplace.identity import queries as identity
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, row, scalar
from marketplace.infra.events import announce
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken, NotFound
from marketplace.kernel.ids import new_id, parse_public_id, public_id

_PREFIX = "pye"


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    person_id: UUID
    provider_ref: str | None
    state: str


def payee(person_id: UUID) -> Payee:
    """Return how far a person is with onboarding."""
    return queries.payee(person_id)


def start_onboarding(person_id: UUID, return_path: str) -> str:
    """Return the address of the provider's onboarding page for a person.

    Outside any transaction. The address is good for one visit, so it is asked for anew each
    time. Raises `ProviderTrouble` when the provider does not answer.
    """
    person = identity.person(person_id)
    if person is None:
        raise NotFound(str(person_id))
    known = _register(person_id, clock.now())
    name = public_id(_PREFIX, known.id)
    onboarding = gateway.current().onboard(
        PayeeOrder(
            operation_id=name,
            key=name,
            payee_ref=known.provider_ref,
            name=person.name,
            email=person.email,
            return_url=absolute(return_path),
        )
    )
    _record(onboarding.payee, clock.now())
    return onboarding.url


def refresh(person_id: UUID) -> Payee:
    """Read a person back from the provider and return how far they are.

    This is also how somebody who may no longer be paid stops being ready. Outside any
    transaction.
    """
    known = queries.payee(person_id)
    db.session.rollback()
    if known.provider_ref is not None:
        _record(gateway.current().payee(known.provider_ref), clock.now())
    return queries.payee(person_id)


def is_ours(ref: str) -> bool:
    """Whether the provider calls one of our payees `ref`."""
    found = _person_called(ref)
    db.session.rollback()
    return found is not None


@job("escrow.payee")
def refresh_job(*, person_id: str) -> None:
    """Read back a payee of whom the provider said no more than that something has changed."""
    refresh(UUID(person_id))


@step
def look_again(ref: str) -> bool:
    """Queue the reading of the payee the provider calls `ref`; False if it is none of ours."""
    found = _person_called(ref)
    if found is not None:
        defer(refresh_job, key=f"escrow.payee:{found}", person_id=str(found))
    return found is not None


@step
def note_bounce(bounce: Bounce, now: datetime) -> bool:
    """Tell a person that their bank takes no money; False if they are none of ours.

    None of it is ours to book: the money was theirs when the transfer arrived.
    """
    person_id = _person_called(bounce.payee_ref)
    if person_id is None:
        return False
    amount = bounce.amount
    announce(PayeeBankRefused(person_id, amount.minor, amount.currency, bounce.reason, now))
    return True


@step
def apply_seen(seen: SeenPayee, now: datetime) -> bool:
    """Apply what the provider says of a payee; False if it is none of ours.

    A notice only ever makes somebody ready: it may be old, so it takes nothing away.
    """
    known = _of(seen)
    if known is None:
        return False
    _note_holder(known, seen)
    if seen.ready and known.state != PayeeState.READY:
        _make_ready(known, seen, now)
    elif known.provider_ref is None:
        execute(
            "UPDATE escrow_payee SET provider_ref = %(ref)s WHERE id = %(id)s",
            {"ref": seen.ref, "id": known.id},
        )
    return True


def _person_called(ref: str) -> UUID | None:
    found: UUID | None = scalar(
        "SELECT person_id FROM escrow_payee WHERE provider = %(provider)s"
        " AND provider_ref = %(ref)s",
        {"provider": gateway.current().name, "ref": ref},
    )
    return found


@command
def _record(seen: SeenPayee, now: datetime) -> None:
    if not apply_seen(seen, now):
        raise Broken(f"{seen.operation_id} is no payee of ours")
    if not seen.ready and (known := _of(seen)) is not None:
        readiness.withdraw(known.person_id, gateway.current().name)


@command
def _register(person_id: UUID, now: datetime) -> _Row:
    provider = gateway.current().name
    execute(
        """
        INSERT INTO escrow_payee (id, person_id, provider, state, created_at)
        VALUES (%(id)s, %(person)s, %(provider)s, 'pending', %(now)s)
        ON CONFLICT (person_id, provider) DO NOTHING
        """,
        {"id": new_id(), "person": person_id, "provider": provider, "now": now},
    )
    found = row(
        "SELECT id, person_id, provider_ref, state FROM escrow_payee"
        " WHERE person_id = %(person)s AND provider = %(provider)s",
        {"person": person_id, "provider": provider},
        into=_Row,
    )
    if found is None:
        raise NotFound(str(person_id))
    return found


def _of(seen: SeenPayee) -> _Row | None:
    try:
        wanted = parse_public_id(_PREFIX, seen.operation_id)
    except NotFound:
        return None
    return row(
        "SELECT id, person_id, provider_ref, state FROM escrow_payee WHERE id = %(id)s FOR UPDATE",
        {"id": wanted},
        into=_Row,
    )


def _note_holder(known: _Row, seen: SeenPayee) -> None:
    """Keep whose account it is: a payout is approved to this name and this account."""
    if seen.holder:
        execute(
            "UPDATE escrow_payee SET holder = %(holder)s, account_ending = %(ending)s"
            " WHERE id = %(id)s AND (holder, account_ending)"
            " IS DISTINCT FROM (%(holder)s, %(ending)s)",
            {"holder": seen.holder, "ending": seen.ending, "id": known.id},
        )


def _make_ready(known: _Row, seen: SeenPayee, now: datetime) -> None:
    execute(
        "UPDATE escrow_payee SET state = 'ready', provider_ref = %(ref)s, ready_at = %(at)s"
        " WHERE id = %(id)s",
        {"ref": seen.ref, "at": seen.at or now, "id": known.id},
    )
    announce(PayeeReady(known.person_id))
    wake()  # what waited to be paid to them
