"""The words of lending: every code people meet, in their language."""

from __future__ import annotations

from typing import Any, Final

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.web.locale import _l

Words = dict[str, Any]

PURPOSES: Final[Words] = {
    "home": _l("Home improvement"),
    "energy": _l("Saving energy"),
    "vehicle": _l("Vehicle"),
    "education": _l("Education"),
    "business": _l("Business"),
    "equipment": _l("Tools and equipment"),
    "debt": _l("Replacing dearer debt"),
    "health": _l("Health"),
    "family": _l("Family"),
    "other": _l("Something else"),
}

EMPLOYMENTS: Final[Words] = {
    "employed": _l("Employed"),
    "self_employed": _l("Self-employed"),
    "civil_service": _l("Civil service"),
    "retired": _l("Retired"),
    "student": _l("Student"),
    "other": _l("Other income"),
}

HOUSINGS: Final[Words] = {
    "own": _l("Owns the home"),
    "rent": _l("Rents"),
    "family": _l("Lives with family"),
}

GRADES: Final[Words] = {
    "A": _l("very low risk"),
    "B": _l("low risk"),
    "C": _l("moderate risk"),
    "D": _l("medium risk"),
    "E": _l("raised risk"),
    "F": _l("high risk"),
    "G": _l("very high risk"),
}

CHECKS: Final[Words] = {
    "identity": _l("Identity: the name matches the document"),
    "income": _l("Income: payslips or tax return seen"),
    "obligations": _l("Obligations: bank statements seen"),
    "purpose": _l("Purpose: offer or invoice seen"),
    "story": _l("Story: names nobody and promises nothing"),
}

# The same checks as lenders read them: what was verified, not how.
CHECKED: Final[Words] = {
    "identity": _l("Identity verified"),
    "income": _l("Income verified"),
    "obligations": _l("Obligations verified"),
    "purpose": _l("Purpose verified"),
    "story": _l("Description read"),
}

GRADE_REASONS: Final[Words] = {
    "income_steady": _l("Steady income for years"),
    "burden_low": _l("Small monthly burden"),
    "term_short": _l("Short term"),
    "record_clean": _l("Earlier loans repaid on time"),
    "home_owned": _l("Owns the home"),
    "purpose_lasting": _l("Purpose of lasting value"),
    "income_irregular": _l("Irregular income"),
    "burden_high": _l("Large monthly burden"),
    "term_long": _l("Long term"),
    "record_short": _l("No earlier loan here"),
    "amount_large": _l("Large amount for the income"),
}

DECISIONS: Final[Words] = {
    "passed": _l("Passed on"),
    "offered": _l("Offer made"),
    "declined": _l("Declined"),
}

DECLINES: Final[Words] = {
    "income_too_low": _l("The income does not carry the instalment"),
    "obligations_too_high": _l("Other obligations take too much of the income"),
    "purpose_unclear": _l("The purpose is not clear"),
    "facts_unverified": _l("Facts could not be verified"),
    "identity_unverified": _l("The identity could not be verified"),
    "outside_policy": _l("The request is outside what we arrange"),
}

# What would change a refusal: said to the borrower beside the reason.
DECLINE_HELP: Final[Words] = {
    "income_too_low": _l("A smaller amount or a longer term makes the instalment smaller."),
    "obligations_too_high": _l("It may work once an obligation has ended. Ask again then."),
    "purpose_unclear": _l("Ask again and say what exactly the money pays for."),
    "facts_unverified": _l("Ask again when you can show the papers for what you stated."),
    "identity_unverified": _l("Ask again with the name that stands in your document."),
    "outside_policy": _l("We cannot arrange this kind of loan, whoever asks."),
}

LOAN_STATES: Final[Words] = {
    "draft": _l("Draft"),
    "submitted": _l("In first review"),
    "returned": _l("More is needed from you"),
    "first_passed": _l("In second review"),
    "offered": _l("Offer waits for you"),
    "listed": _l("Listed for lenders"),
    "funded": _l("Funded"),
    "disbursing": _l("Being paid out"),
    "active": _l("Running"),
    "paid_off": _l("Paid off"),
    "declined": _l("Declined"),
    "withdrawn": _l("Withdrawn"),
    "expired": _l("Not funded, money going back"),
    "refunded": _l("Not funded, all money returned"),
    "granted": _l("Credit line granted"),
}

LOAN_TONES: Final[dict[str, str]] = {
    "draft": "neutral",
    "submitted": "info",
    "returned": "warn",
    "first_passed": "info",
    "offered": "ember",
    "listed": "info",
    "funded": "good",
    "disbursing": "info",
    "active": "good",
    "paid_off": "good",
    "declined": "bad",
    "withdrawn": "neutral",
    "expired": "warn",
    "refunded": "neutral",
    "granted": "good",
}

COMMITMENT_STATES: Final[Words] = {
    "awaiting_payment": _l("Waiting for your payment"),
    "in_reflection": _l("In reflection: you may withdraw"),
    "reserved": _l("Confirmed: held for the loan"),
    "converted": _l("Lent: it is a note now"),
    "refunding": _l("On its way back to you"),
    "refunded": _l("Returned to you"),
    "charged_back": _l("Taken back by your bank"),
    "expired": _l("Not paid, given back"),
}

COMMITMENT_TONES: Final[dict[str, str]] = {
    "awaiting_payment": "warn",
    "in_reflection": "ember",
    "reserved": "info",
    "converted": "good",
    "refunding": "warn",
    "refunded": "neutral",
    "charged_back": "bad",
    "expired": "neutral",
}

ORDER_KINDS: Final[Words] = {"top_up": _l("Top-up"), "withdrawal": _l("Withdrawal")}

ORDER_STATES: Final[Words] = {
    "waiting": _l("Under way"),
    "done": _l("Done"),
    "expired": _l("Not paid"),
    "failed": _l("Failed, money back in the wallet"),
}

ORDER_TONES: Final[dict[str, str]] = {
    "waiting": "info",
    "done": "good",
    "expired": "neutral",
    "failed": "bad",
}

# Codes of movements as a wallet's statement names them.
STATEMENT: Final[Words] = {
    "charge": _l("Paid in through the provider"),
    "commitment": _l("Lent to a loan"),
    "repayment": _l("Share of a repayment"),
    "refund": _l("Returned"),
    "transfer": _l("Sent to your bank"),
    "withdrawal": _l("Sent to your bank"),
}

SOURCES: Final[Words] = {
    "provider": _l("Pay at the escrow provider"),
    "wallet": _l("Pay from my wallet"),
}

BUCKETS: Final[Words] = {
    "current": _l("On time"),
    "1-30": _l("1 to 30 days late"),
    "31-60": _l("31 to 60 days late"),
    "61-90": _l("61 to 90 days late"),
    "90+": _l("More than 90 days late"),
}


SORTS: Final[Words] = {
    "ending": _l("Ending soon"),
    "newest": _l("Newest"),
    "rate": _l("Highest rate"),
    "-rate": _l("Lowest rate"),
    "amount": _l("Largest"),
    "-amount": _l("Smallest"),
    "term": _l("Shortest term"),
    "-term": _l("Longest term"),
    "grade": _l("Best grade"),
    "-grade": _l("Riskiest grade"),
    "funded": _l("Nearly funded"),
    "-funded": _l("Least funded"),
}

RECEIPTS: Final[Words] = {
    "awaiting_payment": _l("Not paid yet: %(amount)s"),
    "in_reflection": _l("%(amount)s is held for the loan"),
    "reserved": _l("%(amount)s is held for the loan"),
    "converted": _l("You lent %(amount)s"),
    "refunding": _l("%(amount)s is on its way back to you"),
    "refunded": _l("%(amount)s came back to you"),
    "charged_back": _l("Your bank took %(amount)s back"),
    "expired": _l("Not paid: %(amount)s is free for others"),
}


def grade_choices() -> list[tuple[str, str]]:
    """Return the grades as value and text, for the filters of a list."""
    return [(grade, f"{grade}, {said}") for grade, said in GRADES.items()]


def choices(words: Words) -> list[tuple[str, Any]]:
    """Return `words` as value and text, for the filters of a list."""
    return list(words.items())


def options(words: Words, *, empty: Any = None) -> list[SelectChoice]:  # noqa: ANN401 - lazy text
    """Return `words` as the choices of a field, with an empty one first if asked."""
    first = [] if empty is None else [SelectChoice("", empty)]
    return [*first, *(SelectChoice(value, text) for value, text in words.items())]
