"""The words of risk: every code people meet, in their language."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

Words = dict[str, Any]

OUTCOMES: Final[Words] = {
    "approve": _l("Nothing speaks against it"),
    "refer": _l("A person must look closely"),
    "decline": _l("The rules speak against it"),
}

OUTCOME_TONES: Final[dict[str, str]] = {"approve": "good", "refer": "warn", "decline": "bad"}

ATTRIBUTES: Final[Words] = {
    "bureau_score": _l("Credit bureau"),
    "history_months": _l("Months of credit history"),
    "arrears_24m": _l("Arrears in two years"),
    "burden_pct": _l("Percent of income that goes to debts"),
    "enquiries_6m": _l("Enquiries in half a year"),
    "income_regularity_pct": _l("How regular the income is, percent"),
    "overdrafts_12m": _l("Overdrafts in a year"),
    "employed_years": _l("Years with the same income"),
    "loans_repaid": _l("Loans repaid here"),
    "bills_late": _l("Bills ever late here"),
}

# One sentence for each band. Lenders read them too: they name no figure of the borrower's.
REASONS: Final[Words] = {
    "not_collected": _l("Nothing is known of this"),
    "bureau_very_low": _l("The credit bureau sees a very high risk"),
    "bureau_low": _l("The credit bureau sees a high risk"),
    "bureau_fair": _l("The credit bureau sees a moderate risk"),
    "bureau_good": _l("The credit bureau sees a low risk"),
    "bureau_very_good": _l("The credit bureau sees a very low risk"),
    "history_short": _l("Less than a year or two of credit history"),
    "history_some": _l("A short credit history"),
    "history_years": _l("A credit history of some years"),
    "history_long": _l("A long credit history"),
    "arrears_none": _l("No arrears in two years"),
    "arrears_once": _l("In arrears once in two years"),
    "arrears_often": _l("In arrears more than once in two years"),
    "burden_very_low": _l("Debts take at most a quarter of the income"),
    "burden_low": _l("Debts take about a third of the income"),
    "burden_fair": _l("Debts take less than half of the income"),
    "burden_high": _l("Debts take about half of the income"),
    "burden_very_high": _l("Debts take more than half of the income"),
    "enquiries_none": _l("Hardly any other enquiries for credit"),
    "enquiries_few": _l("Some other enquiries for credit"),
    "enquiries_many": _l("Many other enquiries for credit"),
    "income_irregular": _l("The income is irregular"),
    "income_uneven": _l("The income is uneven"),
    "income_mostly_regular": _l("The income is mostly regular"),
    "income_regular": _l("The income is regular"),
    "overdrafts_none": _l("The account was never overdrawn in a year"),
    "overdrafts_few": _l("The account was overdrawn a few times in a year"),
    "overdrafts_many": _l("The account was often overdrawn in a year"),
    "employed_new": _l("New in the job"),
    "employed_some": _l("In the job for a year or more"),
    "employed_years": _l("In the job for three years or more"),
    "employed_long": _l("In the job for eight years or more"),
    "record_none": _l("No loan repaid here yet"),
    "record_one": _l("One loan repaid here"),
    "record_several": _l("Several loans repaid here"),
    "late_never": _l("No bill here was ever late"),
    "late_rarely": _l("A bill here was late once or twice"),
    "late_often": _l("Bills here were late several times"),
}

CODES: Final[Words] = {
    "fraud_signals": _l("A source reports signs of fraud"),
    "arrears_now": _l("The credit bureau knows of a debt in arrears today"),
    "burden_too_high": _l("Debts and the instalment take too much of the income"),
    "sources_disagree": _l("The two sources disagree about the risk"),
    "thin_file": _l("A source has no file, or only a very young one"),
    "arrears_repeated": _l("In arrears more than once in two years"),
    "income_unconfirmed": _l("The income seen is clearly below the one stated"),
    "obligations_understated": _l("The obligations known are clearly above those stated"),
    "not_collected": _l("A value the score needs is not known"),
}

SOURCES: Final[Words] = {
    "bureau": _l("Credit bureau"),
    "big_data": _l("Account and income data"),
}

# Why a question still waits.
TROUBLES: Final[Words] = {
    "down": _l("The source cannot be reached"),
    "slow": _l("The source took too long"),
    "no_answer": _l("The source did not answer"),
    "unreadable": _l("The source answered what makes no sense"),
    "facts_changed": _l("The request was changed meanwhile"),
}


def trouble(code: str | None) -> Any:  # noqa: ANN401 - lazy text
    """Return why a question waits; an unforeseen status of the provider is told as it is."""
    return TROUBLES.get(code or "", code or "")
