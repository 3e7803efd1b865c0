"""Products and applications in words: offers to choose from, answers to look over."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from flask import url_for

from marketplace.kernel import clock
from marketplace.kernel.days import Unit
from marketplace.kernel.money import Money
from marketplace.loans.forms import application_words as said
from marketplace.loans.forms import shipped_products, words
from marketplace.loans.pricing import indicative
from marketplace.loans.queries import messages
from marketplace.loans.queries.applications import Application
from marketplace.loans.queries.messages import Message
from marketplace.loans.queries.products import Product
from marketplace.loans.states import LoanState
from marketplace.web.countries import countries
from marketplace.web.locale import _, _l, locale_name, ngettext
from marketplace.web.rendering import brief_text, day, paragraphs, percent

_EXAMPLE: Final = "10000"
_EXAMPLE_YEARS: Final = 2
_EXAMPLE_RATE: Final = Decimal("0.09")

METHODS: Final[dict[str, Any]] = {
    "equal_instalment": _l("Equal instalments"),
    "equal_principal": _l("Equal principal, falling instalments"),
    "interest_only": _l("Interest only, the principal at the end"),
    "bullet": _l("Everything at once at the end"),
    "flat": _l("Flat interest, equal instalments"),
}


def offer_row(product: Product) -> dict[str, Any]:
    """Return a product as a card shows it: limits, rhythm, and what an example costs in all."""
    amount, instalments = example_of(product)
    cost = indicative(product.terms(amount, _EXAMPLE_RATE, instalments), clock.today())
    return {
        "name": shipped_products.told(product.name),
        "least": product.limits.amount_min,
        "most": product.limits.amount_max,
        "term": term_span(product),
        "method": METHODS.get(product.method, product.method),
        "example": _(
            "%(amount)s over %(term)s",
            amount=brief_text(amount),
            term=instalment_words(instalments, product),
        ),
        "rate": percent(_EXAMPLE_RATE * 100),
        "cost": cost.cost,
        "collateral": product.collateral,
        "name_href": url_for("loans.borrow", product=product.code, currency=product.currency),
    }


def term_span(product: Product) -> str:
    """Return the shortest and the longest term of a product in words."""
    return _(
        "%(least)s to %(most)s",
        least=product.instalments_min,
        most=instalment_words(product.instalments_max, product),
    )


def paper_names(product: Product) -> list[str]:
    """Return the papers a product asks for."""
    return [str(said.DOCUMENTS.get(kind, kind)) for kind in product.documents]


def example_of(product: Product) -> tuple[Money, int]:
    """Return amount and instalments of a plain example within the product's limits."""
    limits = product.limits
    amount = max(limits.amount_min, min(Money.of(_EXAMPLE, product.currency), limits.amount_max))
    count = int(_EXAMPLE_YEARS / product.period.year_fraction)
    return amount, max(limits.instalments_min, min(count, limits.instalments_max))


def instalment_words(count: int, product: Product | Application) -> str:
    """Return a number of instalments and how often they fall due."""
    every, unit = product.period_every, product.period_unit
    if unit == Unit.MONTHS and every == 1:
        return ngettext("%(num)s month", "%(num)s months", count)
    if unit == Unit.MONTHS and every == 3:
        return ngettext("%(num)s quarter", "%(num)s quarters", count)
    if unit == Unit.WEEKS and every == 1:
        return ngettext("%(num)s week", "%(num)s weeks", count)
    return ngettext("%(num)s instalment", "%(num)s instalments", count)


def answer_rows(told: Application, group: str) -> list[dict[str, Any]]:
    """Return the answers of a group as the check page lists them."""
    return [
        {"key": said.ANSWERS[name], "value": value if value not in ("", None) else "–"}
        for name, value in _ROWS[group](told)
    ]


def _person(told: Application) -> list[tuple[str, Any]]:
    person = told.person
    return [
        ("legal_name", person.legal_name),
        ("born_on", day(person.born_on) if person.born_on else ""),
        ("phone", person.phone),
        ("street", person.street),
        ("postal_code", person.postal_code),
        ("city", person.city),
        ("country", countries(locale_name()).get(person.country, "")),
        ("housing", words.HOUSINGS.get(person.housing, "")),
        ("dependants", str(person.dependants)),
    ]


def _credit(told: Application) -> list[tuple[str, Any]]:
    credit = told.credit
    return [
        ("employment", words.EMPLOYMENTS.get(credit.employment, "")),
        ("employer", credit.employer),
        ("employed_years", ngettext("%(num)s year", "%(num)s years", credit.employed_years)),
        ("income", credit.income),
        ("housing_cost", credit.housing_cost),
        ("debt_payments", credit.debt_payments),
        ("debts", credit.debts),
    ]


def _pledged(told: Application) -> list[tuple[str, Any]]:
    pledged = told.pledged
    return [
        ("collateral_kind", said.COLLATERALS.get(pledged.kind, "")),
        ("description", paragraphs(pledged.description)),
        ("value", pledged.value),
        ("owner", said.OWNERS.get(pledged.owner, "")),
        ("office", pledged.office),
        ("number", pledged.number),
    ]


def _wish(told: Application) -> list[tuple[str, Any]]:
    wish = told.wish
    return [
        ("product", f"{shipped_products.told(told.product_name)}, {told.currency}"),
        ("amount", wish.amount),
        ("instalments", instalment_words(wish.instalments, told) if wish.instalments else ""),
        ("purpose", words.PURPOSES.get(wish.purpose, "")),
        ("title", wish.title),
        ("story", paragraphs(wish.story)),
    ]


_ROWS: Final[dict[str, Callable[[Application], list[tuple[str, Any]]]]] = {
    "person": _person,
    "credit": _credit,
    "collateral": _pledged,
    "loan": _wish,
}


def open_question(told: Application) -> Message | None:
    """Return what the reviewer asked for while the request is back with its borrower."""
    if told.state != LoanState.RETURNED:
        return None
    asked = [one for one in messages.thread(told.id) if one.kind == "question"]
    return asked[-1] if asked else None
