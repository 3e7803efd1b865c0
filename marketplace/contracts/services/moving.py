"""Steps every use case shares: load for change, move the machines, write it down."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.contracts.models import Contract, ContractParty, ContractSigning
from marketplace.contracts.states import CONTRACT, SIGNING, ContractState, SigningState
from marketplace.infra import transitions
from marketplace.infra.commands import step
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound


@step
def locked(contract_id: UUID) -> Contract:
    """Return the contract, locked for this command."""
    query = select(Contract).where(Contract.id == contract_id).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(str(contract_id))
    return found


@step
def locked_of(subject_id: UUID) -> Contract | None:
    """Return the contract of a thing that counts, locked; None if there is none."""
    query = select(Contract).where(
        Contract.subject_id == subject_id, Contract.state != ContractState.VOID.value
    )
    query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(query).one_or_none()


@step
def parties(contract_id: UUID) -> list[ContractParty]:
    """Return the parties of a contract, in their order."""
    query = select(ContractParty).where(ContractParty.contract_id == contract_id)
    return list(db.session.scalars(query.order_by(ContractParty.position)))


@step
def locked_signing(signing_id: UUID) -> ContractSigning | None:
    """Return an asking for seals, locked; None while somebody else is just at it."""
    query = select(ContractSigning).where(ContractSigning.id == signing_id)
    query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return db.session.scalars(query).one_or_none()


@step
def move_contract(
    contract: Contract, move: str, *, by: str, actor: Actor, at: datetime, reason: str | None = None
) -> None:
    """Make one move of a contract's machine and write it down."""
    contract.state = transitions.go(
        CONTRACT, contract.id, contract.state, move, by=(by,), actor=actor, at=at, reason=reason
    ).value


@step
def move_signing(signing: ContractSigning, move: str, *, by: str) -> None:
    """Make one move of the machine of an asking; its row says what became of it."""
    signing.state = SIGNING.go(SigningState(signing.state), move, by=(by,)).value
