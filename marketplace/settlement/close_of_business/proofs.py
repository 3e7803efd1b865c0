"""The proof of a closed day: what was counted, its sums, and a hash that names the day before.

The figures are kept in the database, once a day; the file under DATA_DIR says the same and is
written again should it be missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from psycopg.types.json import Jsonb

from marketplace.infra.commands import command
from marketplace.infra.database import execute, row, scalar
from marketplace.infra.events import announce
from marketplace.infra.settings import current_settings
from marketplace.settlement.events import DayClosed

SHELF: Final = "closings"


@dataclass(frozen=True, slots=True)
class Proof:
    """A closed day."""

    on_date: date
    closed_at: datetime
    figures: dict[str, Any]
    sha256: str

    @property
    def holds(self) -> bool:
        """Whether the hash is that of the figures."""
        return self.sha256 == _hash(self.figures)


def last_closed() -> date | None:
    """Return the latest day that is closed; None before the first."""
    found: date | None = scalar("SELECT max(on_date) FROM closing_day")
    return found


def proof_of(on: date) -> Proof | None:
    """Return the proof of a day; None where it is not closed."""
    return row("SELECT * FROM closing_day WHERE on_date = %s", (on,), into=Proof)


def any_open(on: date) -> bool:
    """Whether a loan runs that is not closed up to a day."""
    return bool(scalar(_UNCLOSED, {"on": on}))


@command
def prove(on: date, now: datetime) -> Proof | None:
    """Write a day's proof down once all its loans are closed; None while some are not."""
    execute("SELECT pg_advisory_xact_lock(hashtext('settlement.closing_day'))")
    if (known := proof_of(on)) is not None:
        return known
    if any_open(on):
        return None
    figures = dict(scalar(_FIGURES, {"on": on, "yesterday": on - timedelta(days=1)}))
    proof = Proof(on, now, figures, _hash(figures))
    execute(
        "INSERT INTO closing_day (on_date, closed_at, figures, sha256) VALUES (%s, %s, %s, %s)",
        (proof.on_date, proof.closed_at, Jsonb(proof.figures), proof.sha256),
    )
    announce(DayClosed(on))
    return proof


def write_file(proof: Proof) -> Path:
    """Write the proof's file, whole or not at all, unless it says so already; returns where."""
    place = current_settings().data_dir / SHELF / f"{proof.on_date.isoformat()}.json"
    text = _canonical({"figures": proof.figures, "sha256": proof.sha256})
    if not place.exists() or place.read_text() != text:
        place.parent.mkdir(parents=True, exist_ok=True)
        half_written = place.with_suffix(f".{os.getpid()}.part")
        half_written.write_text(text)
        half_written.replace(place)
    return place


def differences(one: Proof, other: Proof) -> list[tuple[str, Any, Any]]:
    """Return each figure that is not the same on both days, by its path."""
    before, after = dict(_flat(one.figures)), dict(_flat(other.figures))
    paths = sorted({*before, *after})
    found = [(path, before.get(path), after.get(path)) for path in paths]
    return [(path, was, now) for path, was, now in found if was != now]


def _hash(figures: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(figures).encode()).hexdigest()


def _canonical(figures: Mapping[str, Any]) -> str:
    return json.dumps(figures, sort_keys=True, indent=1) + "\n"


def _flat(figures: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in figures.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


_UNCLOSED: Final = """
    SELECT EXISTS (SELECT FROM loan
        WHERE state = 'active' AND coalesce(last_closed_on, disbursed_on) < %(on)s)
"""

# Every sum is of one currency. `standing` is over one line a loan: who differs between two
# copies of a database is found by comparing those lines.
_FIGURES: Final = """
    SELECT jsonb_build_object(
        'day', %(on)s::date,
        'previous', (SELECT sha256 FROM closing_day WHERE on_date < %(on)s
            ORDER BY on_date DESC LIMIT 1),
        'loans', (SELECT coalesce(jsonb_object_agg(currency, facts), '{}') FROM (
            SELECT l.currency, jsonb_build_object('active', count(*),
                'late', count(*) FILTER (WHERE l.days_past_due > 0),
                'outstanding_minor', sum(l.amount_minor - l.principal_repaid_minor),
                'overdue_minor', coalesce(sum(late.minor), 0)) AS facts
            FROM loan l LEFT JOIN (
                SELECT loan_id, sum(principal_minor + interest_minor - paid_minor) AS minor
                FROM instalment
                WHERE due_on < %(on)s AND paid_minor < principal_minor + interest_minor
                GROUP BY loan_id
            ) late ON late.loan_id = l.id
            WHERE l.state = 'active' GROUP BY l.currency) AS of_currency),
        'buckets', (SELECT coalesce(jsonb_object_agg(bucket, loans), '{}') FROM (
            SELECT bucket, count(*) AS loans FROM loan WHERE state = 'active' GROUP BY bucket
            ) AS of_bucket),
        'charges', (SELECT coalesce(jsonb_object_agg(kind || ' ' || currency, facts), '{}') FROM (
            SELECT c.kind, l.currency, jsonb_build_object('rows', count(*),
                'minor', sum(c.amount_minor)) AS facts
            FROM loan_charge c JOIN loan l ON l.id = c.loan_id WHERE c.on_date = %(on)s
            GROUP BY c.kind, l.currency) AS of_kind),
        'receipts_of_yesterday', (
            SELECT coalesce(jsonb_object_agg(currency, facts), '{}') FROM (
            SELECT currency, jsonb_build_object('rows', count(*), 'minor', sum(amount_minor),
                'principal_minor', sum(principal_minor), 'interest_minor', sum(interest_minor),
                'penalty_minor', sum(penalty_minor), 'fee_minor', sum(fee_minor),
                'overpaid_minor', sum(overpaid_minor)) AS facts
            FROM receipt WHERE received_at >= %(yesterday)s::timestamp AT TIME ZONE 'UTC'
                AND received_at < %(on)s::timestamp AT TIME ZONE 'UTC'
            GROUP BY currency) AS of_currency),
        'alerts', (SELECT coalesce(jsonb_object_agg(kind, alerts), '{}') FROM (
            SELECT kind, count(*) AS alerts FROM arrears_alert WHERE on_date = %(on)s
            GROUP BY kind) AS of_kind),
        'standing', (SELECT encode(sha256(coalesce(string_agg(
                concat_ws(' ', id, amount_minor - principal_repaid_minor, days_past_due, bucket),
                E'\\n' ORDER BY id), '')::bytea), 'hex')
            FROM loan WHERE state = 'active')
    )
"""
