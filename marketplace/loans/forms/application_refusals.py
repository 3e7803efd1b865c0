"""The sentences of what an application, its papers and its messages are refused for."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

REFUSALS: Final[dict[str, Any]] = {
    "loan_product_missing": _l("Choose one of the loans."),
    "loan_name_missing": _l("Enter your full name, as it stands in your identity document."),
    "loan_birth_missing": _l("Enter the day you were born."),
    "loan_birth_unlikely": _l("Check the year you were born in."),
    "loan_too_young": _l("Who borrows here is at least %(at_least)s years old."),
    "loan_street_missing": _l("Enter the street and number you live at."),
    "loan_postal_code_missing": _l("Enter your postal code."),
    "loan_city_missing": _l("Enter the town you live in."),
    "loan_country_missing": _l("Choose the country you live in."),
    "loan_employer_missing": _l("Enter who employs you."),
    "loan_answer_unread": _l("This answer stands as you typed it, but cannot be read yet."),
    "whole_too_large": _l("Enter a whole number of at most %(at_most)s."),
    "check_burden": _l(
        "Obligations and instalment would take %(burden)s percent of your income; more than"
        " %(at_most)s percent is declined. An instalment of %(room)s a month would fit."
    ),
    "check_no_room": _l(
        "Obligations and instalment would take %(burden)s percent of your income; more than"
        " %(at_most)s percent is declined. Your obligations alone leave no room for an instalment."
    ),
    "day_unreadable": _l("Enter a day as year-month-day, such as 1985-03-31."),
    "collateral_kind_missing": _l("Choose what stands behind the loan."),
    "collateral_description_missing": _l("Describe what stands behind the loan."),
    "collateral_value_missing": _l("Enter what it is worth today."),
    "collateral_owner_missing": _l("Say who owns it."),
    "collateral_office_missing": _l("Enter the office or register it is written in."),
    "collateral_number_missing": _l("Enter the number it has in the register."),
    "documents_missing": _l("Not all papers this loan asks for are there: %(count)s missing."),
    "document_missing": _l("Choose a file to upload."),
    "document_kind_missing": _l("Choose which paper this is."),
    "document_too_heavy": _l(
        "The file is larger than %(megabytes)s MB. Save it smaller and upload it again."
    ),
    "document_unreadable": _l(
        "This file is not a PDF, JPEG or PNG, whatever its name says. Save it as one of these."
    ),
    "document_broken": _l("This PDF is damaged: it cannot be read. Save it again and upload that."),
    "document_locked": _l("This PDF needs a password. Save it without one and upload that."),
    "document_acts": _l(
        "This PDF does something by itself when it is opened, or carries other files. Print it to"
        " a new PDF and upload that."
    ),
    "document_pages": _l("A PDF has from 1 to %(at_most)s pages."),
    "document_twice": _l("You have uploaded this very file here already."),
    "documents_too_many": _l("An application holds at most %(at_most)s files. Remove one first."),
    "documents_closed": _l("The request is past its first review: papers are no longer taken."),
    "document_sent": _l("The request was sent with this paper. You can replace it, not remove it."),
    "document_reason_missing": _l("Say what is wrong with it: the borrower reads that."),
    "message_missing": _l("Write something first."),
    "messages_too_many": _l("You can write %(at_most)s messages a day. Come back tomorrow."),
    "thread_closed": _l("This request is closed: nobody reads messages about it any more."),
}
