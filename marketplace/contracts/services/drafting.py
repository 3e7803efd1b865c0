"""Drafting: the words are filled in, the file is written, and from then on both stay."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.contracts.consents import Consent
from marketplace.contracts.events import ContractDrafted
from marketplace.contracts.models import Contract, ContractParty
from marketplace.contracts.services.moving import locked_of, move_contract
from marketplace.contracts.states import ContractState
from marketplace.contracts.wording import Template, fill, terms_hash
from marketplace.infra import files, transitions
from marketplace.infra.commands import step
from marketplace.infra.database import db, execute, scalar
from marketplace.infra.events import announce
from marketplace.infra.pdf import Block, Paper, write
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import new_id, public_id
from marketplace.kernel.money import Money

NUMBER: Final = "ct"
PARTY: Final = "cpt"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who is to agree, or has agreed already. Without a person it is the platform."""

    role: str
    name: str
    person_id: UUID | None = None
    share: Money | None = None
    consent: Consent | None = None
    id: UUID = field(default_factory=new_id)

    @property
    def ref(self) -> str:
        """The party's public id within the contract."""
        return public_id(PARTY, self.id)


@dataclass(frozen=True, slots=True)
class Draft:
    """A contract to be. `terms` is what everybody is shown, `particulars` what comes with it."""

    kind: str
    subject_id: UUID
    template: Template
    terms: Mapping[str, str]
    particulars: Mapping[str, str]
    tables: Mapping[str, Sequence[Block]]
    parties: Sequence[Party]
    sign_by: datetime
    id: UUID = field(default_factory=new_id)

    @property
    def number(self) -> str:
        """The contract's public id, which stands on every page."""
        return public_id(NUMBER, self.id)


def paper(
    template: Template,
    values: Mapping[str, str],
    tables: Mapping[str, Sequence[Block]],
    *,
    issuer: str,
    reference: str,
) -> bytes:
    """Return a filled template as a file; the same words give the same bytes."""
    blocks = fill(template, values, tables)
    return write(
        Paper(
            title=template.title,
            issuer=issuer,
            reference=reference,
            page_words=page_words(template),
            language=template.language,
            blocks=blocks,
        )
    )


def page_words(template: Template) -> Callable[[int, int], str]:
    """Return how the template says which page it is."""
    return lambda number, pages: template.page.format(number=number, pages=pages)


@step
def draft(wanted: Draft, *, issuer: str, actor: Actor, now: datetime) -> UUID:
    """Write a contract down and freeze it; one that is there already is left as it is."""
    if (there := locked_of(wanted.subject_id)) is not None:
        return there.id
    _keep_template(wanted.template)
    values = {**wanted.terms, **wanted.particulars}
    content = paper(wanted.template, values, wanted.tables, issuer=issuer, reference=wanted.number)
    db.session.add(_row(wanted, content, now))
    db.session.flush()
    db.session.add_all(_party(wanted.id, n, each) for n, each in enumerate(wanted.parties, 1))
    db.session.flush()
    transitions.record(
        "contract",
        wanted.id,
        move="draft",
        from_state=ContractState.DRAFTED.value,
        to_state=ContractState.DRAFTED.value,
        actor=actor,
        at=now,
    )
    announce(ContractDrafted(wanted.id, wanted.subject_id, wanted.kind))
    return wanted.id


@step
def void(subject_id: UUID, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take back the contract of a thing that is not to be, whoever had agreed; none is fine."""
    contract = locked_of(subject_id)
    if contract is None:
        return
    move_contract(contract, "void", by="house", actor=actor, at=now, reason=reason)
    contract.voided_at, contract.void_reason = now, reason
    asking = _open_signing(contract.id)
    if asking is not None:
        execute(
            "UPDATE contract_signing SET state = 'called_off', finished_at = %s WHERE id = %s",
            (now, asking),
        )
    db.session.flush()


def _open_signing(contract_id: UUID) -> UUID | None:
    found: UUID | None = scalar(
        "SELECT id FROM contract_signing WHERE contract_id = %s"
        " AND state NOT IN ('done', 'called_off') FOR UPDATE",
        (contract_id,),
    )
    return found


@step
def _keep_template(template: Template) -> None:
    """Keep the words of a version once; other words under the same number are an error."""
    execute(
        """
        INSERT INTO contract_template (code, version, language, title, body, digest)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (
            *(template.code, template.version, template.language),
            *(template.title, template.body, template.digest),
        ),
    )
    kept = scalar(
        "SELECT digest FROM contract_template WHERE code = %s AND version = %s AND language = %s",
        (template.code, template.version, template.language),
    )
    if kept != template.digest:
        raise Broken(f"{template.code} {template.version} has other words than it was kept with")


def _row(wanted: Draft, content: bytes, now: datetime) -> Contract:
    return Contract(
        id=wanted.id,
        kind=wanted.kind,
        subject_id=wanted.subject_id,
        template_code=wanted.template.code,
        template_version=wanted.template.version,
        template_language=wanted.template.language,
        state=ContractState.DRAFTED.value,
        title=wanted.template.title,
        terms=dict(wanted.terms),
        terms_hash=terms_hash(wanted.template, wanted.terms),
        document_key=files.store(content, "application/pdf", shelf=files.PRIVATE),
        document_hash=hashlib.sha256(content).hexdigest(),
        drafted_at=now,
        sign_by=wanted.sign_by,
    )


def _party(contract_id: UUID, position: int, each: Party) -> ContractParty:
    consent = each.consent
    return ContractParty(
        id=each.id,
        contract_id=contract_id,
        position=position,
        role=each.role,
        person_id=each.person_id,
        name=each.name,
        share_minor=each.share.minor if each.share else None,
        currency=each.share.currency if each.share else None,
        how=consent.how.value if consent else None,
        agreed_at=consent.at if consent else None,
        session_hash=consent.session if consent else None,
        address_hash=consent.address if consent else None,
        shown_hash=consent.shown_hash if consent else None,
    )
