"""What an application lacks, by group; and a look at one's own case that asks nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans import answers, self_check
from marketplace.loans.answers import Collateral, Person
from marketplace.loans.pricing import LoanTerms, quote
from marketplace.loans.rules import Limits
from marketplace.loans.self_check import Situation
from tests.builders.applications import a_person

TODAY = date(2026, 3, 2)
LIMITS = Limits(Money.of("500", "EUR"), Money.of("50000", "EUR"), 3, 60)


def euros(text: str) -> Money:
    return Money.of(text, "EUR")


def codes(found: list[Refusal]) -> list[str]:
    return [one.code for one in found]


class TestPerson:
    def test_who_told_nothing_is_asked_for_everything(self) -> None:
        assert codes(answers.person_refusals(Person(), on=TODAY)) == [
            "loan_name_missing",
            "loan_birth_missing",
            "loan_street_missing",
            "loan_postal_code_missing",
            "loan_city_missing",
            "loan_country_missing",
        ]

    @pytest.mark.parametrize(
        ("born_on", "expected"),
        [
            (date(2008, 3, 2), []),  # eighteen today
            (date(2008, 3, 3), ["loan_too_young"]),
            (date(2026, 3, 3), ["loan_birth_unlikely"]),
            (date(1916, 1, 1), []),
            (date(1899, 1, 1), ["loan_birth_unlikely"]),
            (date(2008, 2, 29), []),
        ],
    )
    def test_who_borrows_is_of_age_and_alive(self, born_on: date, expected: list[str]) -> None:
        person = a_person(born_on=born_on)

        assert codes(answers.person_refusals(person, on=TODAY)) == expected


def test_only_the_employed_name_an_employer() -> None:
    assert codes(answers.credit_refusals("employed", "")) == ["loan_employer_missing"]
    assert codes(answers.credit_refusals("civil_service", "")) == ["loan_employer_missing"]
    assert answers.credit_refusals("employed", "Clay & Sons") == []
    assert answers.credit_refusals("retired", "") == []


def test_a_collateral_without_facts_is_asked_for_all_of_them() -> None:
    empty = Collateral("", "", euros("0"), "", "", "")

    assert codes(answers.collateral_refusals(empty)) == [
        "collateral_kind_missing",
        "collateral_description_missing",
        "collateral_value_missing",
        "collateral_owner_missing",
        "collateral_office_missing",
        "collateral_number_missing",
    ]
    full = Collateral("vehicle", "A van.", euros("9000"), "borrower", "Berlin", "B-1")
    assert answers.collateral_refusals(full) == []
    assert codes(answers.collateral_refusals(replace(full, kind="yacht"))) == [
        "collateral_kind_missing"
    ]


def test_every_refusal_is_mended_on_the_page_of_its_group() -> None:
    found = [
        *answers.person_refusals(Person(), on=TODAY),
        *answers.credit_refusals("employed", ""),
        *answers.collateral_refusals(Collateral("", "", euros("0"), "", "", "")),
        Refusal("loan_amount_outside", "amount"),
        Refusal("loan_story_missing", "story"),
        Refusal("loan_housing_missing", "housing"),
    ]

    by_group = {group: len(answers.of_group(found, group)) for group in answers.GROUPS}

    assert by_group == {"person": 7, "credit": 1, "collateral": 6, "loan": 2}


def test_the_papers_still_missing_are_named_in_the_order_of_the_product() -> None:
    required = ["identity", "income", "bank_statement"]

    assert answers.missing_documents(required, ["income", "other"]) == [
        "identity",
        "bank_statement",
    ]
    assert codes(answers.document_refusals(required, [])) == ["documents_missing"]
    assert answers.document_refusals(required, required) == []
    assert answers.document_refusals([], []) == []


class TestSelfCheck:
    def look(self, *, years: int = 6, **sums: str) -> self_check.Outlook:
        told = Situation(
            amount=euros(sums.get("amount", "10000")),
            instalments=24,
            income=euros(sums.get("income", "2400")),
            obligations=euros(sums.get("obligations", "800")),
            employed_years=years,
        )
        cost = quote(LoanTerms(told.amount, Decimal("0.0915"), 24, 200), TODAY)
        return self_check.outlook(told, cost.instalment, LIMITS)

    def test_says_the_burden_and_between_which_grades_a_request_would_fall(self) -> None:
        seen = self.look()

        # 800.00 and an instalment of 457.54 of 2,400.00.
        assert seen.burden == 52
        assert (seen.best, seen.worst) == ("B", "D")
        assert seen.refusals == ()

    def test_more_income_never_makes_a_grade_worse(self) -> None:
        grades = [self.look(income=income).best for income in ("2000", "3000", "6000", "12000")]

        assert grades == sorted(grades, reverse=True)

    def test_says_which_instalment_would_fit_where_this_one_does_not(self) -> None:
        (refusal,) = self.look(income="1500").refusals

        assert refusal.code == "check_burden"
        assert refusal.facts == {"burden": 84, "at_most": 70, "room": euros("250")}

    def test_says_so_where_no_instalment_fits_at_all(self) -> None:
        (refusal,) = self.look(income="1000", obligations="800").refusals

        assert (refusal.code, refusal.field) == ("check_no_room", "obligations")

    def test_without_an_income_nothing_can_be_said_for_it(self) -> None:
        assert codes(list(self.look(income="0").refusals)) == ["loan_income_missing"]

    def test_names_the_limits_of_the_product(self) -> None:
        found = self.look(amount="60000", income="90000").refusals

        assert codes(list(found)) == ["loan_amount_outside"]

    def test_the_highest_burden_is_the_one_the_scorecard_lets_pass(self) -> None:
        assert self_check.burden_max() == 70
