"""The disbursement desk's words: what must hold, what shows it, and where proposals stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import url_for

from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.forms import valuation_words
from marketplace.loans.preconditions import Case, Check
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import day_text, moment_text, money_text

LABELS: Final[Mapping[Check, Any]] = {
    Check.REVIEWS: _l("Both reviews, by two people"),
    Check.RISK: _l("Risk report, fresh when it was approved"),
    Check.FUNDED: _l("Fully funded, and held by the provider"),
    Check.REFLECTION: _l("Every lender’s reflection is over"),
    Check.CONTRACT: _l("Contract signed by all"),
    Check.PAYEE: _l("Payout account ready"),
    Check.NAME: _l("Payout account is the borrower’s own"),
    Check.COLLATERAL: _l("Collateral registered, and looked up by another officer"),
    Check.VALUATION: _l("Collateral valued, and the valuation not expired"),
    Check.LTV: _l("Loan within what its product lends on the collateral"),
    Check.AMOUNT: _l("Amount is the loan less its fee, to the cent"),
}
STATES: Final[Mapping[str, tuple[Any, str]]] = {
    "proposed": (_l("Waits for a second officer"), "warn"),
    "approved": (_l("Approved"), "good"),
    "refused": (_l("Turned down"), "neutral"),
    "void": (_l("Void: something changed"), "bad"),
    "expired": (_l("Expired after a day"), "neutral"),
}
_MISSING: Final = "–"


def evidence(case: Case, check: Check) -> tuple[str, str | None]:
    """Return what shows that something holds, or what is known of it, and where to look."""
    return _EVIDENCE[check](case)


def state(name: str) -> dict[str, str]:
    """Return a proposal's state as a tag."""
    label, tone = STATES[name]
    return {"label": str(label), "tone": tone}


def _reviews(case: Case) -> tuple[str, str | None]:
    names = (case.first_reviewer or _MISSING, case.second_reviewer or _MISSING)
    return _("First %(first)s, second %(second)s", first=names[0], second=names[1]), "#reviews"


def _risk(case: Case) -> tuple[str, str | None]:
    if case.risk_at is None:
        return _("No report lay on the second reviewer’s desk"), "#reviews"
    return _("Report of %(day)s", day=day_text(case.risk_at)), "#reviews"


def _funded(case: Case) -> tuple[str, str | None]:
    words = ngettext(
        "%(paid)s of %(amount)s, by %(num)s lender",
        "%(paid)s of %(amount)s, by %(num)s lenders",
        case.lenders,
        paid=money_text(Money(case.reserved_minor, case.currency)),
        amount=money_text(case.amount),
    )
    return words, url_for("books.search", q=case.ref)


def _reflection(case: Case) -> tuple[str, str | None]:
    if case.reflecting_minor:
        return _("A part may still be withdrawn"), None
    when = moment_text(case.funded_at) if case.funded_at else _MISSING
    return _("Binding since %(when)s", when=when), url_for("loans.loan", ref=case.ref)


def _contract(case: Case) -> tuple[str, str | None]:
    if case.contract_id is None:
        return _("No contract is drafted"), None
    number = public_id("ct", case.contract_id)
    if case.contract_signed_at is None:
        return _("Drafted; waits for the borrower, or for its seals"), None
    words = _("Signed %(when)s", when=moment_text(case.contract_signed_at))
    return words, url_for("contracts.file", ref=number)


def _payee(case: Case) -> tuple[str, str | None]:
    if case.payee_ref is None:
        return _("The borrower has told the provider no account"), None
    ending = case.account_ending or _MISSING
    return _("%(ref)s, account ending in %(ending)s", ref=case.payee_ref, ending=ending), None


def _name(case: Case) -> tuple[str, str | None]:
    return (
        _(
            "Borrower “%(borrower)s”, account of “%(holder)s”",
            borrower=case.borrower_name,
            holder=case.payee_name or _MISSING,
        ),
        None,
    )


def _collateral(case: Case) -> tuple[str, str | None]:
    if case.registration_number is None:
        return _("No registration is written down"), "#collateral"
    words = f"{case.registration_office}, {case.registration_number}"
    if case.registration_checked_at is None:
        return _("%(where)s: not looked up yet", where=words), "#collateral"
    return words, "#collateral"


def _valuation(case: Case) -> tuple[str, str | None]:
    if case.worth is None:
        return _("Nobody has valued it; a first reviewer writes the valuation down"), None
    words = _(
        "%(value)s on %(day)s, valid until %(until)s",
        value=money_text(case.worth.value),
        day=day_text(case.worth.valued_on),
        until=day_text(case.worth.valid_until),
    )
    return words, None


def _ltv(case: Case) -> tuple[str, str | None]:
    limit = valuation_words.share(case.ltv_max_bps)
    if case.worth is None:
        return _("At most %(limit)s", limit=limit), None
    worked = valuation_words.working(case.worth, case.amount)
    return _("%(working)s, at most %(limit)s", working=worked, limit=limit), None


def _amount(case: Case) -> tuple[str, str | None]:
    words = _(
        "%(amount)s less %(fee)s is %(net)s; %(held)s is held for the borrower",
        amount=money_text(case.amount),
        fee=money_text(case.fee),
        net=money_text(case.net),
        held=money_text(case.held),
    )
    return words, url_for("books.search", q=case.ref)


_EVIDENCE: Final[Mapping[Check, Callable[[Case], tuple[str, str | None]]]] = {
    Check.REVIEWS: _reviews,
    Check.RISK: _risk,
    Check.FUNDED: _funded,
    Check.REFLECTION: _reflection,
    Check.CONTRACT: _contract,
    Check.PAYEE: _payee,
    Check.NAME: _name,
    Check.COLLATERAL: _collateral,
    Check.VALUATION: _valuation,
    Check.LTV: _ltv,
    Check.AMOUNT: _amount,
}
