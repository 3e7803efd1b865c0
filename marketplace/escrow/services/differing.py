"""Differences between ledger and provider: kept, taken in hand, and explained by two officers.

An explained difference has an entry in `suspense` that makes both sides equal. The light is green
again, and suspense shows what is still not understood. When the disagreement itself ends (the
provider corrects it, a lost notice arrives) the entry is taken back by the next proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow import queries
from marketplace.escrow.checks import Difference
from marketplace.escrow.entries import Proposal
from marketplace.escrow.events import DifferenceStands
from marketplace.escrow.queries import differences
from marketplace.escrow.queries.differences import COLUMNS, SELECT, DifferenceRow
from marketplace.escrow.states import PAYMENTS
from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.database import execute, row, rows, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, Stale
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move

ALARM_AFTER: Final = timedelta(hours=24)
NOTE_MAX: Final = 500

_KEY: Final = "provider, type, currency, here_minor, there_minor, provider_ref, instruction_id"
_KEEP: Final = f"""
    INSERT INTO escrow_difference (id, {_KEY}, since, first_seen_at, last_seen_at)
    VALUES (%(id)s, %(provider)s, %(type)s, %(currency)s, %(here)s, %(there)s, %(ref)s,
        %(instruction)s, %(since)s, %(now)s, %(now)s)
    ON CONFLICT ({_KEY}) WHERE gone_at IS NULL DO UPDATE SET last_seen_at = excluded.last_seen_at
    RETURNING id
"""  # noqa: S608 - our own constants
_GONE: Final = """
    UPDATE escrow_difference SET gone_at = %(now)s
    WHERE provider = %(provider)s AND gone_at IS NULL AND NOT id = ANY(%(seen)s)
"""
_ALARM: Final = f"""
    UPDATE escrow_difference d SET alarmed_at = %(now)s
    WHERE d.provider = %(provider)s AND d.gone_at IS NULL AND d.explained_at IS NULL
        AND d.alarmed_at IS NULL AND d.first_seen_at <= %(before)s
    RETURNING {COLUMNS}
"""  # noqa: S608 - our own constants
_ACTOR: Final = "reconciliation"


@step
def keep(provider: str, found: Sequence[Difference], now: datetime) -> None:
    """Write down what a proof found, end what it no longer found, tell what stands too long."""
    seen = [_keep(provider, each, now) for each in found]
    execute(_GONE, {"provider": provider, "seen": seen, "now": now})
    standing = {"provider": provider, "now": now, "before": now - ALARM_AFTER}
    for each in rows(_ALARM, standing, into=DifferenceRow):
        announce(
            DifferenceStands(
                each.id,
                each.type,
                each.currency,
                each.here_minor,
                each.there_minor,
                each.provider_ref or "",
                each.first_seen_at,
            )
        )


@command
def take_back(provider: str, lines: Sequence[Difference], now: datetime) -> int:
    """Take back the entries of explained differences that `lines` no longer holds; how many."""
    found = {_key(each) for each in lines}
    over = [each for each in differences.explained(provider) if _key(each) not in found]
    for each in over:
        ledger.reverse(
            f"escrow.explained_over:{each.id}",
            f"escrow.explained:{each.id}",
            actor=_ACTOR,
            happened_at=now,
        )
        execute(
            "UPDATE escrow_difference SET gone_at = %(now)s WHERE id = %(id)s",
            {"now": now, "id": each.id},
        )
    return len(over)


def unexplained(provider: str, found: Sequence[Difference]) -> list[Difference]:
    """Return those of `found` that no entry explains."""
    explained = {_key(each) for each in differences.explained(provider)}
    return [each for each in found if _key(each) not in explained]


@command
def take(officer: Actor, difference_id: UUID, now: datetime) -> None:
    """Make `officer` the one who looks after a difference."""
    _open(difference_id)
    execute(
        "UPDATE escrow_difference SET owner_id = %(owner)s WHERE id = %(id)s",
        {"owner": officer.person_id, "id": difference_id},
    )
    audit.record(officer, "difference.taken", "difference", difference_id, at=now)


@command
def propose(officer: Actor, difference_id: UUID, *, note: str, now: datetime) -> None:
    """Propose to book a difference to suspense; another officer must approve it.

    Refused (`not_bookable`) where no entry is called for, and (`not_available_yet`) while the
    provider itself still keeps the money back.
    """
    found, note = _open(difference_id), " ".join(note.split())
    if not note:
        raise Refusal("note_needed", field="note")
    if len(note) > NOTE_MAX:
        raise Refusal("note_too_long", field="note", most=NOTE_MAX)
    _entry(found, now)
    execute(
        "UPDATE escrow_difference SET note = %(note)s, proposed_by = %(by)s, proposed_at = %(now)s,"
        " owner_id = coalesce(owner_id, %(by)s) WHERE id = %(id)s",
        {"note": note, "by": officer.person_id, "now": now, "id": difference_id},
    )
    audit.record(officer, "difference.proposed", "difference", difference_id, at=now, note=note)


@command
def approve(officer: Actor, difference_id: UUID, now: datetime, *, read: str) -> None:
    """Book what another officer proposed. Refused (`same_person`) for whoever proposed it.

    `read` is the mark of the proposal that was read: another one made since is `proposal_changed`.
    """
    found = _open(difference_id)
    if found.proposed_by is None:
        raise Stale(f"nothing is proposed for {difference_id}")
    if found.proposal_mark != read:
        raise Refusal("proposal_changed")
    if found.proposed_by == officer.person_id:
        raise Refusal("same_person")
    _book(found, _entry(found, now), now)
    execute(
        "UPDATE escrow_difference SET explained_by = %(by)s, explained_at = %(now)s"
        " WHERE id = %(id)s",
        {"by": officer.person_id, "now": now, "id": difference_id},
    )
    audit.record(officer, "difference.explained", "difference", difference_id, at=now)


@command
def reject(officer: Actor, difference_id: UUID, now: datetime) -> None:
    """Take a proposal off the table, one's own or another's."""
    if _open(difference_id).proposed_by is None:
        raise Stale(f"nothing is proposed for {difference_id}")
    execute(
        "UPDATE escrow_difference SET proposed_by = NULL, proposed_at = NULL WHERE id = %(id)s",
        {"id": difference_id},
    )
    audit.record(officer, "difference.rejected", "difference", difference_id, at=now)


def _keep(provider: str, each: Difference, now: datetime) -> UUID:
    kept: UUID = scalar(
        _KEEP,
        {
            "id": new_id(),
            "provider": provider,
            "type": each.type,
            "currency": each.currency,
            "here": each.here_minor,
            "there": each.there_minor,
            "ref": each.provider_ref,
            "instruction": each.instruction_id,
            "since": each.since,
            "now": now,
        },
    )
    return kept


def _open(difference_id: UUID) -> DifferenceRow:
    found = row(
        f"{SELECT} WHERE d.id = %(id)s FOR UPDATE",
        {"id": difference_id},
        into=DifferenceRow,
    )
    if found is None:
        raise NotFound(str(difference_id))
    if found.gone_at is not None or found.explained_at is not None:
        raise Stale(f"difference {difference_id} is settled")
    return found


def _entry(found: DifferenceRow, now: datetime) -> Proposal:
    proposal = found.proposal(now)
    if not proposal.is_bookable:
        raise Refusal("not_bookable")
    at = differences.available_at(found.provider, found.provider_ref or "")
    if at is not None and at > now:
        raise Refusal("not_available_yet", at=at)
    return proposal


@step
def _book(found: DifferenceRow, proposal: Proposal, now: datetime) -> None:
    cash = ledger.account(f"provider:{found.provider}:{_part(found)}", found.currency)
    suspense = ledger.account("suspense", found.currency)
    debit, credit = (cash, suspense) if proposal.minor > 0 else (suspense, cash)
    ledger.post(
        f"escrow.explained:{found.id}",
        [Move(debit, credit, Money(abs(proposal.minor), found.currency), "difference")],
        cause=f"difference:{found.id}",
        actor=_ACTOR,
        happened_at=now,
    )


def _part(found: DifferenceRow) -> str:
    """Return where the provider's cash is wrong: what was paid in is booked as pending first."""
    if found.instruction_id is None or found.type == "missing_here":
        return "available"
    asked = queries.instruction(found.instruction_id)
    return "pending" if asked.kind in PAYMENTS else "available"


def _key(each: Difference | DifferenceRow) -> tuple[object, ...]:
    return (
        each.type,
        each.currency,
        each.here_minor,
        each.there_minor,
        each.provider_ref,
        each.instruction_id,
    )
