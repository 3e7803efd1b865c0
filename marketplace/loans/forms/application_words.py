"""The words of applications: groups, papers, collateral, and why anything is asked at all."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

Words = dict[str, Any]

GROUPS: Final[Words] = {
    "person": _l("About you"),
    "credit": _l("Income and obligations"),
    "collateral": _l("What stands behind the loan"),
    "loan": _l("The loan"),
}

# Why we ask: said above each group, so that nobody has to guess.
WHY: Final[Words] = {
    "person": _l(
        "Reviewers check that you are who you say. Lenders see none of it but how you live;"
        " your name stands in the contract, and only the parties to it read that."
    ),
    "credit": _l(
        "An instalment has to fit a life: it is held against what comes in and what is already"
        " promised. Lenders see the sums, never your employer."
    ),
    "collateral": _l(
        "Lenders may be paid from it if the loan is not. Reviewers look it up in the register you"
        " name."
    ),
    "loan": _l(
        "Lenders read what the money is for before anything else. Do not name yourself or anybody."
    ),
}

EMPLOYER_HINT: Final = _l("If you are employed. Reviewers may ask there; lenders do not see it.")

DOCUMENTS: Final[Words] = {
    "identity": _l("Identity document"),
    "address": _l("Proof of address"),
    "income": _l("Payslips or pension notice"),
    "tax": _l("Tax return"),
    "bank_statement": _l("Bank statements"),
    "accounts": _l("Accounts of the business"),
    "purpose": _l("Offer or invoice for the purpose"),
    "collateral_title": _l("Title of the collateral"),
    "collateral_value": _l("Valuation of the collateral"),
    "collateral_photo": _l("Photographs of the collateral"),
    "other": _l("Something else that helps"),
}

DOCUMENT_HINTS: Final[Words] = {
    "identity": _l("Passport or identity card, every side that has print on it."),
    "address": _l("A bill or a letter of an office, not older than three months."),
    "income": _l("The last three months."),
    "tax": _l("The last one you handed in, or its assessment."),
    "bank_statement": _l("The last three months of the account your income comes to."),
    "accounts": _l("The last closed year."),
    "purpose": _l("Whatever shows what will be paid for, and to whom."),
    "collateral_title": _l("The register's extract, or the vehicle's papers."),
    "collateral_value": _l("By an appraiser, not older than a year."),
    "collateral_photo": _l("As it is today."),
    "other": _l("Anything a reviewer should read beside your answers."),
}

COLLATERALS: Final[Words] = {
    "real_estate": _l("Land or a building"),
    "vehicle": _l("Vehicle"),
    "machine": _l("Machine or equipment"),
    "receivable": _l("Money others owe me"),
    "deposit": _l("Deposit"),
    "other": _l("Something else"),
}

OWNERS: Final[Words] = {
    "borrower": _l("I do"),
    "jointly": _l("I and somebody else"),
    "other": _l("Somebody else, who agrees"),
}

# Short names of all answers, for the check page and for what a reviewer compares.
ANSWERS: Final[Words] = {
    "legal_name": _l("Full name"),
    "born_on": _l("Date of birth"),
    "phone": _l("Telephone"),
    "street": _l("Street and number"),
    "postal_code": _l("Postal code"),
    "city": _l("Town"),
    "country": _l("Country"),
    "housing": _l("Home"),
    "dependants": _l("People who depend on the income"),
    "employment": _l("Income from"),
    "employer": _l("Employer"),
    "employed_years": _l("For so many years"),
    "income": _l("Monthly income"),
    "housing_cost": _l("Rent or mortgage a month"),
    "debt_payments": _l("Other obligations a month"),
    "debts": _l("Owed to others in all"),
    "collateral_kind": _l("Kind of collateral"),
    "description": _l("Description of the collateral"),
    "value": _l("Value"),
    "owner": _l("Owner"),
    "office": _l("Registered at"),
    "number": _l("Number in the register"),
    "product": _l("Product"),
    "amount": _l("Amount"),
    "instalments": _l("Instalments"),
    "purpose": _l("Purpose"),
    "title": _l("In one line"),
    "story": _l("Description"),
}

MESSAGE_KINDS: Final[Words] = {
    "message": "",
    "question": _l("Asked for more"),
    "second_look": _l("Asks for a second look"),
}
