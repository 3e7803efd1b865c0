"""A new version of a product: one person proposes, another publishes, running loans keep theirs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from marketplace.infra.database import db, rows
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, Refusal, Refused
from marketplace.loans.models import Loan
from marketplace.loans.pricing import quote
from marketplace.loans.queries import products as queries
from marketplace.loans.queries.products import Product
from marketplace.loans.services import products
from marketplace.loans.terms import ServicingTerms
from marketplace.loans.versions import COLUMNS, Band
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor


@pytest.fixture
def admin() -> Actor:
    return an_actor("Ada Admin", role="admin")


@pytest.fixture
def second() -> Actor:
    return an_actor("Otto Officer", role="finance_officer")


def newest(code: str = "personal") -> Product:
    return queries.versions(code, "EUR")[0]


def proposed(
    admin: Actor,
    base: Product | None = None,
    *,
    code: str | None = None,
    grades: dict[str, Band] | None = None,
    note: str = "Late payments cost us calls.",
    **changed: Any,
) -> UUID:
    base = base or newest()
    columns = {name: getattr(base, name) for name in COLUMNS} | changed
    return products.propose(
        admin,
        base.id,
        code=code or base.code,
        columns=columns,
        grades=grades or products.bands_of(base.id),
        note=note,
        now=clock.now(),
    )


class TestPublishing:
    def test_makes_the_next_version_with_everything_else_as_it_was(
        self, world: World, admin: Actor, second: Actor
    ) -> None:
        before = newest()
        proposal = proposed(admin, late_fee_minor=700, documents=["identity", "income"])

        products.publish(second, proposal, now=clock.now())

        after = newest()
        assert (after.version, after.late_fee_minor) == (before.version + 1, 700)
        assert list(after.documents) == ["identity", "income"]
        assert products.bands_of(after.id) == products.bands_of(before.id)
        same = set(COLUMNS) - {"late_fee_minor", "documents"}
        assert all(getattr(after, name) == getattr(before, name) for name in same)
        assert [one.id for one in queries.products("EUR") if one.code == "personal"] == [after.id]

    def test_is_for_a_second_person(self, world: World, admin: Actor) -> None:
        proposal = proposed(admin, late_fee_minor=700)

        with pytest.raises(IllegalMove):
            products.publish(admin, proposal, now=clock.now())
        with pytest.raises(NotAllowed):
            products.publish(an_actor("Lena Lender"), proposal, now=clock.now())

        assert newest().late_fee_minor != 700

    def test_happens_once(self, world: World, admin: Actor, second: Actor) -> None:
        proposal = proposed(admin, late_fee_minor=700)
        products.publish(second, proposal, now=clock.now())

        with pytest.raises(IllegalMove):
            products.publish(second, proposal, now=clock.now())

        assert [one.version for one in queries.versions("personal", "EUR")] == [2, 1]

    def test_a_new_product_like_another_begins_at_one(
        self, world: World, admin: Actor, second: Actor
    ) -> None:
        base = newest()
        proposal = proposed(admin, base, code="moving", name="Moving loan")

        products.publish(second, proposal, now=clock.now())

        assert [one.version for one in queries.versions("moving", "EUR")] == [1]
        assert newest().id == base.id
        assert newest().active

    def test_what_was_published_never_changes(
        self, database_url: str, world: World, admin: Actor, second: Actor
    ) -> None:
        product_id = products.publish(second, proposed(admin, late_fee_minor=700), now=clock.now())

        for change in ("UPDATE loan_product SET late_fee_minor = 1", "DELETE FROM loan_product"):
            with (
                psycopg.connect(database_url, autocommit=True) as owner,
                pytest.raises(psycopg.errors.IntegrityConstraintViolation),
            ):
                owner.execute(f"{change} WHERE id = %s", (product_id,))

    def test_can_end_an_offer(self, world: World, admin: Actor, second: Actor) -> None:
        products.publish(second, proposed(admin, newest("micro"), active=False), now=clock.now())

        assert queries.offered("micro", "EUR") is None
        assert queries.offered("micro", "USD") is not None


class TestProposing:
    def test_is_for_an_admin(self, world: World, second: Actor) -> None:
        with pytest.raises(NotAllowed):
            proposed(second, late_fee_minor=700)

    @pytest.mark.parametrize(
        ("changed", "codes"),
        [
            ({}, ["product_unchanged"]),
            ({"late_fee_minor": 700, "note": " "}, ["product_note_missing"]),
            (
                {"amount_max_minor": 1, "calendar": "MARS"},
                ["product_amounts_crossed", "product_choice_missing"],
            ),
            ({"code": "micro"}, ["product_code_taken"]),
        ],
    )
    def test_says_at_once_everything_that_is_wrong(
        self, world: World, admin: Actor, changed: dict[str, Any], codes: list[str]
    ) -> None:
        with pytest.raises(Refusal) as refused:
            proposed(admin, **changed)

        found = refused.value.refusals if isinstance(refused.value, Refused) else [refused.value]
        assert [one.code for one in found] == codes

    def test_waits_for_the_one_before(self, world: World, admin: Actor, second: Actor) -> None:
        first = proposed(admin, late_fee_minor=700)

        with pytest.raises(Refusal, match="product_proposal_open"):
            proposed(admin, late_fee_minor=800)
        products.withdraw(admin, first, now=clock.now())
        again = proposed(admin, late_fee_minor=800)
        products.refuse(second, again, now=clock.now())

        assert newest().version == 1
        states = [one.state for one in queries.proposals("personal", "EUR")]
        assert states == ["refused", "withdrawn"]

    def test_begins_from_the_newest(self, world: World, admin: Actor, second: Actor) -> None:
        old = newest()
        products.publish(second, proposed(admin, old, late_fee_minor=700), now=clock.now())

        with pytest.raises(Refusal, match="product_changed_meanwhile"):
            proposed(admin, old, late_fee_minor=800)


def signed_terms(loan_id: UUID) -> ServicingTerms:
    """What a loan that was paid out is served by."""
    loan = db.session.get_one(Loan, loan_id)
    assert loan.disbursed_on is not None
    terms = loan.servicing_terms(loan.disbursed_on)
    db.session.rollback()
    return terms


def test_a_running_loan_keeps_the_terms_it_was_signed_with(
    world: World, hand: clock.Hand, cast: build.Cast, admin: Actor, second: Actor
) -> None:
    loan_id = build.a_running_loan(world, hand, cast)
    signed, schedule = signed_terms(loan_id), build.schedule(loan_id)
    dearer = {
        grade: Band(band.rate_from, min(band.rate_to * 2, Decimal(1)), band.loss_rate)
        for grade, band in products.bands_of(newest().id).items()
    }

    products.publish(
        second,
        proposed(
            admin,
            grades=dearer,
            late_fee_minor=5_000,
            penalty_bps_per_year=2_000,
            method="flat",
            period_unit="WEEKS",
            bill_lead_days=3,
            calendar="TARGET",
            lender_fee_bps=2_500,
            prepayment_fee_bps=500,
        ),
        now=clock.now(),
    )

    assert signed_terms(loan_id) == signed
    assert build.schedule(loan_id) == schedule
    assert build.loan(loan_id).product_id != newest().id


def test_every_product_of_the_first_day_can_be_priced_at_every_corner(world: World) -> None:
    """Smallest and largest amount, shortest and longest term, best and worst grade."""
    for one in queries.products():
        grades, limits = queries.grades(one.id), one.limits
        for amount in (limits.amount_min, limits.amount_max):
            for count in (limits.instalments_min, limits.instalments_max):
                for rate in (grades[0].rate_from, grades[-1].rate_to):
                    cost = quote(one.terms(amount, rate, count), clock.today())
                    assert cost.apr_pct is not None
                    assert cost.apr_eu_pct is not None
                    assert cost.apr_eu_pct >= cost.apr_pct > rate * 100


def test_the_shelf_counts_loans_and_names_what_waits(
    world: World, cast: build.Cast, admin: Actor
) -> None:
    build.a_submitted(cast.borrower)
    proposed(admin, late_fee_minor=700)

    found = {(one.product.code, one.product.currency): one for one in queries.shelf()}

    assert (found["personal", "EUR"].loans, found["personal", "EUR"].waits) == (1, True)
    assert (found["personal", "USD"].loans, found["personal", "USD"].waits) == (0, False)
    assert len(found) == len(rows("SELECT DISTINCT code, currency FROM loan_product", into=_Row))


class _Row:
    def __init__(self, code: str, currency: str) -> None:
        self.code, self.currency = code, currency
