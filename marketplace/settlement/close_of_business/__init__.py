"""The close of business: each day's late charges, lateness, alerts and proof, for every loan.

Progress is a day per loan and one commit a chunk: what is killed goes on where it stood, and a
day that is closed stays as it is. A day is closed as it begins: its charges are for the night
before, its payments are yet to come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from marketplace.infra.commands import rehearsing
from marketplace.infra.database import scalar
from marketplace.settlement.close_of_business import accrual, alerts, proofs
from marketplace.settlement.close_of_business.accrual import Chunk
from marketplace.settlement.close_of_business.proofs import Proof
from marketplace.settlement.lines import Line

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed day, and what closing it did just now."""

    proof: Proof
    loans: int
    charges: int
    alerts: int


def close_missing_days(now: datetime) -> list[Line]:
    """Close every day up to today that is not closed yet (the stage of a settlement run)."""
    closed = [close(day, now) for day in missing_days(now.date())]
    return [_line(one) for one in closed if one.loans]


def missing_days(until: date) -> list[date]:
    """Return the days up to `until` that are not closed; where no loan runs only the last one."""
    last = proofs.last_closed()
    if last is not None and last >= until:
        return []
    if last is None or not scalar(_ANY_LOAN):
        return [until]
    return [last + _DAY * n for n in range(1, (until - last).days + 1)]


_ANY_LOAN: Final = "SELECT EXISTS (SELECT FROM loan WHERE state = 'active')"


def close(on: date, now: datetime, *, limit: int = accrual.CHUNK) -> Closed:
    """Close one day for all loans, or finish closing it; commits a chunk of `limit` at a time."""
    loans = charges = told = 0
    proof = proofs.proof_of(on)
    while proof is None:  # once, unless a loan begins to run meanwhile
        for chunk in _chunks(on, now, limit):
            loans, charges = loans + chunk.loans, charges + chunk.charges
        told += sum(_alerts(on, now))
        proof = proofs.prove(on, now)
    if not rehearsing():
        proofs.write_file(proof)
    return Closed(proof, loans, charges, told)


def _chunks(on: date, now: datetime, limit: int) -> Iterator[Chunk]:
    """First the loans nobody works on, then, waiting for each, those that were passed over."""
    for wait in (False, True):
        after, is_last = None, not proofs.any_open(on)
        while not is_last:
            chunk = accrual.close_chunk(on, now, after=after, wait=wait, limit=limit)
            yield chunk
            after, is_last = chunk.last_id, chunk.loans < limit


def _alerts(on: date, now: datetime) -> Iterator[int]:
    """Tell everybody who is to be told, a transaction for each batch of them."""
    told = alerts.BATCH
    while told >= alerts.BATCH:
        told = alerts.alert_chunk(on, now)
        yield told


def _line(closed: Closed) -> Line:
    note = f"{closed.loans} loans, {closed.charges} charges, {closed.alerts} alerts"
    return Line("day.closed", closed.proof.on_date.isoformat(), None, None, note)
