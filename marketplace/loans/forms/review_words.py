"""The words of reviewers' pages, and of the offer they make."""

from __future__ import annotations

from typing import Any, Final

from marketplace.loans.forms import words
from marketplace.loans.four_eyes import OVERRULED, REFERRED
from marketplace.web.locale import _l

Words = dict[str, Any]

STAGES: Final[Words] = {"first": _l("First review"), "second": _l("Second review")}

# The checklist, with what it has besides where the score refers a case or speaks against it.
CHECKS: Final[Words] = {
    **words.CHECKS,
    REFERRED: _l("Score: each point it refers was looked at"),
    OVERRULED: _l("Score: passed against its rules, the notes say why"),
}

DECISIONS: Final[Words] = {**words.DECISIONS, "returned": _l("Sent back for more")}

COUNTERS: Final[Words] = {
    "burden": _l("So that the instalment fits your income"),
    "amount": _l("The amount is large for your income and what you owe"),
    "term": _l("The term is too long or too short for this purpose"),
    "collateral": _l("What you pledge is worth less than the loan"),
}

# The facts of a case, as the list of changes names them. The rest keeps the column's words.
FACTS: Final[Words] = {
    "amount_minor": _l("Amount"),
    "currency": _l("Currency"),
    "instalments": _l("Instalments"),
    "purpose": _l("Purpose"),
    "title": _l("Title"),
    "story": _l("Description"),
    "employment": _l("Income from"),
    "employed_years": _l("Years with the same income"),
    "housing": _l("Home"),
    "income_minor": _l("Monthly income"),
    "obligations_minor": _l("Monthly obligations"),
    "legal_name": _l("Name in the document"),
    "born_on": _l("Born on"),
    "phone": _l("Phone"),
    "street": _l("Street"),
    "postal_code": _l("Postal code"),
    "city": _l("City"),
    "country": _l("Country"),
    "dependants": _l("Dependants"),
    "employer": _l("Employer"),
    "housing_cost_minor": _l("Cost of the home a month"),
    "debts_minor": _l("Debts in all"),
    "collateral_kind": _l("Collateral"),
    "collateral_description": _l("Collateral: description"),
    "collateral_value_minor": _l("Collateral: value"),
    "collateral_owner": _l("Collateral: owner"),
    "collateral_office": _l("Collateral: register"),
    "collateral_number": _l("Collateral: number in the register"),
    "valuation_value_minor": _l("Valuation: value"),
    "valuation_haircut_bps": _l("Valuation: haircut"),
    "valuation_valued_on": _l("Valuation: made on"),
    "valuation_valid_until": _l("Valuation: valid until"),
    "valuation_appraiser": _l("Valuation: by"),
}
DAYS: Final = frozenset({"born_on", "valuation_valued_on", "valuation_valid_until"})
CODED: Final[dict[str, Words]] = {
    "purpose": words.PURPOSES,
    "employment": words.EMPLOYMENTS,
    "housing": words.HOUSINGS,
}
