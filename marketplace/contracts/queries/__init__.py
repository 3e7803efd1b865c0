"""Reads: contracts, their parties, what proves them. Frozen rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from marketplace.contracts.states import ContractState
from marketplace.infra.database import column, row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money

_CONTRACT: Final = """
    SELECT c.id, c.kind, c.subject_id, c.state, c.title, c.template_code, c.template_version,
        c.template_language, c.terms, c.terms_hash, c.document_key, c.document_hash, c.signed_key,
        c.signed_hash, c.drafted_at, c.sign_by, c.agreed_at, c.signed_at, c.voided_at,
        c.void_reason
    FROM contract c
"""


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One contract."""

    id: UUID
    kind: str
    subject_id: UUID
    state: str
    title: str
    template_code: str
    template_version: int
    template_language: str
    terms: dict[str, Any]
    terms_hash: str
    document_key: str
    document_hash: str
    signed_key: str | None
    signed_hash: str | None
    drafted_at: datetime
    sign_by: datetime
    agreed_at: datetime | None
    signed_at: datetime | None
    voided_at: datetime | None
    void_reason: str | None

    @property
    def number(self) -> str:
        """The public id, which stands on every page of the file."""
        return public_id("ct", self.id)

    @property
    def is_signed(self) -> bool:
        """Whether all seals are set and it counts."""
        return self.state == ContractState.SIGNED


@dataclass(frozen=True, slots=True)
class PartyRow:
    """One party of a contract."""

    id: UUID
    position: int
    role: str
    person_id: UUID | None
    name: str
    share_minor: int | None
    currency: str | None
    how: str | None
    agreed_at: datetime | None
    session_hash: str | None
    address_hash: str | None
    shown_hash: str | None
    certificate: str | None
    serial: str | None
    signature: str | None
    signed_at: datetime | None

    @property
    def ref(self) -> str:
        """The public id within the contract."""
        return public_id("cpt", self.id)

    @property
    def share(self) -> Money | None:
        """Their part, where they have one."""
        if self.share_minor is None or self.currency is None:
            return None
        return Money(self.share_minor, self.currency)


def contract(contract_id: UUID) -> ContractRow:
    """Return a contract; `NotFound` if there is none."""
    found = row(_CONTRACT + " WHERE c.id = %s", (contract_id,), into=ContractRow)
    if found is None:
        raise NotFound(str(contract_id))
    return found


def of_subject(subject_id: UUID) -> ContractRow | None:
    """Return the contract of a thing that counts, or None."""
    sql = _CONTRACT + " WHERE c.subject_id = %s AND c.state <> 'void'"
    return row(sql, (subject_id,), into=ContractRow)


def is_signed(subject_id: UUID) -> bool:
    """Whether the contract of a thing is signed by all and sealed."""
    sql = "SELECT EXISTS (SELECT FROM contract WHERE subject_id = %s AND state = 'signed')"
    return bool(scalar(sql, (subject_id,)))


def by_hash(digest: str) -> ContractRow | None:
    """Return the contract whose file, sealed or before, has this SHA-256."""
    sql = _CONTRACT + " WHERE c.signed_hash = %(it)s OR c.document_hash = %(it)s LIMIT 1"
    return row(sql, {"it": digest}, into=ContractRow)


def of_numbers(numbers: Iterable[UUID]) -> ContractRow | None:
    """Return the first contract among `numbers` that there is."""
    sql = _CONTRACT + " WHERE c.id = ANY(%s) ORDER BY c.id LIMIT 1"
    return row(sql, (list(numbers),), into=ContractRow)


def parties(contract_id: UUID) -> list[PartyRow]:
    """Return the parties of a contract, in their order."""
    return rows(
        """
        SELECT id, position, role, person_id, name, share_minor, currency, how, agreed_at,
            session_hash, address_hash, shown_hash, certificate, serial, signature, signed_at
        FROM contract_party WHERE contract_id = %s ORDER BY position
        """,
        (contract_id,),
        into=PartyRow,
    )


def is_party(contract_id: UUID, person_id: UUID) -> bool:
    """Whether a person is a party of a contract."""
    sql = "SELECT EXISTS (SELECT FROM contract_party WHERE contract_id = %s AND person_id = %s)"
    return bool(scalar(sql, (contract_id, person_id)))


def names_of(contract_id: UUID, role: str) -> list[str]:
    """Return the full names of the parties of one role; for who may know them."""
    sql = "SELECT name FROM contract_party WHERE contract_id = %s AND role = %s ORDER BY position"
    return column(sql, (contract_id, role))


def signed_with(person_id: UUID, subject_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the numbers of the signed contracts a person is a party of, by their subject."""
    found = rows(
        _CONTRACT
        + """ WHERE c.subject_id = ANY(%s) AND c.state = 'signed'
            AND EXISTS (SELECT FROM contract_party p
                WHERE p.contract_id = c.id AND p.person_id = %s)""",
        (list(subject_ids), person_id),
        into=ContractRow,
    )
    return {each.subject_id: each.number for each in found}


@dataclass(frozen=True, slots=True)
class Asking:
    """How the asking for seals stands."""

    state: str
    provider: str
    attempts: int
    planned_at: datetime
    due_at: datetime
    last_error: str | None


def asking(contract_id: UUID) -> Asking | None:
    """Return how the asking for a contract's seals stands; None before everybody agreed."""
    return row(
        """
        SELECT state, provider, attempts, planned_at, due_at, last_error
        FROM contract_signing WHERE contract_id = %s
        """,
        (contract_id,),
        into=Asking,
    )
