"""New versions of loan products: one person proposes, another publishes; nothing else changes one.

Loans keep the terms they were signed with: these are copied onto the loan, and no command here
touches a loan.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import select

from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, flush
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.loans.models import LoanProductProposal
from marketplace.loans.queries import products
from marketplace.loans.queries.products import Product
from marketplace.loans.services.moving import once
from marketplace.loans.states import PRODUCT_PROPOSAL, VersionState
from marketplace.loans.versions import (
    COLUMNS,
    NOTE_LENGTH_MAX,
    Band,
    changes,
    read_bands,
    stored_bands,
    version_refusals,
)

_MAKERS, _CHECKERS = ("admin",), ("admin", "finance_officer")


@command
def propose(
    actor: Actor,
    base_id: UUID,
    *,
    code: str,
    columns: Mapping[str, Any],
    grades: Mapping[str, Band],
    note: str,
    now: datetime,
) -> UUID:
    """Propose the version that would follow `base_id`, or a new product like it under `code`.

    Everything that is wrong is refused at once. The base must be the newest version.
    """
    if not actor.has(*_MAKERS):
        raise NotAllowed(_MAKERS[0])
    base = products.product(base_id)
    once(base_id, "product_proposal")
    refuse_if(_refusals(base, code, columns, grades, note))
    proposal = LoanProductProposal(
        id=new_id(),
        state=VersionState.PROPOSED.value,
        code=code,
        currency=base.currency,
        base_id=base.id,
        columns={name: _kept(columns[name]) for name in COLUMNS},
        grades=stored_bands(grades),
        note=note.strip(),
        proposed_by=actor.known(),
        proposed_at=now,
    )
    db.session.add(proposal)
    flush()
    return proposal.id


@command
def publish(actor: Actor, proposal_id: UUID, *, now: datetime) -> UUID:
    """Publish what somebody else proposed: from now on new requests are made under it."""
    proposal = _locked(actor, proposal_id, "publish", now)
    newest = _newest(proposal.code, proposal.currency)
    base = products.product(proposal.base_id)
    if newest is not None and newest.id != base.id:
        raise Refusal("product_changed_meanwhile", version=newest.version)
    version = 1 if newest is None else newest.version + 1
    product_id = _insert(proposal, version, now)
    proposal.product_id = product_id
    return product_id


@command
def refuse(actor: Actor, proposal_id: UUID, *, now: datetime) -> None:
    """Say no to what somebody else proposed; the product stays as it is."""
    _locked(actor, proposal_id, "refuse", now)


@command
def withdraw(actor: Actor, proposal_id: UUID, *, now: datetime) -> None:
    """Take one's own proposal back."""
    _locked(actor, proposal_id, "withdraw", now)


@step
def _locked(actor: Actor, proposal_id: UUID, move: str, now: datetime) -> LoanProductProposal:
    """Return the proposal, locked, once its machine let this person make this move."""
    query = select(LoanProductProposal).where(LoanProductProposal.id == proposal_id)
    found = db.session.scalars(
        query.with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound(str(proposal_id))
    after = transitions.go(
        PRODUCT_PROPOSAL, found.id, found.state, move,
        by=_part_of(actor, found), actor=actor, at=now,
    )  # fmt: skip
    found.state, found.decided_by, found.decided_at = after.value, actor.known(), now
    return found


def _part_of(actor: Actor, proposal: LoanProductProposal) -> tuple[str, ...]:
    """Return what the actor is to a proposal: whoever made it never decides on it."""
    if not actor.has(*_CHECKERS):
        raise NotAllowed(_CHECKERS[0])
    if actor.known() == proposal.proposed_by:
        return ("maker",)
    return ("checker",)


@step
def _refusals(
    base: Product, code: str, columns: Mapping[str, Any], grades: Mapping[str, Band], note: str
) -> list[Refusal]:
    found = version_refusals(columns, grades, base.currency)
    if not note.strip():
        found.append(Refusal("product_note_missing", "note"))
    if len(note) > NOTE_LENGTH_MAX:
        found.append(Refusal("product_note_long", "note", at_most=NOTE_LENGTH_MAX))
    newest = _newest(code, base.currency)
    if code != base.code:
        taken = newest is not None or _waits(code, base.currency)
        return found + ([Refusal("product_code_taken", "code", taken=code)] if taken else [])
    if newest is not None and newest.id != base.id:
        found.append(Refusal("product_changed_meanwhile", version=newest.version))
    if _is_same(base, columns, grades):
        found.append(Refusal("product_unchanged"))
    if _waits(code, base.currency):
        found.append(Refusal("product_proposal_open"))
    return found


@step
def _is_same(base: Product, columns: Mapping[str, Any], grades: Mapping[str, Band]) -> bool:
    before = {name: getattr(base, name) for name in COLUMNS}
    return not changes(before, columns, bands_of(base.id), grades)


def bands_of(product_id: UUID) -> dict[str, Band]:
    """Return the grade table of a version, as proposals hold it."""
    return {
        line.grade: Band(line.rate_from, line.rate_to, line.loss_rate)
        for line in products.grades(product_id)
    }


def _newest(code: str, currency: str) -> Product | None:
    try:
        return products.versions(code, currency)[0]
    except NotFound:
        return None


def _waits(code: str, currency: str) -> bool:
    return any(
        one.state == VersionState.PROPOSED and one.code == code
        for one in products.proposals(code, currency)
    )


@step
def _insert(proposal: LoanProductProposal, version: int, now: datetime) -> UUID:
    product_id = new_id()
    facts = {
        **proposal.columns,
        "id": str(product_id),
        "code": proposal.code,
        "version": version,
        "published_at": now.isoformat(),
    }
    execute(
        "UPDATE loan_product SET active = false WHERE code = %s AND currency = %s AND active",
        (proposal.code, proposal.currency),
    )
    execute(
        """
        INSERT INTO loan_product
        SELECT (jsonb_populate_record(base, %s)).* FROM loan_product base WHERE base.id = %s
        """,
        (Jsonb(facts), proposal.base_id),
    )
    for grade, band in read_bands(proposal.grades).items():
        execute(
            """
            INSERT INTO loan_grade (product_id, grade, rate_from, rate_to, loss_rate)
            VALUES (%s, %s, %s, %s, %s)
            """,
            (product_id, grade, band.rate_from, band.rate_to, band.loss_rate),
        )
    return product_id


def _kept(value: Any) -> Any:  # noqa: ANN401 - a column of any kind, as JSON has it
    return list(value) if isinstance(value, (list, tuple)) else value
