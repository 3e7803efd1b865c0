"""Rules of auto-invest, written and agreed to by the commands that lenders use."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from marketplace.infra.database import db, rows
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.loans.queries import auto_invest as queries
from marketplace.loans.queries.auto_invest import OwnRule
from marketplace.loans.services import acknowledging, auto_invest
from marketplace.loans.services.auto_invest import RuleTerms
from tests.builders.loans import euros, form_key


def a_draft_rule(lender: Actor, amount: str = "50", **terms: object) -> UUID:
    """A rule that nobody agreed to yet."""
    asked = RuleTerms(name="Everything", amount=euros(amount), **terms)  # type: ignore[arg-type]
    least, now = euros("10"), clock.now()
    return auto_invest.draft(lender, asked, fraction_min=least, form_key=form_key(), now=now)


def a_rule(lender: Actor, amount: str = "50", **terms: object) -> UUID:
    """A rule that stands in line."""
    rule_id = a_draft_rule(lender, amount, **terms)
    acknowledging.acknowledge(lender, now=clock.now())
    agreed = rule(rule_id, lender).terms_hash
    auto_invest.activate(lender, rule_id, agreed_hash=agreed, now=clock.now())
    return rule_id


def rule(rule_id: UUID, lender: Actor) -> OwnRule:
    """A rule as its lender sees it."""
    found = queries.own_rule(rule_id, lender.known())
    db.session.rollback()
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a listing for a rule."""

    outcome: str
    amount_minor: int | None
    commitment_id: UUID | None


def outcome(rule_id: UUID, loan_id: UUID) -> Outcome | None:
    """What was written down; None if the rule did not let the listing through."""
    found = rows(
        "SELECT outcome, amount_minor, commitment_id FROM auto_invest_outcome"
        " WHERE rule_id = %s AND loan_id = %s",
        (rule_id, loan_id),
        into=Outcome,
    )
    db.session.rollback()
    return found[0] if found else None


def percent(text: str) -> Decimal:
    """A rate as a share of a year."""
    return Decimal(text) / 100
