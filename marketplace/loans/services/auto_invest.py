"""A lender's rules for auto-invest: written, agreed to, paused, resumed, ended.

The terms of a rule never change. Its mandate is bound to them, and so is every order placed by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, Stale, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.loans.events import AutoInvestOn
from marketplace.loans.matching import GRADES
from marketplace.loans.models.auto_invest import AutoInvestRule
from marketplace.loans.rules import PURPOSES
from marketplace.loans.services.acknowledging import must_know_risk
from marketplace.loans.services.moving import once
from marketplace.loans.states import AUTO_INVEST, RuleState

NAME_LENGTH_MAX: Final = 60
RULES_MAX: Final = 10
"""So many rules of one lender may be drafts, active or paused."""


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """What a lender agrees to. Empty tuples let everything through; None is no limit."""

    name: str
    amount: Money
    grades: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    rate_min: Decimal = Decimal(0)
    term_max_months: int | None = None
    borrower_max: Money | None = None
    grade_max: Money | None = None
    reserve: Money | None = None
    month_max: Money | None = None

    def columns(self) -> dict[str, Any]:
        """Return the terms as the columns of a rule."""
        return {
            "name": self.name,
            "currency": self.amount.currency,
            "amount_minor": self.amount.minor,
            "grades": sorted(self.grades),
            "purposes": sorted(self.purposes),
            "products": sorted(self.products),
            "rate_min": self.rate_min,
            "term_max_months": self.term_max_months,
            "borrower_max_minor": _minor(self.borrower_max),
            "grade_max_minor": _minor(self.grade_max),
            "reserve_minor": _minor(self.reserve) or 0,
            "month_max_minor": _minor(self.month_max),
        }


def terms_hash(columns: Mapping[str, Any]) -> str:
    """Return the digest of what a lender is shown and agrees to."""
    told = {**columns, "rate_min": f"{columns['rate_min'].normalize():f}"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def refusals(terms: RuleTerms, fraction_min: Money) -> list[Refusal]:
    """Return what keeps a rule from being written down."""
    found = []
    if not terms.name.strip():
        found.append(Refusal("rule_name_missing", "name"))
    if terms.amount < fraction_min:
        found.append(Refusal("lend_too_little", "amount", at_least=fraction_min))
    caps = ("borrower_max", "grade_max", "month_max")
    for field in caps:
        cap: Money | None = getattr(terms, field)
        if cap is not None and cap < terms.amount:
            found.append(Refusal("rule_cap_below_amount", field, at_least=terms.amount))
    if not set(terms.grades) <= set(GRADES) or not set(terms.purposes) <= set(PURPOSES):
        found.append(Refusal("rule_choice_unknown"))
    return found


@command
def draft(
    actor: Actor, terms: RuleTerms, *, fraction_min: Money, form_key: str, now: datetime
) -> UUID:
    """Write a rule down; nothing is ordered before its lender agrees to it."""
    lender_id = actor.known()
    once(lender_id, form_key)
    if (same := _same_form(lender_id, form_key)) is not None:
        return same
    refuse_if(refusals(terms, fraction_min))
    _must_have_room(lender_id)
    columns = terms.columns()
    rule = AutoInvestRule(
        id=new_id(),
        lender_id=lender_id,
        form_key=form_key,
        state=RuleState.DRAFT.value,
        terms_hash=terms_hash(columns),
        created_at=now,
        **columns,
    )
    db.session.add(rule)
    db.session.flush()
    return rule.id


@command
def activate(actor: Actor, rule_id: UUID, *, agreed_hash: str, now: datetime) -> None:
    """Let a rule order from now on: its lender agreed to exactly these terms, and to the risk."""
    rule = _own(actor, rule_id)
    if rule.terms_hash != agreed_hash:
        raise Stale("these are not the terms that were agreed to")
    must_know_risk(rule.lender_id)
    _move(rule, "activate", actor, now)
    rule.activated_at = rule.waiting_since = now
    execute(
        "INSERT INTO auto_invest_mandate (rule_id, lender_id, terms_hash, given_at)"
        " VALUES (%s, %s, %s, %s)",
        (rule.id, rule.lender_id, rule.terms_hash, now),
    )
    announce(AutoInvestOn(rule.id, rule.lender_id))


@command
def pause(actor: Actor, rule_id: UUID, *, now: datetime) -> None:
    """Order nothing until the lender says so; what is ordered stays ordered."""
    _move(_own(actor, rule_id), "pause", actor, now)


@command
def resume(actor: Actor, rule_id: UUID, *, now: datetime) -> None:
    """Go on ordering, from the end of the line."""
    rule = _own(actor, rule_id)
    _move(rule, "resume", actor, now)
    rule.waiting_since = now
    announce(AutoInvestOn(rule.id, rule.lender_id))


@command
def end(actor: Actor, rule_id: UUID, *, now: datetime) -> None:
    """Take the mandate back for good."""
    rule = _own(actor, rule_id)
    _move(rule, "end", actor, now)
    rule.ended_at = now


@step
def _own(actor: Actor, rule_id: UUID) -> AutoInvestRule:
    query = select(AutoInvestRule).where(
        AutoInvestRule.id == rule_id, AutoInvestRule.lender_id == actor.known()
    )
    found = db.session.scalars(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFound(str(rule_id))
    return found


@step
def _move(rule: AutoInvestRule, move: str, actor: Actor, now: datetime) -> None:
    rule.state = transitions.go(
        AUTO_INVEST, rule.id, rule.state, move, by=("lender",), actor=actor, at=now
    ).value


@step
def _must_have_room(lender_id: UUID) -> None:
    query = select(AutoInvestRule.id).where(
        AutoInvestRule.lender_id == lender_id, AutoInvestRule.state != RuleState.ENDED.value
    )
    if len(db.session.scalars(query).all()) >= RULES_MAX:
        raise Refusal("rule_too_many", at_most=RULES_MAX)


@step
def _same_form(lender_id: UUID, form_key: str) -> UUID | None:
    query = select(AutoInvestRule.id).where(
        AutoInvestRule.lender_id == lender_id, AutoInvestRule.form_key == form_key
    )
    return db.session.scalars(query).one_or_none()


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor
