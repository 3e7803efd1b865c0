"""Two lenders of the demo world let rules order for them: one careful, one for the rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from marketplace.demo.habits import WALLETS
from marketplace.demo.stage import Stage
from marketplace.infra.database import db
from marketplace.kernel.money import Money
from marketplace.loans.queries import auto_invest as queries
from marketplace.loans.services import acknowledging, auto_invest
from marketplace.loans.services.auto_invest import RuleTerms


def _euros(amount: int) -> Money:
    return Money.of(str(amount), WALLETS)


# The first is of the lender one can sign in as.
_RULES: Final = (
    (
        "lender-0",
        RuleTerms(
            name="Careful, a little of many",
            amount=_euros(25),
            grades=("A", "B", "C"),
            borrower_max=_euros(75),
            reserve=_euros(100),
            month_max=_euros(200),
        ),
    ),
    (
        "lender-1",
        RuleTerms(
            name="For the rates",
            amount=_euros(50),
            rate_min=Decimal("0.09"),
            term_max_months=36,
            grade_max=_euros(500),
        ),
    ),
)


def write_rules(stage: Stage) -> None:
    """Write the rules down and switch them on; the day's end matches them."""
    for key, terms in _RULES:
        lender = stage.cast[key]
        stage.pass_minutes()
        acknowledging.acknowledge(lender, now=stage.now)
        rule_id = auto_invest.draft(
            lender, terms, fraction_min=_euros(10), form_key=stage.form_key(), now=stage.now
        )
        agreed = queries.own_rule(rule_id, lender.known()).terms_hash
        db.session.rollback()
        stage.pass_minutes()
        auto_invest.activate(lender, rule_id, agreed_hash=agreed, now=stage.now)
