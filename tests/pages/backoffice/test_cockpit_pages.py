"""What finance officers follow up: cash by day, what is late, and what waits for whom."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.queries import history
from marketplace.loans.services import proving, waiving
from marketplace.settlement import runner
from tests.builders import loans as build
from tests.builders import vouchers
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.loans import Cast
from tests.builders.scenes import Scenes
from tests.builders.tables import download, figure, table
from tests.page_client import PageClient

FINANCE = "/staff/finance"
OVERDUE = f"{FINANCE}/overdue"
BILL = "87.45"  # 1,000.00 at 9 % over twelve months
LARGE = "1000.01"  # one officer alone confirms up to 1,000.00


@pytest.fixture
def scene(
    market: World, hand: clock.Hand, scenes: Scenes, request: pytest.FixtureRequest
) -> build.Scene:
    """A running loan with its first bill open and due tomorrow, or ten days late."""
    if "late_id" in request.fixturenames:
        return scenes.play("late", hand, lambda: _late(market, hand))
    return scenes.play("due tomorrow", hand, lambda: _due_tomorrow(market, hand))


@pytest.fixture
def cast(scene: build.Scene) -> Cast:
    return scene[0]


@pytest.fixture
def loan_id(scene: build.Scene) -> UUID:
    """The loan of the scene."""
    return scene[1]


@pytest.fixture
def late_id(loan_id: UUID) -> UUID:
    """The same loan, ten days late, each of them closed."""
    return loan_id


def _due_tomorrow(market: World, hand: clock.Hand) -> build.Scene:
    cast = Cast(borrower=an_actor("Bea <Borrower>"))
    made = build.a_running_loan(market, hand, cast)
    build.until_day(market, hand, due_day(made) - timedelta(days=1))
    return cast, made


def _late(market: World, hand: clock.Hand) -> build.Scene:
    cast, loan_id = _due_tomorrow(market, hand)
    _with_a_late_fee(loan_id)
    build.pass_days(market, hand, (due_day(loan_id) + timedelta(days=10) - clock.today()).days)
    runner.run(clock.now())
    market.deliver()
    return cast, loan_id


@command
def _with_a_late_fee(loan_id: UUID) -> None:
    execute("UPDATE loan SET late_fee_minor = 1000, late_grace_days = 3 WHERE id = %s", (loan_id,))


def due_day(loan_id: UUID) -> date:
    return build.schedule(loan_id)[0].due_on


def confirmed_by(officer: Actor, cast: Cast, loan_id: UUID) -> UUID:
    """A voucher whose amount takes a second officer, confirmed by one."""
    shown = vouchers.shown(cast.borrower, loan_id, LARGE)
    vouchers.came_in(officer, LARGE)
    line = vouchers.last_line()
    proving.match(officer, shown, line, now=clock.now())
    proving.confirm(officer, shown, seen_line_id=line, now=clock.now())
    return shown


class TestCash:
    def test_what_is_expected_tomorrow_is_the_sum_of_open_bills_due_tomorrow(
        self, officer: PageClient, loan_id: UUID
    ) -> None:
        tomorrow = clock.today() + timedelta(days=1)
        asked = scalar(
            "SELECT sum(principal_minor + interest_minor - paid_minor) FROM bill"
            " WHERE paid_at IS NULL AND due_on = %s",
            (tomorrow,),
        )
        db.session.rollback()

        page = officer.get(FINANCE)

        assert asked > 0
        assert figure(page, "Expected tomorrow") == str(Money(int(asked), "EUR"))
        assert figure(page, "Still expected today") == "EUR 0.00"

    def test_a_paid_bill_has_arrived_and_is_not_expected_any_more(
        self, officer: PageClient, market: World, cast: Cast, loan_id: UUID
    ) -> None:
        build.pay_next_bill(market, cast, loan_id)

        page = officer.get(FINANCE)

        assert figure(page, "Expected tomorrow") == "EUR 0.00"
        assert figure(page, "Arrived today") == f"EUR {BILL}"


class TestWaiting:
    def test_a_line_without_a_voucher_is_counted_until_somebody_shows_it(
        self, officer: PageClient, loan_id: UUID, hand: clock.Hand
    ) -> None:
        vouchers.came_in(vouchers.officer(), "12.00")
        hand.advance(hours=3)

        row = _queue(officer, "Bank lines without a voucher")

        assert (row["All"], row["Oldest"]) == ("1", "3 hours")
        assert row["State"] == "1 without an owner"

    def test_vouchers_are_counted_by_what_they_wait_for(
        self, officer: PageClient, cast: Cast, loan_id: UUID
    ) -> None:
        confirmed_by(vouchers.officer(), cast, loan_id)
        vouchers.shown(cast.borrower, loan_id, "5.00")

        assert _queue(officer, "Vouchers to match")["All"] == "1"
        assert _queue(officer, "Vouchers to confirm")["State"] == "Empty"
        assert _queue(officer, "Vouchers for a second officer")["All"] == "1"


class TestApprovals:
    def test_what_another_proposed_waits_for_me(
        self, officer: PageClient, cast: Cast, loan_id: UUID
    ) -> None:
        shown = confirmed_by(vouchers.officer("Fay Officer"), cast, loan_id)

        page = officer.get(FINANCE)
        (row,) = table(page, "Waits for your decision")

        assert (row["What"], row["Amount"]) == ("Voucher, second officer", "EUR 1,000.01")
        assert row["Proposed by"] == "Fay Officer"
        assert f'href="{FINANCE}/vouchers/{public_id("vch", shown)}"' in page.markup

    def test_what_i_proposed_myself_does_not(
        self, officer: PageClient, cast: Cast, loan_id: UUID
    ) -> None:
        me = _signed_in_officer()
        confirmed_by(me, cast, loan_id)

        page = officer.get(f"{FINANCE}/approvals")

        assert "Nothing waits for you" in page.text

    def test_a_charge_proposed_to_be_let_off_leads_to_its_loan(
        self, officer: PageClient, cast: Cast, late_id: UUID
    ) -> None:
        position = history.position(history.served(late_id, cast.borrower.known()), clock.today())
        charge = next(one for one in position.charges if one.open.is_positive)
        db.session.rollback()
        waiving.propose(
            vouchers.officer("Fay Officer"),
            late_id,
            charge.key,
            amount=charge.open,
            reason="The bank was closed.",
            now=clock.now(),
        )

        rows = download(officer, f"{FINANCE}/approvals?format=csv")

        assert rows[0] == [
            "What", "About", "Amount", "Amount (currency)", "Proposed by", "Proposed", "Age",
        ]  # fmt: skip
        assert rows[1][0] == "Charge to let off"
        assert rows[1][2] == f"{charge.open.decimal():f}"

    def test_a_strange_place_to_go_on_from_is_the_start(
        self, officer: PageClient, cast: Cast, loan_id: UUID
    ) -> None:
        confirmed_by(vouchers.officer(), cast, loan_id)
        for after in ("x", "2026-01-01", "2026-01-01T00:00~apr_", "~", "'--~apr_"):
            page = officer.get(f"{FINANCE}/approvals?after={after}")

            assert len(table(page, "Waits")) == 1, after


class TestOverdue:
    def test_a_late_loan_says_how_late_it_is_and_what_cures_it(
        self, officer: PageClient, cast: Cast, late_id: UUID
    ) -> None:
        position = history.position(history.served(late_id, cast.borrower.known()), clock.today())
        db.session.rollback()

        page = officer.get(OVERDUE)
        (row,) = table(page, "Overdue loans")

        assert (row["Borrower"], row["Loan"]) == ("Bea <Borrower>", "A kiln for the pottery")
        assert (row["Days past due"], row["Bucket"]) == ("10", "1–30 days")
        assert position.arrears.charges.is_positive
        assert row["Amount to cure"] == str(position.arrears.amount + position.arrears.charges)
        assert row["Last told"] == "Three days late"
        assert row["Next"] == "An officer looks at it"
        assert f'href="{FINANCE}/loans/{public_id("ln", late_id)}"' in page.markup

    def test_filters_narrow_the_list(self, officer: PageClient, late_id: UUID) -> None:
        found = {
            query: len(table(officer.get(f"{OVERDUE}?{query}"), "Overdue loans"))
            for query in (
                "bucket=1-30", "bucket=31-60", "bucket=nine", "currency=EUR", "currency=JPY",
                "next=look", "next=first_letter", "product=personal",
            )
        }  # fmt: skip

        assert found == {
            "bucket=1-30": 1, "bucket=31-60": 0, "bucket=nine": 1, "currency=EUR": 1,
            "currency=JPY": 0, "next=look": 1, "next=first_letter": 0, "product=personal": 1,
        }  # fmt: skip

    def test_what_an_officer_saw_to_comes_up_again_on_its_day(
        self, officer: PageClient, hand: clock.Hand, late_id: UUID
    ) -> None:
        again = clock.today() + timedelta(days=4)
        page = officer.get(f"{FINANCE}/loans/{public_id('ln', late_id)}")
        officer.send(page, "/arrears", note="Called: pays then.", again_on=again.isoformat())

        (row,) = table(officer.get(OVERDUE), "Overdue loans")
        assert row["Next"] == "An officer looks at it again"
        assert _next_on(officer) == again.isoformat()
        assert len(table(officer.get(f"{OVERDUE}?next=look"), "Overdue loans")) == 0
        assert (
            scalar("SELECT count(*) FROM arrears_alert WHERE kind = 'T+3' AND seen_at IS NULL") == 0
        )
        assert scalar("SELECT count(*) FROM audit_entry WHERE action = 'arrears.see_to'") == 1
        db.session.rollback()

        hand.advance(days=4)
        (row,) = table(officer.get(OVERDUE), "Overdue loans")
        assert row["Next"] == "An officer looks at it"

        again = clock.today() + timedelta(days=31)  # at the latest in the next bucket
        officer.send(page, "/arrears", note="Waits for the sale.", again_on=again.isoformat())
        assert _next_on(officer) == (due_day(late_id) + timedelta(days=31)).isoformat()
        hand.advance(days=17)
        (row,) = table(officer.get(OVERDUE), "Overdue loans")
        assert (row["Days past due"], row["Next"]) == ("31", "An officer looks at it")

    def test_on_the_first_late_day_the_borrower_is_told_next(
        self, officer: PageClient, hand: clock.Hand, loan_id: UUID
    ) -> None:
        hand.advance(days=2)  # nothing has closed the day yet

        (row,) = table(officer.get(OVERDUE), "Overdue loans")

        assert row["Next"] == "The borrower is told that it is late"

    def test_nobody_is_late_is_said_with_a_way_back(
        self, officer: PageClient, loan_id: UUID
    ) -> None:
        assert "No loan is late" in officer.get(OVERDUE).text

    def test_a_strange_place_to_go_on_from_is_the_start(
        self, officer: PageClient, late_id: UUID
    ) -> None:
        for after in ("x", "2026-01-01", "2026-01-01~x", "~", "'--~ln_"):
            assert len(table(officer.get(f"{OVERDUE}?after={after}"), "Overdue")) == 1, after

    def test_the_download_has_these_columns(self, officer: PageClient, late_id: UUID) -> None:
        rows = download(officer, f"{OVERDUE}?format=csv&bucket=1-30")

        assert rows[0] == [
            "Borrower", "Borrower’s id", "Loan", "Loan’s id", "Days past due", "Bucket",
            "Amount to cure", "Amount to cure (currency)", "Next", "Next on", "Oldest due day",
            "Last told", "Told on", "Of it charges",
            "Of it charges (currency)", "Product",
        ]  # fmt: skip
        assert [date.fromisoformat(row[10]) for row in rows[1:]] == [due_day(late_id)]


def _next_on(officer: PageClient) -> str:
    head, line = download(officer, f"{OVERDUE}?format=csv")
    return line[head.index("Next on")]


def _queue(officer: PageClient, name: str) -> dict[str, str]:
    return next(r for r in table(officer.get(FINANCE), "What waits") if r["Queue"] == name)


def _signed_in_officer() -> Actor:
    person_id = scalar("SELECT id FROM person WHERE name = 'Flo Finance'")
    db.session.rollback()
    return Actor(person_id, frozenset({"finance_officer"}))
