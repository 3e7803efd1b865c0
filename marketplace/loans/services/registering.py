"""Collateral at its office: one officer writes the registration down, another looks it up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra import audit
from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.loans.queries import disbursing as queries
from marketplace.loans.services.moving import locked_loan

WORDS_MAX: Final = 200


@command
def record(
    actor: Actor, loan_id: UUID, *, office: str, number: str, on: date, now: datetime
) -> UUID:
    """Write down where and under which number a loan's collateral is registered.

    One that nobody has checked yet is struck; a checked one stays.
    """
    _must_be_officer(actor)
    loan = locked_loan(loan_id)
    if not loan.collateral:
        raise Refusal("collateral_none")
    office, number = office.strip()[:WORDS_MAX], number.strip()[:WORDS_MAX]
    refuse_if(_refusals(office, number, on, now))
    there = queries.registration(loan_id)
    if there is not None and there.checked_by is not None:
        raise Refusal("collateral_checked")
    if there is not None:
        execute("UPDATE collateral_registration SET struck_at = %s WHERE id = %s", (now, there.id))
    made = new_id()
    execute(
        """
        INSERT INTO collateral_registration
            (id, loan_id, office, number, registered_on, recorded_by, recorded_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        """,
        (made, loan_id, office, number, on, actor.known(), now),
    )
    audit.record(actor, "collateral.record", "loan", loan_id, at=now, office=office, number=number)
    return made


@command
def check(actor: Actor, loan_id: UUID, *, number: str, now: datetime) -> None:
    """Say, as another officer, that the office shows this very number; it is typed again."""
    _must_be_officer(actor)
    locked_loan(loan_id)
    found = queries.registration(loan_id)
    if found is None:
        raise NotFound(str(loan_id))
    if found.checked_by is not None:
        return
    if found.recorded_by == actor.known():
        raise Refusal("same_person")
    if number.strip() != found.number:
        raise Refusal("collateral_differs", "check_number")
    execute(
        "UPDATE collateral_registration SET checked_by = %s, checked_at = %s WHERE id = %s",
        (actor.known(), now, found.id),
    )
    audit.record(actor, "collateral.check", "loan", loan_id, at=now, number=found.number)


def _refusals(office: str, number: str, on: date, now: datetime) -> list[Refusal]:
    found = []
    if not office:
        found.append(Refusal("collateral_office_missing", "office"))
    if not number:
        found.append(Refusal("collateral_number_missing", "number"))
    if on > now.date():
        found.append(Refusal("collateral_future", "registered_on"))
    return found


def _must_be_officer(actor: Actor) -> None:
    if not actor.has("finance_officer"):
        raise NotAllowed("finance.decide")
