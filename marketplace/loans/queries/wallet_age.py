"""How old the money in wallets is: the oldest is spent first, so what is there is the newest.

Each amount keeps the day on which somebody paid it in to the provider, through whatever it was
since: a repayment shared out is as old as the bill's payment, a pledge that no card took back as
old as the pledge's. What was lent and came back unlent counts as never spent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from marketplace.escrow import queries as escrow
from marketplace.escrow.limits import usable_days
from marketplace.infra.database import rows
from marketplace.kernel.money import Money
from marketplace.loans.funding import may_stay

# What was taken out of a wallet and put back by the same reason: left out on both sides. Most of
# what comes into wallets is repayments, which put nothing back: their journals are not looked at.
_IS_NEW: Final = """
    CASE t.code WHEN 'repayment' THEN true ELSE (
        SELECT split_part(j.operation_id, ':', 1) NOT IN ('settlement.unfunded',
            'settlement.unstranded', 'loans.reflected')
        FROM ledger_journal j WHERE j.id = t.journal_id)
    END
"""

# What is in wallets, of the accounts `a` that are `whose`. A repayment is shared out to many
# wallets by one journal: its age is looked up once for all of them.
_LOTS_OF_ACCOUNTS: Final = f"""
    SELECT lot.person_id, lot.currency, lot.amount_minor,
        (coalesce(paid.finished_at, first.finished_at, billed.finished_at, came.happened_at)
            AT TIME ZONE 'UTC')::date AS paid_on,
        coalesce(paid.leave_by, first.leave_by, billed.leave_by, r.leave_by,
            -- What could not be paid to a sponsor comes here on its last day.
            CASE WHEN came.verb = 'settlement.payable_to_wallet'
                THEN (came.happened_at AT TIME ZONE 'UTC')::date END,
            (came.happened_at AT TIME ZONE 'UTC')::date + %(usable_days)s::int) AS leave_by
    FROM (
        SELECT people, currencies, amounts, happened_at, verb,
            CASE WHEN verb IN ('escrow.charged', 'settlement.repayment',
                'campaigns.refund_to_wallet', 'loans.refund_to_wallet')
                THEN split_part(operation_id, ':', 2)::uuid END AS about
        FROM (
            SELECT used.*, j.happened_at, j.operation_id,
                split_part(j.operation_id, ':', 1) AS verb
            FROM (
                SELECT journal_id, array_agg(person_id) AS people,
                    array_agg(currency) AS currencies,
                    array_agg(least(amount, balance - newer)) AS amounts
                FROM (
                    SELECT a.owner_id AS person_id, a.currency, t.journal_id, t.amount,
                        b.credits_posted - b.debits_posted AS balance,
                        coalesce(sum(t.amount) OVER (PARTITION BY a.id
                            ORDER BY t.journal_id DESC, t.line DESC
                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS newer
                    FROM ledger_account a
                    JOIN ledger_balance b
                        ON b.account_id = a.id AND b.credits_posted > b.debits_posted
                    JOIN ledger_transfer t
                        ON t.credit_account = a.id AND t.phase IN ('single', 'post')
                    WHERE a.kind = 'person:wallet' AND {{whose}} AND {_IS_NEW}
                ) credit WHERE newer < balance GROUP BY journal_id
            ) used JOIN ledger_journal j ON j.id = used.journal_id
        ) journal
    ) came
    -- Asked so, only what can be there is looked up.
    LEFT JOIN escrow_instruction paid
        ON paid.id = CASE WHEN came.verb = 'escrow.charged' THEN came.about END
    LEFT JOIN escrow_instruction back
        ON back.id = CASE WHEN came.verb LIKE '%%.refund_to_wallet' THEN came.about END
    LEFT JOIN escrow_instruction first ON first.id = back.of_id
    LEFT JOIN receipt r
        ON r.id = CASE WHEN came.verb = 'settlement.repayment' THEN came.about END
    LEFT JOIN escrow_instruction billed ON billed.id = r.instruction_id
    CROSS JOIN LATERAL unnest(came.people, came.currencies, came.amounts)
        AS lot (person_id, currency, amount_minor)
"""  # noqa: S608 - our own constants

# A plan that is kept serves one of them only: who asks for few must not read all wallets.
LOTS: Final = _LOTS_OF_ACCOUNTS.format(
    whose="(%(people)s::uuid[] IS NULL OR a.owner_id = ANY(%(people)s))"
)
_LOTS_OF_PEOPLE: Final = _LOTS_OF_ACCOUNTS.format(whose="a.owner_id = ANY(%(people)s::uuid[])")


@dataclass(frozen=True, slots=True)
class Lot:
    """Money of one day in a wallet: what is left of it, and by when it must leave."""

    person_id: UUID
    currency: str
    amount_minor: int
    paid_on: date
    leave_by: date

    @property
    def amount(self) -> Money:
        """What is left."""
        return Money(self.amount_minor, self.currency)


def facts(person_id: UUID | None = None) -> dict[str, Any]:
    """Return what `LOTS` asks for: of one person, or of everybody."""
    return {
        "person": person_id,
        "people": None if person_id is None else [person_id],
        "usable_days": usable_days(escrow.terms().holding_limit_days),
    }


def lots(person_id: UUID, currency: str | None = None) -> list[Lot]:
    """Return what is in a person's wallets, or in one of them, the oldest first."""
    return [lot for lot in lots_of([person_id]) if currency in {None, lot.currency}]


def lots_of(people: Collection[UUID]) -> list[Lot]:
    """Return what is in the wallets of these people, the oldest first."""
    asked = facts() | {"people": list(people)}
    return rows(f"{_LOTS_OF_PEOPLE} ORDER BY leave_by, paid_on", asked, into=Lot)


def first_to_leave(person_id: UUID, currency: str) -> Lot | None:
    """Return what of a wallet must leave first, all of one last day together; None if empty."""
    found = lots(person_id, currency)
    if not found:
        return None
    minor = sum(lot.amount_minor for lot in found if lot.leave_by == found[0].leave_by)
    return replace(found[0], amount_minor=minor)


def too_old(held: Sequence[Lot], needed_until: date) -> Lot | None:
    """Return all that may not be lent for so long, together, by its last day; None if all may.

    What is there longest is lent first: until that much has left, the rest cannot be lent either.
    """
    stale = [lot for lot in held if not may_stay(lot.leave_by, needed_until)]
    if not stale:
        return None
    last = max(stale, key=lambda lot: lot.leave_by)
    return replace(last, amount_minor=sum(lot.amount_minor for lot in stale))


def oldest(person_id: UUID, currency: str) -> date | None:
    """Return by when the oldest money in a wallet must leave; None where nothing is in it."""
    return oldest_of([person_id], currency).get(person_id)


@dataclass(frozen=True, slots=True)
class _Oldest:
    person_id: UUID
    leave_by: date


def oldest_of(people: Collection[UUID], currency: str) -> dict[UUID, date]:
    """Return by when the oldest money in each wallet must leave; empty wallets are left out."""
    sql = f"""
        SELECT person_id, min(leave_by) AS leave_by FROM ({_LOTS_OF_PEOPLE}) AS held
        WHERE currency = %(currency)s GROUP BY person_id
    """  # noqa: S608 - our own constant
    asked = facts() | {"people": list(people), "currency": currency}
    return {one.person_id: one.leave_by for one in rows(sql, asked, into=_Oldest)}
