"""What lending brought a person, and how much money lay idle beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money

Change = tuple[date, int]


@dataclass(frozen=True, slots=True)
class _Day:
    on: date
    minor: int


_AT_WORK: Final = """
    SELECT "on", sum(minor)::bigint AS minor FROM (
        SELECT (coalesce(c.reserved_at, n.created_at) AT TIME ZONE 'UTC')::date AS "on",
            n.principal_minor AS minor
        FROM note n JOIN commitment c ON c.id = n.commitment_id
        WHERE n.lender_id = %(me)s AND n.currency = %(currency)s
        UNION ALL
        SELECT (s.distributed_at AT TIME ZONE 'UTC')::date, -s.principal_minor
        FROM note n JOIN repayment_share s ON s.note_id = n.id
        WHERE n.lender_id = %(me)s AND n.currency = %(currency)s
        UNION ALL
        SELECT (s.at AT TIME ZONE 'UTC')::date, s.recovered_minor - s.written_off_minor
        FROM note n JOIN note_loss s ON s.note_id = n.id
        WHERE n.lender_id = %(me)s AND n.currency = %(currency)s
        UNION ALL
        SELECT (reserved_at AT TIME ZONE 'UTC')::date, amount_minor FROM commitment
        WHERE lender_id = %(me)s AND currency = %(currency)s
          AND state IN ('in_reflection', 'reserved')
    ) changes GROUP BY "on" ORDER BY "on"
"""


def at_work(lender_id: UUID, currency: str) -> list[Change]:
    """Return by how much what I lent, or have ordered and paid, changed on each day."""
    found = rows(_AT_WORK, {"me": lender_id, "currency": currency}, into=_Day)
    return [(day.on, day.minor) for day in found]


def idle_share(wallet: Iterable[Change], working: Iterable[Change], until: date) -> Decimal | None:
    """Return the part of all money that lay in the wallet, over all days so far; None if none did.

    Both are changes of balances by day, in order. A day counts with what it ended with.
    """
    idle, busy = _unit_days(wallet, until), _unit_days(working, until)
    if idle + busy <= 0:
        return None
    return Decimal(idle) / Decimal(idle + busy)


def _unit_days(changes: Iterable[Change], until: date) -> int:
    """Return the sum of balances over all days up to `until`, that day included."""
    return sum(minor * ((until - on).days + 1) for on, minor in changes if on <= until)


@dataclass(frozen=True, slots=True)
class TaxYear:
    """What a calendar year (UTC) brought, and what it cost, in one currency."""

    year: int
    currency: str
    principal_minor: int
    interest_minor: int
    penalty_minor: int
    fee_minor: int
    written_off_minor: int
    recovered_minor: int

    def money(self, minor: int) -> Money:
        """Return an amount of this currency."""
        return Money(minor, self.currency)

    @property
    def income(self) -> Money:
        """Interest and late interest, before the fee."""
        return self.money(self.interest_minor + self.penalty_minor)

    @property
    def result(self) -> Money:
        """Income less fees and losses, with what was recovered."""
        less = self.fee_minor + self.written_off_minor
        return self.income - self.money(less) + self.money(self.recovered_minor)


_TAX_YEARS: Final = """
    SELECT extract(year FROM at AT TIME ZONE 'UTC')::int AS year, currency,
        sum(principal)::bigint AS principal_minor, sum(interest)::bigint AS interest_minor,
        sum(penalty)::bigint AS penalty_minor, sum(fee)::bigint AS fee_minor,
        sum(written_off)::bigint AS written_off_minor, sum(recovered)::bigint AS recovered_minor
    FROM (
        SELECT s.distributed_at AS at, n.currency, s.principal_minor AS principal,
            s.interest_minor AS interest, s.penalty_minor AS penalty, s.fee_minor AS fee,
            0 AS written_off, 0 AS recovered
        FROM note n JOIN repayment_share s ON s.note_id = n.id WHERE n.lender_id = %(me)s
        UNION ALL
        SELECT s.at, n.currency, 0, 0, 0, 0, s.written_off_minor, s.recovered_minor
        FROM note n JOIN note_loss s ON s.note_id = n.id WHERE n.lender_id = %(me)s
    ) happened GROUP BY 1, 2 ORDER BY 1 DESC, 2
"""


def tax_years(lender_id: UUID) -> list[TaxYear]:
    """Return every year in which something came back, the latest first."""
    return rows(_TAX_YEARS, {"me": lender_id}, into=TaxYear)


@dataclass(frozen=True, slots=True)
class Lent:
    """What I lent and got back in a span, and what was lent before and after it.

    `lost` is what was written off less what was recovered.
    """

    opening_minor: int
    lent_minor: int
    principal_minor: int
    interest_minor: int
    penalty_minor: int
    fee_minor: int
    lost_minor: int

    @property
    def closing_minor(self) -> int:
        """What I counted on at the end of what borrowers owed me."""
        return self.opening_minor + self.lent_minor - self.principal_minor - self.lost_minor


_LENT: Final = """
    WITH notes AS (
        SELECT id, principal_minor, created_at FROM note
        WHERE lender_id = %(me)s AND currency = %(currency)s AND created_at < %(until)s
    ), shares AS (
        SELECT s.*, s.distributed_at >= %(since)s AS within
        FROM notes n JOIN repayment_share s ON s.note_id = n.id
        WHERE s.distributed_at < %(until)s
    ), lent AS (
        SELECT coalesce(sum(principal_minor) FILTER (WHERE created_at < %(since)s), 0) AS before,
            coalesce(sum(principal_minor) FILTER (WHERE created_at >= %(since)s), 0) AS fresh
        FROM notes
    ), lost AS (
        SELECT coalesce(sum(minor) FILTER (WHERE at < %(since)s), 0) AS before,
            coalesce(sum(minor) FILTER (WHERE at >= %(since)s), 0) AS within
        FROM (SELECT s.at, s.written_off_minor - s.recovered_minor AS minor
            FROM notes n JOIN note_loss s ON s.note_id = n.id WHERE s.at < %(until)s) changes
    )
    SELECT (lent.before - lost.before
            - coalesce(sum(s.principal_minor) FILTER (WHERE NOT s.within), 0))::bigint
            AS opening_minor,
        lent.fresh::bigint AS lent_minor,
        coalesce(sum(s.principal_minor) FILTER (WHERE s.within), 0)::bigint AS principal_minor,
        coalesce(sum(s.interest_minor) FILTER (WHERE s.within), 0)::bigint AS interest_minor,
        coalesce(sum(s.penalty_minor) FILTER (WHERE s.within), 0)::bigint AS penalty_minor,
        coalesce(sum(s.fee_minor) FILTER (WHERE s.within), 0)::bigint AS fee_minor,
        lost.within::bigint AS lost_minor
    FROM lent CROSS JOIN lost LEFT JOIN shares s ON true
    GROUP BY lent.before, lent.fresh, lost.before, lost.within
"""


def lent(lender_id: UUID, currency: str, *, since: object, until: object) -> Lent:
    """Return my lending between two moments, from the one up to and without the other."""
    facts = {"me": lender_id, "currency": currency, "since": since, "until": until}
    found: Sequence[Lent] = rows(_LENT, facts, into=Lent)
    return found[0]
