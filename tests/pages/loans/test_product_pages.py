"""The shelf of products in a browser: look, propose, publish, and read what changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from marketplace.kernel.actors import Actor
from marketplace.loans.queries import products as queries
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening

SHELF = "/staff/products"
PERSONAL = "/staff/products/personal/EUR"
NEW = "/staff/products/personal/EUR/new"


@pytest.fixture
def admin(world: World) -> Actor:
    return an_actor("Ada Admin", role="admin")


@pytest.fixture
def officer(world: World) -> Actor:
    return an_actor("Otto Officer", role="finance_officer")


def test_a_version_goes_from_proposal_to_history(
    browse: Browse, admin: Actor, officer: Actor
) -> None:
    maker, checker = browse(admin), browse(officer)

    form = maker.get(maker.get(PERSONAL).links["New version"])
    assert form.h1 == "New version of Personal loan, EUR"
    proposed = maker.follow(
        maker.send(
            form, "/new", late_fee="7.50", rate_to_G="27.5", note="Late payments cost calls."
        )
    )
    assert "Proposed. It is published once another person agrees." in proposed.text
    assert "Whoever proposed a version cannot publish it." in proposed.text
    assert "1 version waits for a second person" in maker.get(SHELF).text

    seen = checker.get(PERSONAL)
    assert "Proposed by Ada Admin" in seen.text
    assert "Late payments cost calls." in seen.text
    assert "EUR 7.50" in seen.text
    published = checker.follow(checker.send(seen, "/publish"))

    assert "Published: new requests are made under it from now on." in published.text
    assert "Version 2" in published.text
    assert "Fee for a late instalment" in published.text
    assert "20.90 % to 27.50 %, losses 11.00 %" in published.plain
    newest = queries.versions("personal", "EUR")[0]
    assert (newest.version, newest.late_fee_minor) == (2, 750)
    assert queries.grades(newest.id)[-1].rate_to == Decimal("0.275")


def test_whoever_publishes_sees_what_the_last_years_loans_would_have_brought(
    cast: build.Cast, browse: Browse, admin: Actor, officer: Actor
) -> None:
    """1,000.00 at 9 % over a year: 49.43 of interest; flat it would be 90.00."""
    build.an_offered(cast)
    maker = browse(admin)
    maker.send(maker.get(NEW), "/new", method="flat", note="Simple to explain.")

    seen = browse(officer).get(PERSONAL).plain

    assert "Only a trial" in seen
    assert "EUR 49.43" in seen
    assert "EUR 90.00" in seen


def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
    browse: Browse, admin: Actor
) -> None:
    maker = browse(admin)

    page = maker.send(
        maker.get(NEW),
        "/new",
        status=422,
        amount_max="1",
        prepayment_fee_bps="2",
        prepayment_fee_cap="eu_consumer",
        rate_to_A="0.5",
        note="",
    )

    assert page.errors == [
        "The largest amount must not be below the smallest.",
        "EU consumer credit allows 1 % at most. Enter less, or choose another cap.",
        "Say why: whoever publishes it reads this first.",
        "The rates of grade A must go up, from 0 to 100 percent a year.",
    ]
    assert page.form("/new").fields["amount_max"] == "1"
    assert queries.waiting() == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("instalments_max", "12.5"),
        ("instalments_max", "-3"),
        ("late_grace_days", "five"),
        ("origination_fee_bps", "2.555"),
        ("penalty_bps_per_year", "-8"),
        ("amount_min", "1e3"),
        ("code", "Personal Loan"),
        ("method", "balloon"),
    ],
)
def test_what_cannot_be_read_is_not_guessed_at(
    browse: Browse, admin: Actor, field: str, typed: str
) -> None:
    maker = browse(admin)

    answers: dict[str, Any] = {"note": "Try.", field: typed}

    page = maker.send(maker.get(NEW), "/new", status=422, **answers)

    assert page.errors
    assert queries.waiting() == []


def test_a_proposal_can_be_refused_and_one_of_ones_own_withdrawn(
    browse: Browse, admin: Actor, officer: Actor
) -> None:
    maker, checker = browse(admin), browse(officer)

    maker.send(maker.get(NEW), "/new", late_fee="7.50", note="Try.")
    page = checker.follow(checker.send(checker.get(PERSONAL), "/refuse"))
    assert "Refused. The product stays as it is." in page.text
    maker.send(maker.get(NEW), "/new", late_fee="7.50", note="Try again.")
    page = maker.follow(maker.send(maker.get(PERSONAL), "/withdraw"))

    assert "Withdrawn. The product stays as it is." in page.text
    assert "Refused" in page.text
    assert "Withdrawn" in page.text
    assert [one.version for one in queries.versions("personal", "EUR")] == [1]


def test_the_shelf_is_for_the_staff_and_a_new_version_for_admins(
    browse: Browse, officer: Actor
) -> None:
    browse(an_actor("Lena Lender")).get(SHELF, status=403)
    reader = browse(officer)

    assert "New version" not in reader.get(PERSONAL).links
    reader.get(NEW, status=403)
    reader.get("/staff/products/nothing/EUR", status=404)


def test_prices_are_told_by_both_laws_for_weeks_and_for_one_payment(
    browse: Browse, officer: Actor
) -> None:
    reader = browse(officer)

    weekly = reader.get("/staff/products/micro/EUR")
    at_the_end = reader.get("/staff/products/harvest/EUR")

    assert "28 weeks, paid every week" in weekly.text
    assert "7 months, paid once, at the end" in at_the_end.text
    assert "APR (US)" in weekly.text
    assert "APR (EU)" in weekly.text


def test_the_shelf_can_be_taken_along(browse: Browse, officer: Actor) -> None:
    reader = browse(officer)

    answer = reader.get(SHELF)

    assert "Weekly micro loan" in answer.text
    assert answer.links["Download as CSV"] == f"{SHELF}?format=csv"


@pytest.mark.parametrize("path", [SHELF, PERSONAL, NEW])
def test_a_page_asks_the_database_a_few_times_only(browse: Browse, admin: Actor, path: str) -> None:
    reader = browse(admin)
    reader.get(path)

    with listening() as statements:
        reader.get(path)

    assert len(statements) <= PAGE_MAX
