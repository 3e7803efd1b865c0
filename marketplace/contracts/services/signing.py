"""Signing: who is left agrees, then the seals are asked for; no provider call in a transaction.

The asking is a row, committed with the last agreement. A worker claims it, calls, and records
the answer. Whoever dies in between leaves it `sent` until its time is over; then it is read back
before anything is asked again.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.contracts import gateway
from marketplace.contracts.consents import Consent, How
from marketplace.contracts.events import ContractSigned
from marketplace.contracts.gateway import Order, Signatory, Signature, Signed
from marketplace.contracts.models import Contract, ContractParty, ContractSigning
from marketplace.contracts.seals import seals
from marketplace.contracts.services.moving import (
    locked,
    locked_signing,
    move_contract,
    move_signing,
    parties,
)
from marketplace.contracts.states import CONTRACT, ContractState, SigningState
from marketplace.infra import files
from marketplace.infra.commands import command, rehearsing, step
from marketplace.infra.database import column, db
from marketplace.infra.events import announce
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.kernel.actors import PROVIDER, Actor
from marketplace.kernel.errors import Broken, IllegalMove, NotFound, ProviderTrouble, Refusal
from marketplace.kernel.ids import new_id, public_id

LEASE: Final = timedelta(seconds=60)
PAUSE: Final = timedelta(seconds=30)
PAUSE_MAX: Final = timedelta(minutes=30)
_DUE: Final = """
    SELECT id FROM contract_signing
    WHERE state IN ('planned', 'sent', 'unknown') AND due_at <= %s ORDER BY due_at LIMIT 200
"""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Errand:
    """An order to place, or, where it may have been placed already, to look for."""

    order: Order
    looks: bool


@step
def agree(contract_id: UUID, actor: Actor, consent: Consent, *, now: datetime) -> None:
    """Agree to a drafted contract as the party one is; the last one sets the seals in motion.

    Refused once its time is over, while another party is missing, and for other words than the
    frozen ones. Twice by the same party is once.
    """
    contract = locked(contract_id)
    everybody = parties(contract_id)
    mine = next((each for each in everybody if each.person_id == actor.known()), None)
    if mine is None:
        raise NotFound(str(contract_id))
    if mine.how is not None and contract.state != ContractState.VOID:
        return
    _may_agree(contract, consent, now)
    _note(mine, consent)
    if any(each.how is None and each.person_id is not None for each in everybody):
        raise Refusal("contract_party_missing")
    for each in everybody:
        if each.how is None:
            _note(each, Consent(How.SEAL, now, "", "", contract.document_hash))
    move_contract(contract, "agree", by="party", actor=actor, at=now)
    contract.agreed_at = now
    _ask(contract, now)


def _may_agree(contract: Contract, consent: Consent, now: datetime) -> None:
    state = ContractState(contract.state)
    if not CONTRACT.can(state, "agree", by=("party",)):
        raise IllegalMove(CONTRACT.name, state.value, "agree", CONTRACT.moves(state, by=("party",)))
    if now >= contract.sign_by:
        raise Refusal("contract_lapsed")
    if consent.shown_hash != contract.document_hash:
        raise Refusal("contract_changed")


def _note(party: ContractParty, consent: Consent) -> None:
    party.how, party.agreed_at = consent.how.value, consent.at
    party.session_hash, party.address_hash = consent.session, consent.address
    party.shown_hash = consent.shown_hash


@step
def _ask(contract: Contract, now: datetime) -> None:
    asking = ContractSigning(
        id=new_id(),
        contract_id=contract.id,
        state=SigningState.PLANNED.value,
        provider=gateway.current().name,
        attempts=0,
        planned_at=now,
        due_at=now,
    )
    db.session.add(asking)
    db.session.flush()
    defer(seal_job, signing_id=str(asking.id))


@job("contracts.seal")
def seal_job(*, signing_id: str) -> None:
    """Ask for the seals of one contract."""
    seal(UUID(signing_id))


def sweep() -> int:
    """Take up what is due: not asked yet, unanswered, or still at work; returns how many."""
    if rehearsing():
        return 0
    due: list[UUID] = column(_DUE, (clock.now(),))
    db.session.rollback()
    for signing_id in due:
        seal(signing_id)
    return len(due)


def seal(signing_id: UUID) -> None:
    """Place one order, or read back one that may have been placed. Outside any transaction."""
    errand = _claim(signing_id, clock.now())
    if errand is None:
        return
    signer = gateway.current()
    try:
        answer = signer.find(errand.order) if errand.looks else signer.sign(errand.order)
        flaw = _flaw(errand.order, answer, signer.roots()) if answer is not None else ""
    except LookupError:
        _absent(signing_id, clock.now())
    except ProviderTrouble as trouble:
        log.warning("%s not signed: %s", errand.order.number, trouble)
        _lose(signing_id, str(trouble), clock.now(), unknown=trouble.unknown or errand.looks)
    else:
        if answer is None or flaw:
            _lose(signing_id, flaw or "still at work", clock.now(), unknown=True)
        else:
            key = files.store(answer.document, _PDF, shelf=files.PRIVATE)
            _record(signing_id, answer, key)


_PDF: Final = "application/pdf"


def _flaw(order: Order, answer: Signed, roots: tuple[str, ...]) -> str:
    """Return why an answer is no proof: another document, a party missing, a seal that breaks."""
    if not answer.document.startswith(order.document):
        return "the answer is another document"
    signed = {signature.party_id for signature in answer.signatures}
    if missing := [party.ref for party in order.parties if party.id not in signed]:
        return f"not signed for {', '.join(missing)}"
    found = seals(answer.document, roots)
    if not found or not all(each.holds for each in found):
        return "a seal does not hold"
    return ""


@command
def _claim(signing_id: UUID, now: datetime) -> _Errand | None:
    asking = locked_signing(signing_id)
    if asking is None or asking.due_at > now:
        return None
    match SigningState(asking.state):
        case SigningState.PLANNED:
            move_signing(asking, "send", by="worker")
            asking.sent_at, looks = now, False
        case SigningState.SENT:
            move_signing(asking, "lose", by="worker")
            looks = True
        case SigningState.UNKNOWN:
            looks = True
        case _:
            return None
    asking.attempts += 1
    asking.due_at = now + LEASE
    contract = locked(asking.contract_id)
    return _Errand(_order(asking, contract), looks)


@step
def _order(asking: ContractSigning, contract: Contract) -> Order:
    everybody = parties(contract.id)
    return Order(
        id=asking.id,
        number=public_id("ct", contract.id),
        title=contract.title,
        platform=next(each.name for each in everybody if each.person_id is None),
        document=files.load(contract.document_key, shelf=files.PRIVATE),
        document_hash=contract.document_hash,
        parties=tuple(_signatory(each) for each in everybody),
        at=asking.planned_at,
    )


def _signatory(party: ContractParty) -> Signatory:
    if party.how is None or party.agreed_at is None or party.shown_hash is None:
        raise Broken(f"party {party.id} has agreed to nothing")
    consent = Consent(
        How(party.how),
        party.agreed_at,
        party.session_hash or "",
        party.address_hash or "",
        party.shown_hash,
    )
    return Signatory(party.id, party.role, party.name, consent)


@command
def _absent(signing_id: UUID, now: datetime) -> None:
    """The provider never heard of it: ask again."""
    asking = locked_signing(signing_id)
    if asking is not None and asking.state == SigningState.UNKNOWN:
        move_signing(asking, "absent", by="provider")
        asking.due_at = now
        defer(seal_job, signing_id=str(signing_id))


@command
def _lose(signing_id: UUID, why: str, now: datetime, *, unknown: bool) -> None:
    """No answer that can be used: look again after a pause that grows."""
    asking = locked_signing(signing_id)
    if asking is None:
        return
    if asking.state == SigningState.SENT:
        move_signing(asking, "lose" if unknown else "postpone", by="worker")
    asking.last_error = why[:500]
    asking.due_at = now + min(PAUSE * 2 ** min(asking.attempts, 8), PAUSE_MAX)


@command
def _record(signing_id: UUID, answer: Signed, key: str) -> None:
    """Keep the sealed file; news about a contract that was taken back meanwhile is let be."""
    asking = locked_signing(signing_id)
    if asking is None or asking.state in {SigningState.DONE, SigningState.CALLED_OFF}:
        return
    contract = locked(asking.contract_id)
    now = clock.now()
    move_signing(asking, "answer", by="provider")
    asking.provider_ref, asking.finished_at, asking.last_error = answer.ref, now, None
    move_contract(contract, "seal", by="provider", actor=PROVIDER, at=now)
    contract.signed_key, contract.signed_at = key, answer.at
    contract.signed_hash = hashlib.sha256(answer.document).hexdigest()
    by_id = {signature.party_id: signature for signature in answer.signatures}
    for party in parties(contract.id):
        _sign(party, by_id[party.id])
    db.session.flush()
    announce(ContractSigned(contract.id, contract.subject_id, contract.kind))


def _sign(party: ContractParty, signature: Signature) -> None:
    party.certificate, party.serial = signature.certificate, signature.serial
    party.signature, party.signed_at = signature.value or None, signature.at
