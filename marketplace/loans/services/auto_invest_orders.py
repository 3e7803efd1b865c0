"""Auto-invest at work: listings are matched with the rules in line, and parts ordered for them.

Matching only proposes. Each order is a command of its own: it locks its lender and its rule,
judges again by what is there then, and takes the part as the lender's own click would. So nothing
is over-subscribed, no cap broken and nothing done twice, however many runs there are at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.contracts.consents import How
from marketplace.identity import queries as identity
from marketplace.infra.commands import command, step
from marketplace.infra.crypto import digest
from marketplace.infra.database import execute, scalar
from marketplace.kernel.errors import NotFound, Refusal, Stale
from marketplace.kernel.ids import PersonId
from marketplace.kernel.money import Money
from marketplace.loans.matching import Listing, Matched, Order, Reason, Rule, match
from marketplace.loans.queries import auto_invest_line as line
from marketplace.loans.services import consenting, investing, limiting


@dataclass(frozen=True, slots=True)
class Filled:
    """What one run did."""

    orders: int
    refused: int


def fill(now: datetime) -> Filled:
    """Match every open listing with every rule in line, and place the orders."""
    rules, listings = line.waiting_rules(), line.open_listings(now)
    ordered = refused = 0
    for currency in sorted({rule.currency for rule in rules}):
        for found in _matched(rules, listings, currency, now):
            for order in found.orders:
                placed = _try(order, currency, now)
                ordered, refused = ordered + placed, refused + (not placed)
            _note(found.loan_id, found.left_out, now=now)
    return Filled(ordered, refused)


def _matched(
    rules: Sequence[Rule], listings: Sequence[Listing], currency: str, now: datetime
) -> list[Matched]:
    """Match within a currency; wallets are counted by currency."""
    some = [rule for rule in rules if rule.currency == currency]
    them = [listing for listing in listings if listing.currency == currency]
    if not them:
        return []
    return list(match(them, some, line.means(some, them, currency, now)))


def _try(order: Order, currency: str, now: datetime) -> bool:
    """Place an order, or write down why it could not be placed."""
    try:
        return place(order, currency, now=now)
    except Refusal as refusal:
        _note(order.loan_id, [(order.rule_id, refusal.code)], now=now)
    except (Stale, NotFound):
        _note(order.loan_id, [(order.rule_id, Reason.QUEUE)], now=now)
    return False


@command
def place(order: Order, currency: str, *, now: datetime) -> bool:
    """Take a part for a rule; False where it is not to have one any more."""
    limiting.one_order_at_a_time(order.lender_id)
    rule = line.waiting_rule(order.rule_id)
    if rule is None or scalar(_SERVED, (order.lender_id, order.loan_id)):
        return False
    amount = _allowed(rule, order, currency, now)
    lender = identity.person(PersonId(order.lender_id))
    if amount is None or lender is None:
        return False
    key = f"auto:{rule.id}:{order.loan_id}"
    placed = investing.take_from_wallet(
        lender.as_actor(),
        order.loan_id,
        amount=amount,
        consent=consenting.to_terms_of(order.loan_id, How.MANDATE, at=now, session=digest(key)),
        form_key=key,
        now=now,
    )
    facts = (rule.id, order.loan_id, rule.lender_id, amount.minor, placed.commitment_id, now)
    execute(_ORDERED, facts)
    execute("UPDATE auto_invest_rule SET waiting_since = %s WHERE id = %s", (now, rule.id))
    return True


@step
def _allowed(rule: Rule, order: Order, currency: str, now: datetime) -> Money | None:
    """Judge once more, with rule and lender locked: the order, or less of it, or nothing."""
    listings = line.open_listings(now, order.loan_id)
    means = line.means([rule], listings, currency, now)
    for found in match(listings, [rule], means):
        if found.orders:
            return Money(min(found.orders[0].amount_minor, order.amount_minor), currency)
        _write(found.loan_id, found.left_out, now)
    return None


_SERVED = """
    SELECT EXISTS (SELECT FROM auto_invest_outcome
        WHERE lender_id = %s AND loan_id = %s AND outcome = 'ordered')
"""
_ORDERED = """
    INSERT INTO auto_invest_outcome
        (rule_id, loan_id, lender_id, outcome, amount_minor, commitment_id, at)
    VALUES (%s, %s, %s, 'ordered', %s, %s, %s)
    ON CONFLICT (rule_id, loan_id) DO UPDATE SET outcome = 'ordered',
        amount_minor = excluded.amount_minor, commitment_id = excluded.commitment_id,
        at = excluded.at
"""
# Only what is news is written: the same reason again stays as it was first told.
_LEFT_OUT = """
    INSERT INTO auto_invest_outcome (rule_id, loan_id, lender_id, outcome, at)
    SELECT r.id, %(loan)s, r.lender_id, told.outcome, %(now)s
    FROM unnest(%(rules)s::uuid[], %(outcomes)s::text[]) AS told (rule_id, outcome)
    JOIN auto_invest_rule r ON r.id = told.rule_id
    LEFT JOIN auto_invest_outcome o ON o.rule_id = r.id AND o.loan_id = %(loan)s
    WHERE o.outcome IS DISTINCT FROM told.outcome AND o.outcome IS DISTINCT FROM 'ordered'
    ORDER BY r.id
    ON CONFLICT (rule_id, loan_id) DO UPDATE SET outcome = excluded.outcome, at = excluded.at
    WHERE auto_invest_outcome.outcome <> 'ordered'
"""


def _note(loan_id: UUID, left_out: Sequence[tuple[UUID, str]], *, now: datetime) -> None:
    if left_out:
        _note_down(loan_id, left_out, now=now)


@command
def _note_down(loan_id: UUID, left_out: Sequence[tuple[UUID, str]], *, now: datetime) -> None:
    _write(loan_id, left_out, now)


@step
def _write(loan_id: UUID, left_out: Sequence[tuple[UUID, str]], now: datetime) -> None:
    facts = {
        "loan": loan_id,
        "rules": [rule_id for rule_id, _why in left_out],
        "outcomes": [str(why) for _rule, why in left_out],
        "now": now,
    }
    execute(_LEFT_OUT, facts)
