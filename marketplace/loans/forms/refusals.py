"""The sentences of lending's refusals: what is wrong and what to do."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

REFUSALS: Final[dict[str, Any]] = {
    "disburse_reviews": _l("Two reviews by two people are missing."),
    "disburse_risk": _l("No risk report was fresh when the loan was approved."),
    "disburse_funded": _l("The loan is not fully funded, or its books are not closed yet."),
    "disburse_reflection": _l("A lender may still withdraw a part."),
    "disburse_contract": _l("The contract is not signed by everybody yet."),
    "disburse_payee": _l("The borrower has no payout account that can be paid."),
    "disburse_name": _l("The payout account is not in the borrower’s name."),
    "disburse_collateral": _l(
        "The collateral is not registered, or not looked up by a second officer."
    ),
    "disburse_amount": _l("What is held is not the loan less its fee."),
    "disburse_not_funded": _l("This loan does not wait to be paid out. Load the page again."),
    "disburse_changed": _l("Something changed since you opened the page. Look at it again."),
    "disburse_changed_since": _l(
        "Something changed since this was proposed, so it is void. Nothing was paid."
    ),
    "disburse_proposed": _l("A proposal is on the table already. Decide on that first."),
    "disburse_decided": _l("This was decided already. Nothing has been done twice."),
    "disburse_expired": _l("The proposal was good for a day, which is over. Propose it anew."),
    "disburse_reason_missing": _l("Say why not, in a sentence."),
    "disburse_own_case": _l("You are a party of this loan. Other officers have to decide."),
    "collateral_none": _l("This loan has no collateral."),
    "collateral_checked": _l("The registration was confirmed already and stays."),
    "collateral_differs": _l("This is not the number that was written down. Look at both again."),
    "collateral_office_missing": _l("Say at which office it is registered."),
    "collateral_number_missing": _l("Enter the registration number."),
    "collateral_day_missing": _l("Enter the day of the registration."),
    "collateral_future": _l("A registration cannot lie in the future."),
    "autopay_not_active": _l("Autopay can be switched on once the loan is paid out."),
    "autopay_not_offered": _l("The provider has no way to pay that can be saved. Pay by hand."),
    "autopay_on_already": _l("Autopay is on already."),
    "bill_being_charged": _l(
        "Your saved card is being charged for this bill right now. Look again in a minute."
    ),
    "loan_currency": _l("This product is in %(currency)s."),
    "currency_not_offered": _l("%(currency)s is not offered here. Choose another currency."),
    "loan_currency_unknown": _l("Loans in %(currency)s are not offered. Choose another currency."),
    "loan_amount_outside": _l("Ask for an amount from %(at_least)s to %(at_most)s."),
    "loan_term_outside": _l("Choose a term from %(at_least)s to %(at_most)s months."),
    "loan_purpose_missing": _l("Choose what the loan is for."),
    "loan_title_missing": _l("Say in one line what the money is for."),
    "loan_story_missing": _l("Describe what you will do with the money."),
    "loan_employment_missing": _l("Choose where your income comes from."),
    "loan_years_outside": _l("Enter whole years from 0 to %(at_most)s."),
    "loan_housing_missing": _l("Choose how you live."),
    "loan_income_missing": _l("Enter your monthly income after tax."),
    "loan_other_open": _l(
        "You have another request under way. Send this one when that is decided or funded."
    ),
    "review_own_case": _l("You cannot decide on your own request. A colleague has to."),
    "review_same_person": _l(
        "You made the first review of this request. The second one needs another person."
    ),
    "review_checklist_open": _l("Tick everything on the checklist, or decline with a reason."),
    "review_notes_missing": _l("Write down what you saw: the second reviewer reads it."),
    "review_reason_missing": _l("Choose the reason the borrower will read."),
    "offer_grade_missing": _l("Choose a grade."),
    "offer_rate_outside": _l(
        "The rate of this grade is from %(at_least)s to %(at_most)s percent a year."
    ),
    "offer_reasons_missing": _l("Tick at least one reason for the grade: lenders read them."),
    "offer_lapsed": _l("The offer has lapsed. You can ask again with a new request."),
    "lend_to_self": _l("This is your own loan. You cannot lend to yourself."),
    "lend_closed": _l("This loan no longer takes money. You have not been charged."),
    "lend_currency": _l("This loan is in %(currency)s."),
    "lend_full": _l("Others have just lent all of it. You have not been charged."),
    "lend_too_much": _l("%(left)s is left to lend. Enter that or less. You have not been charged."),
    "lend_too_little": _l("The smallest part is %(at_least)s."),
    "lend_leaves_crumb": _l(
        "%(left)s is left. Lend all of it, or at most %(at_most)s, so that the rest is large"
        " enough for somebody else."
    ),
    "lend_all_or_none": _l("%(left)s is left, too little to be divided. Lend exactly that."),
    "lend_over_limit": _l(
        "One lender may have at most %(limit)s at work. You have %(used)s, so %(left)s is left."
        " You have not been charged."
    ),
    "lend_over_borrower_limit": _l(
        "One lender may have at most %(limit)s with one borrower. You have %(used)s with this one,"
        " so %(left)s is left. You have not been charged."
    ),
    "risk_not_acknowledged": _l(
        "Before you lend for the first time, tick that you have read what may happen to the money."
    ),
    "reflection_over": _l(
        "The time to think it over has passed: the part is binding, and the money stays."
    ),
    "take_least_outside": _l("Enter an amount from %(at_least)s to %(at_most)s."),
    "question_missing": _l("Write your question."),
    "question_too_long": _l("Keep it to %(at_most)s characters."),
    "question_too_many": _l(
        "You have asked %(at_most)s questions about this loan that are not answered yet."
        " Wait for the answers."
    ),
    "question_own_loan": _l("This is your own loan: lenders ask, and you answer."),
    "question_closed": _l("This loan takes no questions any more."),
    "answer_missing": _l("Write your answer."),
    "question_answered": _l("You have answered this question already."),
    "hide_reason_missing": _l("Choose the reason its writer will read."),
    "wallet_short": _l(
        "There is not enough in your wallet. Pay at the provider, or lend less."
        " You have not been charged."
    ),
    "wallet_leaves": _l(
        "%(first)s of your wallet must leave it by %(leave_by)s, and this loan may need it until"
        " %(needed_until)s. What has been there longest is lent first: withdraw that much, or pay"
        " at the provider. You have not been charged."
    ),
    "wallet_owes": _l(
        "A payment was taken back or corrected, and your wallet is still charged for it."
        " Pay that in first; what is left can be withdrawn."
    ),
    "withdraw_short": _l("There is not that much available in your wallet."),
    "payee_missing": _l("Tell the provider first where to pay: set up your payout account."),
    "bill_paid": _l("This bill is paid already. You have not been charged again."),
    "bill_older_open": _l("An older bill is open. Pay that one first."),
    "wallet_lacks": _l(
        "There is not that much in your wallet. Pay at the provider, or pay less."
        " You have not been charged."
    ),
    "payment_currency": _l("This loan is paid in %(currency)s."),
    "payment_not_positive": _l("Enter more than nothing."),
    "payment_too_much": _l("That is more than is left to pay: at most %(most)s."),
    "payment_before_disbursement": _l(
        "The loan was paid out on %(disbursed_on)s; a payment cannot count from before that day."
    ),
    "payment_in_future": _l("A payment cannot count from a day after today, %(today)s."),
    "loan_not_repaid": _l("This loan is not being repaid."),
    "receipt_reversed": _l("This payment was taken back before."),
    "receipt_not_payment": _l("Only a payment can be taken back, not a correction."),
    "reversal_of_nothing": _l("What was to be taken back is not there."),
    "prepay_nothing_left": _l("Nothing of this loan is left to pay early."),
    "prepay_too_little": _l(
        "Paying early begins beyond what is due and the interest to that day: more than %(least)s."
    ),
    "prepay_day_outside": _l("Choose a day from today, %(first)s, to %(last)s."),
    "charge_not_open": _l("Nothing of this charge is open any more."),
    "waiver_too_much": _l("Of this charge %(most)s is open; no more than that can be let off."),
    "waiver_open": _l("Somebody has proposed this already; it waits for a second officer."),
    "waiver_own": _l("You proposed this yourself: another officer decides."),
    "waiver_decided": _l("This was decided before."),
    "why_missing": _l("Write the reason."),
    "arrears_none": _l("This loan is not late any more. There is nothing to see to."),
    "arrears_note_missing": _l("Write what was done, or what comes next."),
    "arrears_again_outside": _l("Choose a day from %(first)s to %(last)s."),
    "arrears_own_case": _l("You are a party of this loan. Another officer has to see to it."),
    "threshold_too_low": _l("Enter at least %(at_least)s."),
    "rule_name_missing": _l("Give the rule a name."),
    "rule_cap_below_amount": _l(
        "This limit is below what you want of one loan. Enter %(at_least)s or more, or nothing."
    ),
    "rule_choice_unknown": _l("Choose among what is offered."),
    "rule_too_many": _l("You have %(at_most)s rules. End one before you write another."),
    "whole_unreadable": _l("Enter a whole number, such as 24."),
    "percent_missing": _l("Enter a rate, such as 7.5."),
    "percent_negative": _l("The rate must not be below zero."),
    "percent_unreadable": _l("“%(typed)s” is not a rate. Enter percent a year, such as 7.5."),
    "percent_too_fine": _l("Enter the rate with at most %(decimals)s decimals."),
    "percent_too_large": _l("The rate must be at most %(at_most)s percent."),
}
