"""The lender's desk in a browser: portfolio, calendar, return, statements, auto-invest."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from marketplace.infra import pdf
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.queries import calendar, cash_flow, lender, portfolio, returns
from marketplace.loans.queries.portfolio import Filters
from marketplace.loans.services import auto_invest_orders
from marketplace.loans.views import statement_papers
from marketplace.loans.xirr import xirr
from marketplace.web.csv_answer import Table
from tests.builders import auto_invest as rules
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.scenes import Scenes
from tests.page_client import PageClient
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening

PAGES = {
    "portfolio": "/my/portfolio",
    "calendar": "/my/portfolio/calendar",
    "return": "/my/portfolio/return",
    "auto-invest": "/my/auto-invest",
    "statements": "/my/statements",
    "tax": "/my/statements/2026",
}


def table(browser: PageClient, path: str) -> list[dict[str, str]]:
    """A download as its rows."""
    answer = browser.client.get(path)
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


def minor(text: str) -> int:
    """Cents of a decimal amount."""
    return int(Decimal(text) * 100)


@pytest.fixture
def lena(world: World) -> Actor:
    return an_actor("Lena Lender")


@pytest.fixture
def repaid(world: World, hand: clock.Hand, scenes: Scenes) -> Actor:
    """A lender with a third of a loan of which two instalments came back."""
    return scenes.play("repaid", hand, lambda: _repaid(world, hand))


def _repaid(world: World, hand: clock.Hand) -> Actor:
    cast, lena = build.Cast(), an_actor("Lena Lender")
    others = [(an_actor("Lou Lender"), "333.33"), (an_actor("Liv Lender"), "333.34")]
    loan_id = build.a_running_loan(world, hand, cast, parts=[(lena, "333.33"), *others])
    for _ in range(2):
        while not build.open_bills(loan_id):
            build.pass_days(world, hand, 1)
        build.pay_next_bill(world, cast, loan_id)
        build.pass_days(world, hand, 1)
    return lena


class TestPortfolio:
    def test_without_a_note_an_example_is_shown_and_said_to_be_one(
        self, world: World, browse: Browse, lena: Actor
    ) -> None:
        page = browse(lena).get("/my/portfolio")
        assert page.h1 == "My portfolio"
        assert "This is an example, not your money" in page.text
        assert "See the open loans" in page.links

    def test_every_figure_equals_what_came_back_and_what_the_ledger_claims(
        self, world: World, browse: Browse, repaid: Actor
    ) -> None:
        (note,) = build.notes(repaid)
        found = portfolio.summary(repaid.known(), Filters("EUR"), today=clock.today())
        claim = scalar(
            "SELECT sum(k.credits_posted - k.debits_posted) FROM note n,"
            " ledger_counters(n.claim_account) k WHERE n.lender_id = %s",
            (repaid.known(),),
        )
        db.session.rollback()
        assert found.whole.outstanding_minor == int(claim) == note.outstanding.minor
        assert found.whole.interest_minor == note.interest_back.minor > 0

        page = browse(repaid).get("/my/portfolio")
        assert f"EUR {note.outstanding.decimal():,.2f}" in page.text
        assert "Everything outstanding is on time" in page.text
        assert "Much depends on one borrower" in page.text  # it is the only one
        assert "Losses" not in page.text  # there are none: no figure that is always nothing
        assert "B. B." in page.text
        assert "Bea Borrower" not in page.text
        prove(world)

    def test_late_notes_stand_in_their_bucket_and_can_be_filtered(
        self, world: World, hand: clock.Hand, browse: Browse, repaid: Actor
    ) -> None:
        build.pass_days(world, hand, 75)
        browser = browse(repaid)
        page = browser.get("/my/portfolio")
        assert "100.0 % of what is outstanding is late" in page.text
        assert len(table(browser, "/my/portfolio?bucket=31-60&format=csv")) == 1
        assert table(browser, "/my/portfolio?bucket=1-30&format=csv") == []
        assert "No note is like that" in browser.get("/my/portfolio?grade=A").text

    def test_the_download_holds_the_rows_of_the_page(
        self, world: World, browse: Browse, repaid: Actor
    ) -> None:
        (note,) = build.notes(repaid)
        (row,) = table(browse(repaid), "/my/portfolio?format=csv")
        assert row["Loan"] == note.title
        assert minor(row["Outstanding"]) == note.outstanding.minor
        assert row["Outstanding (currency)"] == "EUR"


class TestCalendar:
    def test_the_months_come_to_all_that_is_open_by_the_split_of_the_distribution(
        self, world: World, hand: clock.Hand, cast: build.Cast, lena: Actor
    ) -> None:
        parts = [(lena, "333.33"), (an_actor("Lou Lender"), "333.33"), (an_actor("L"), "333.34")]
        loan_id = build.a_running_loan(world, hand, cast, parts=parts)
        planned = calendar.months(lena.known(), "EUR", today=clock.today(), count=13)
        assert sum(one.principal_minor for one in planned) == 33_333
        db.session.rollback()

        came = []
        for _ in range(3):
            while not build.open_bills(loan_id):
                build.pass_days(world, hand, 1)
            build.pay_next_bill(world, cast, loan_id)
            build.pass_days(world, hand, 1)
            (note,) = build.notes(lena)
            came.append((note.principal_back.minor, note.interest_back.minor))

        due = [(one.principal_minor, one.interest_minor) for one in planned if one.notes][:3]
        assert came[0] == due[0]
        assert came[2] == (sum(p for p, _ in due), sum(i for _, i in due))
        left = calendar.months(lena.known(), "EUR", today=clock.today(), count=13)
        assert sum(one.principal_minor for one in left) == 33_333 - came[2][0]

    def test_what_is_late_stands_in_this_month_and_is_said(
        self, world: World, hand: clock.Hand, browse: Browse, repaid: Actor
    ) -> None:
        build.pass_days(world, hand, 40)
        browser = browse(repaid)
        page = browser.get("/my/portfolio/calendar")
        assert "should have come before" in page.text
        rows = table(browser, "/my/portfolio/calendar?format=csv")
        assert len(rows) == 12
        assert rows[0]["Month"] == f"{clock.today():%Y-%m}"
        assert minor(rows[0]["Of it late"]) > 0

    def test_with_nothing_due_the_next_step_is_shown(
        self, world: World, browse: Browse, lena: Actor
    ) -> None:
        page = browse(lena).get("/my/portfolio/calendar")
        assert "Nothing is due to you" in page.text


class TestReturn:
    def test_the_rate_is_that_of_the_real_flows_to_a_millionth(
        self, world: World, browse: Browse, repaid: Actor
    ) -> None:
        today = clock.today()
        flows = cash_flow.flows(repaid.known(), "EUR", today=today)
        db.session.rollback()
        rate = xirr(flows)
        assert rate is not None
        start = flows[0][0]
        value = sum(
            float(amount) / (1 + float(rate)) ** ((on - start).days / 365) for on, amount in flows
        )
        assert abs(value) < 1e-6 * 333.33
        rows = table(browse(repaid), "/my/portfolio/return?format=csv")
        assert [(row["Day"], Decimal(row["Lent (minus), came back (plus)"])) for row in rows] == [
            (on.isoformat(), amount) for on, amount in flows
        ]
        assert str(rate) in browse(repaid).get("/my/portfolio/return").text

    def test_a_hand_computed_fixture(self) -> None:
        """100 lent, 6 back after 182 days and 106 after 365: the root by bisection, 40 digits."""
        flows = [
            (date(2025, 1, 1), Decimal(-100)),
            (date(2025, 7, 2), Decimal(6)),
            (date(2026, 1, 1), Decimal(106)),
        ]
        rate = xirr(flows)
        assert rate is not None
        assert abs(rate - Decimal("0.1236104505967642")) < Decimal("0.000001")

    def test_idle_money_is_weighed_by_its_days(self) -> None:
        monday = date(2026, 3, 2)
        wallet = [(monday, 10_000), (monday + timedelta(days=1), -10_000)]
        working = [(monday + timedelta(days=1), 10_000)]
        share = returns.idle_share(wallet, working, monday + timedelta(days=3))
        assert share == Decimal("0.25")
        assert returns.idle_share([], [], monday) is None


class TestStatements:
    def test_opening_movements_and_closing_are_the_wallets_own(
        self, world: World, browse: Browse, repaid: Actor
    ) -> None:
        browser = browse(repaid)
        today = clock.today()
        rows = table(browser, f"/my/statements?first=2026-03-01&last={today}&format=csv")
        assert sum(minor(row["Change"]) for row in rows) == build.in_wallet(repaid)
        assert minor(rows[-1]["Balance after"]) == build.in_wallet(repaid)
        page = browser.get(f"/my/statements?first={today}&last={today}")
        assert f"EUR {Money(build.in_wallet(repaid), 'EUR').decimal():,.2f}" in page.text

    def test_what_may_be_taken_back_is_marked_with_the_last_day_of_it_and_a_withdrawal_is_not(
        self, world: World, browse: Browse, repaid: Actor
    ) -> None:
        build.topped_up(world, repaid, "100")
        build.commit(build.a_listed_loan(build.Cast(an_actor("Bo"))), "20", repaid, source="wallet")
        (note,) = build.notes(repaid)
        shares = lender.shares(note.id)
        db.session.rollback()
        span = f"first=2026-03-01&last={clock.today()}"
        browser = browse(repaid)

        rows = table(browser, f"/my/statements?{span}&format=csv")
        until = {row["What"]: row["May be taken back until"] for row in rows}
        of_shares = [
            (row["Change"], row["May be taken back until"])
            for row in rows
            if row["What"] == "Share of a repayment"
        ]
        assert of_shares == [
            (f"{one.total.decimal():.2f}", f"{one.reversible_until}") for one in shares
        ]
        assert until["Paid in through the provider"] == f"{clock.today() + timedelta(days=120)}"
        assert until["Lent to a loan"] == ""
        last = f"{shares[-1].reversible_until:%-d %b %Y}"
        page = browser.get(f"/my/statements?{span}")
        assert last in page.text
        assert "You keep your share of a repayment then" in page.text

    def test_as_of_any_day_what_is_owed_is_what_was_lent_less_what_had_come(
        self, world: World, repaid: Actor
    ) -> None:
        (note,) = build.notes(repaid)
        now = clock.now()
        long_ago = now - timedelta(days=400)
        whole = returns.lent(repaid.known(), "EUR", since=long_ago, until=now)
        assert (whole.opening_minor, whole.closing_minor) == (0, note.outstanding.minor)
        before = returns.lent(
            repaid.known(), "EUR", since=long_ago, until=note.created_at + timedelta(days=1)
        )
        assert before.closing_minor == note.invested.minor

    def test_the_paper_marks_it_too(self, world: World) -> None:
        day, last = date(2026, 5, 4), date(2026, 9, 1)
        columns = [{"key": "on", "label": "Day"}, {"key": "until", "label": "Until"}] * 3
        table = Table("statement", "Movements", columns, [{"on": day, "until": last}])
        told = statement_papers.Told("EUR", day, day, [], [], table, "Taken back.")

        with world.app.test_request_context():
            *_sums, movements, note = statement_papers.blocks(told)

        assert isinstance(movements, pdf.Table)
        assert movements.rows == [["4 May 2026", "1 Sep 2026"] * 3]
        assert note == pdf.Paragraph("Taken back.", quiet=True)

    @pytest.mark.parametrize("span", ["first=2026-04-01&last=2026-03-01", "first=2026-02-31"])
    def test_days_that_are_none_or_stand_the_wrong_way_round_are_refused(
        self, world: World, browse: Browse, lena: Actor, span: str
    ) -> None:
        page = browse(lena).get(f"/my/statements?{span}", status=422)
        assert "These days cannot be shown" in page.text

    def test_the_papers_are_pdfs_the_same_each_time(
        self, world: World, browse: Browse, repaid: Actor
    ) -> None:
        browser = browse(repaid)
        for path in (
            "/my/statements?first=2026-03-01&format=pdf",
            "/my/statements/2026?format=pdf",
        ):
            one, two = (browser.client.get(path).get_data() for _ in range(2))
            assert one.startswith(b"%PDF-1.")
            assert one == two
            assert len(re.findall(rb"/Type /Page\b(?!s)", one)) == 1

    def test_the_year_sums_what_came_by_currency(
        self, world: World, browse: Browse, repaid: Actor
    ) -> None:
        (note,) = build.notes(repaid)
        (row,) = table(browse(repaid), "/my/statements/2026?format=csv")
        assert minor(row["Interest"]) == note.interest_back.minor
        assert minor(row["Principal back, not income"]) == note.principal_back.minor
        assert table(browse(repaid), "/my/statements/2024?format=csv") == []


class TestAutoInvest:
    def test_from_an_empty_desk_to_a_rule_that_orders_with_its_dry_run_before(
        self, world: World, cast: build.Cast, browse: Browse, lena: Actor
    ) -> None:
        build.topped_up(world, lena, "200")
        build.a_listed_loan(cast)
        browser = browse(lena)
        assert "No rule yet" in browser.get("/my/auto-invest").text
        form = browser.get("/my/auto-invest/new")
        answers: dict[str, Any] = {
            "name": "Steady",
            "amount": "50",
            "grades": ["B", "C"],
            "rate_min": "8",
        }
        page = browser.follow(browser.send(form, "/my/auto-invest/new", **answers))
        assert page.h1 == "Steady"
        assert "This rule would have invested in 1 of 1 listings, EUR 50.00 in all." in page.text

        refused = browser.send(page, "/activate", status=422)
        assert refused.errors == ["Tick this to switch the rule on."]
        on = browser.follow(browser.send(page, "/activate", agreed="y", understood="y"))
        assert "The rule is on." in on.text
        auto_invest_orders.fill(clock.now())
        shown = browser.get(on.path)
        assert "Ordered by this rule" in shown.text
        (order,) = build.open_commitments(lena)
        assert "Steady" in browser.get(f"/commitments/{order.ref}").text

        paused = browser.follow(browser.send(shown, "/pause"))
        assert "Nothing is ordered for it" in paused.text
        ended = browser.follow(browser.send(paused, "/end"))
        assert "The rule has ended" in ended.text

    def test_what_is_left_out_has_its_reason_on_the_page_and_in_the_download(
        self, world: World, cast: build.Cast, browse: Browse, lena: Actor
    ) -> None:
        rule_id = rules.a_rule(lena, grades=("A",))
        build.a_listed_loan(cast)
        path = f"/my/auto-invest/{public_id('rule', rule_id)}"
        browser = browse(lena)
        assert "A grade you did not choose" in browser.get(path).text
        (row,) = table(browser, f"{path}?format=csv")
        assert row["What came of it"] == "A grade you did not choose"
        (tried,) = table(browser, f"{path}?format=csv&list=trial")
        assert tried["What came of it"] == "A grade you did not choose"

    def test_money_too_old_to_be_lent_is_named_with_how_many_loans_are_left_for_it(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse, lena: Actor
    ) -> None:
        build.topped_up(world, lena, "200")
        rule_id = rules.a_rule(lena)
        hand.advance(days=60)
        build.a_listed_loan(cast)
        auto_invest_orders.fill(clock.now())
        path = f"/my/auto-invest/{public_id('rule', rule_id)}"
        page = browse(lena).get(path)

        assert "It leaves 1 of the 1 that take money now and suit this rule: EUR 200.00" in (
            page.text
        )
        (row,) = table(browse(lena), f"{path}?format=csv")
        assert row["What came of it"] == (
            "Your oldest wallet money must leave before this loan may be paid out"
        )
        assert row["Term"] == "12 months"

    @pytest.mark.parametrize(
        ("typed", "field"),
        [({"amount": "0"}, "amount"), ({"amount": "5"}, "amount"), ({"rate_min": "abc"}, "rate")],
    )
    def test_bad_terms_are_refused_beside_their_field(
        self, world: World, browse: Browse, lena: Actor, typed: dict[str, str], field: str
    ) -> None:
        browser = browse(lena)
        form = browser.get("/my/auto-invest/new")
        answers: dict[str, Any] = {"name": "Steady", "amount": "50", **typed}
        refused = browser.send(form, "/my/auto-invest/new", status=422, **answers)
        assert refused.errors

    def test_somebody_elses_rule_is_not_found(
        self, world: World, browse: Browse, lena: Actor
    ) -> None:
        rule_id = rules.a_rule(an_actor("Lou Lender"))
        browse(lena).get(f"/my/auto-invest/{public_id('rule', rule_id)}", status=404)


@pytest.mark.parametrize("where", [*PAGES, "rule"])
def test_no_page_of_the_desk_asks_the_database_more_than_it_may(
    world: World, browse: Browse, repaid: Actor, where: str
) -> None:
    rule = f"/my/auto-invest/{public_id('rule', rules.a_rule(repaid))}"
    browser = browse(repaid)
    with listening() as heard:
        browser.get({**PAGES, "rule": rule}[where])
    assert len(heard) <= PAGE_MAX, heard
