"""Whom and what money is about: owners of accounts and causes of journals, named and linked.

A cause is written `loan:<uuid>`; an account's owner has a type of the same words. Persons see
their own pledges and notes; the desk sees what the ledger says about them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import url_for

from marketplace.infra.database import rows
from marketplace.kernel.ids import public_id
from marketplace.web.guards import may

PREFIXES: Final = {
    "person": "per",
    "campaign": "cmp",
    "pledge": "pl",
    "loan": "ln",
    "commitment": "cmt",
    "note": "nt",
    "bill": "bil",
    "instruction": "ins",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing money is about. `name` is what people call it."""

    type: str
    id: UUID
    name: str

    @property
    def ref(self) -> str:
        """Its public id."""
        return reference(self.type, self.id)


_NAMES: Final = """
    SELECT 'person' AS type, id, name FROM person WHERE id = ANY(%(ids)s)
    UNION ALL SELECT 'campaign', id, title FROM campaign WHERE id = ANY(%(ids)s)
    UNION ALL SELECT 'loan', id, title FROM loan WHERE id = ANY(%(ids)s)
    UNION ALL SELECT 'pledge', p.id, b.name || ' → ' || c.title FROM pledge p
        JOIN person b ON b.id = p.backer_id JOIN campaign c ON c.id = p.campaign_id
        WHERE p.id = ANY(%(ids)s)
    UNION ALL SELECT 'commitment', m.id, p.name || ' → ' || l.title FROM commitment m
        JOIN person p ON p.id = m.lender_id JOIN loan l ON l.id = m.loan_id
        WHERE m.id = ANY(%(ids)s)
    UNION ALL SELECT 'note', n.id, p.name || ' → ' || l.title FROM note n
        JOIN person p ON p.id = n.lender_id JOIN loan l ON l.id = n.loan_id
        WHERE n.id = ANY(%(ids)s)
    UNION ALL SELECT 'bill', b.id, p.name || ' → ' || l.title || ', ' || b.n FROM bill b
        JOIN person p ON p.id = b.borrower_id JOIN loan l ON l.id = b.loan_id
        WHERE b.id = ANY(%(ids)s)
    UNION ALL SELECT 'instruction', id, description FROM escrow_instruction
        WHERE id = ANY(%(ids)s)
"""


def named(ids: Iterable[UUID | None]) -> dict[UUID, Subject]:
    """Return what these ids are, in one query; what is nothing of ours is left out."""
    wanted = list({each for each in ids if each is not None})
    if not wanted:
        return {}
    return {each.id: each for each in rows(_NAMES, {"ids": wanted}, into=Subject)}


def reference(kind: str, subject_id: UUID) -> str:
    """Return the public id of a thing; a UUID where its kind has none."""
    return public_id(PREFIXES[kind], subject_id) if kind in PREFIXES else str(subject_id)


def of_cause(cause: str) -> tuple[str, UUID | None]:
    """Return the kind and the id a cause is about."""
    kind, _, text = cause.partition(":")
    try:
        return kind, UUID(text)
    except ValueError:
        return kind, None


def cause_text(cause: str) -> str:
    """Return a cause as people read it: the public id where it has one."""
    kind, subject_id = of_cause(cause)
    if subject_id is None or kind not in PREFIXES:
        return cause
    return reference(kind, subject_id)


def causes_of(subject_id: UUID, prefix: str) -> str | None:
    """Return the cause under which the ledger knows the thing with this public id."""
    kinds = {short: kind for kind, short in PREFIXES.items()}
    return f"{kinds[prefix]}:{subject_id}" if prefix in kinds else None


def page_of(subject: Subject) -> str | None:
    """Return the page about a thing that the desk may open; None where there is none."""
    match subject.type:
        case "campaign":
            return url_for("campaigns.project", ref=subject.ref)
        case "loan":
            return url_for("loans.loan", ref=subject.ref)
        case "person" if may("people.manage"):
            return url_for("people.person", ref=subject.ref)
        case "instruction":
            return url_for("finance.instruction", ref=subject.ref)
        case _:
            return None
