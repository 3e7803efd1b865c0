"""The finance desk on a site with money in it: what each page says, where its numbers lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from marketplace.escrow import queries as escrow
from marketplace.escrow.jobs import mirror_job, sweep
from marketplace.escrow.queries import Instruction
from marketplace.escrow.reconcile import reconcile
from marketplace.escrow.services import dispatching, mirroring
from marketplace.infra import jobs, proofs
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.infra.jobs import defer, job
from marketplace.infra.proofs import Subject
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.ledger import services as ledger_services
from tests.builders import loans as build
from tests.builders.campaigns import a_live_campaign, euros, pledged
from tests.builders.escrow import World, a_refund, a_top_up, known
from tests.builders.identity import an_actor
from tests.builders.scenes import Scenes
from tests.builders.tables import download, figure, table
from tests.page_client import PageClient

FINANCE, LEDGER = "/staff/finance", "/staff/ledger"


@dataclass
class Books:
    """A running loan whose first bill is late, and a payout that waits for an account."""

    loan_id: UUID
    paid: Instruction
    waiting: Instruction


@pytest.fixture
def books(market: World, hand: clock.Hand, scenes: Scenes) -> Books:
    """Live a little: lend, bill, be late; pledge, reach the goal, and owe an unknown account."""
    return scenes.play("books", hand, lambda: _books(market, hand))


def _books(market: World, hand: clock.Hand) -> Books:
    cast = build.Cast(borrower=an_actor("Bea <Borrower>"))
    loan_id = build.a_running_loan(market, hand, cast, build.a_request("1200"))
    campaign_id = a_live_campaign(an_actor("Sol Sponsor"), goal=euros(100), days=30)
    pledge_id = pledged(market, campaign_id, "100")
    build.until_day(market, hand, build.schedule(loan_id)[0].due_on + timedelta(days=17))
    mirroring.mirror()
    (paid,) = escrow.instructions_for(pledge_id)
    (waiting,) = escrow.instructions_for(campaign_id)
    db.session.rollback()
    return Books(loan_id, paid, waiting)


def test_no_page_asks_the_database_more_than_twelve_times(
    officer: PageClient, books: Books, statements: list[str]
) -> None:
    paid = books.paid
    for path in (
        FINANCE,
        f"{FINANCE}/instructions",
        f"{FINANCE}/instructions/{paid.operation_id}",
        f"{FINANCE}/deliveries",
        f"{FINANCE}/payouts",
        f"{FINANCE}/approvals",
        f"{FINANCE}/overdue",
        f"{FINANCE}/jobs",
        f"{FINANCE}/reconciliation",
        LEDGER,
        f"{LEDGER}?kind=person:wallet&currency=EUR",
        f"{LEDGER}/journals",
        f"{LEDGER}/journals/escrow.charged:{paid.id}",
        f"{LEDGER}/accounts/{paid.account_id}",
        f"{LEDGER}/accounts/{paid.account_id}?from=2026-01-01&to=2026-12-31",
    ):
        statements.clear()

        officer.get(path)

        # The cockpit shows all of the desk, and asks one question more than any other page may.
        assert 0 < len(statements) <= (13 if path == FINANCE else 12), "\n".join(
            [path, *statements]
        )


class TestCockpit:
    def test_every_queue_says_how_many_wait_and_how_long(
        self, officer: PageClient, books: Books
    ) -> None:
        rows = {row["Queue"]: row for row in table(officer.get(FINANCE), "What waits")}

        assert rows["Payouts waiting for an account"]["All"] == "1"
        assert rows["Payouts waiting for an account"]["State"] == "Waits long"
        assert rows["Instructions without an answer"]["State"] == "Empty"

    def test_each_number_opens_the_list_it_counts(
        self, officer: PageClient, world: World, hand: clock.Hand
    ) -> None:
        paid = world.paid(euros(25))
        hand.advance(days=9)
        sweep()
        world.wire.trouble = ["answer_lost"]
        refund = a_refund(paid)
        dispatching.dispatch(refund)
        assert known(refund).state == "unknown"
        hand.advance(hours=3)

        page = officer.get(FINANCE)
        row = next(r for r in table(page, "What waits") if "without an answer" in r["Queue"])
        listed = officer.get(f"{FINANCE}/instructions?state=unknown&age=day")

        assert (row["Up to 1 day"], row["All"], row["State"]) == ("1", "1", "Look at it")
        assert row["Oldest"] == "3 hours"
        assert f'href="{FINANCE}/instructions?state=unknown&amp;age=day"' in page.markup
        assert [r["Instruction"] for r in table(listed, "Instructions")] == [
            public_id("ins", refund)
        ]

    def test_a_job_that_gave_up_is_counted_and_listed(self, officer: PageClient) -> None:
        _queue_a_failure()
        with pytest.raises(ZeroDivisionError):
            jobs.run_due()

        cockpit, listed = officer.get(FINANCE), officer.get(f"{FINANCE}/jobs")

        rows = {row["Queue"]: row for row in table(cockpit, "What waits")}
        assert rows["Failed jobs"]["All"] == "1"
        assert table(listed, "Newest first")[0]["Name"] == "test.fails"

    def test_overdue_loans_are_cut_by_how_late_they_are(
        self, officer: PageClient, books: Books
    ) -> None:
        page = officer.get(FINANCE)

        assert "1 loan is overdue" in page.text
        assert "31–60 days" in page.text
        assert f"{FINANCE}/overdue?bucket=1-30&amp;currency=EUR" in page.markup

    def test_the_days_around_today_show_what_arrived_and_what_is_asked_for(
        self, officer: PageClient, world: World, hand: clock.Hand
    ) -> None:
        world.paid(euros(25))

        page = officer.get(FINANCE)

        assert "EUR 25 arrived in a week, EUR 0 is asked for in the next" in page.text
        assert figure(page, "Arrived today") == "EUR 25.00"

    def test_all_money_lies_somewhere_and_belongs_to_somebody(
        self, officer: PageClient, books: Books
    ) -> None:
        (row,) = table(officer.get(FINANCE), "All money, by currency")

        assert row["Currency"] == "EUR"
        assert row["Difference"] == "EUR 0.00"
        assert row["Held for people"] == "EUR 95.00"

    def test_a_currency_that_does_not_exist_is_left_out(self, officer: PageClient) -> None:
        assert officer.get(f"{FINANCE}?currency=DM").h1 == "Finance"


class TestLight:
    def test_says_that_nothing_was_proved_yet(self, officer: PageClient) -> None:
        assert "Not everything has been proved yet" in officer.get(FINANCE).text

    def test_is_green_once_both_proofs_hold(self, officer: PageClient, world: World) -> None:
        world.paid(euros(25))
        _prove()

        page = officer.get(FINANCE)

        assert "light--good" in page.markup
        assert "1 line of the provider’s statement compared on 2 Mar 2026" in page.text

    def test_turns_when_the_last_proof_is_old(
        self, officer: PageClient, world: World, hand: clock.Hand
    ) -> None:
        _prove()
        hand.advance(hours=4)

        assert "not proved lately" in officer.get(FINANCE).text

    def test_is_red_where_the_provider_has_what_we_have_not(
        self,
        officer: PageClient,
        world: World,
        owner_connection: psycopg.Connection[Any],
    ) -> None:
        paid = world.paid(euros(25))
        _prove()
        with owner_connection.transaction():
            owner_connection.execute("SET LOCAL session_replication_role = replica")
            owner_connection.execute("UPDATE escrow_movement SET amount_minor = amount_minor + 1")
        reconcile()

        page = officer.get(f"{FINANCE}/reconciliation")

        assert "Ledger and provider differ" in page.text
        (row,) = table(page, "Differences")
        assert (row["Type"], row["Here"], row["There"]) == ("Amount", "EUR 25.00", "EUR 25.01")
        assert row["Instruction"] == paid.operation_id


class TestProof:
    def test_a_new_site_is_proved_with_its_first_statement_and_then_each_hour(
        self, world: World, hand: clock.Hand
    ) -> None:
        times = []
        for minutes in (0, 2, 57, 2):
            hand.advance(minutes=minutes)
            mirror_job()
            times.append(proofs.latest()[Subject.PROVIDER].at)
            db.session.rollback()

        first = times[0]
        assert times == [first, first, first, first + timedelta(minutes=61)]

    def test_asking_for_it_runs_both_in_the_background(
        self, officer: PageClient, world: World
    ) -> None:
        world.paid(euros(25))
        page = officer.get(f"{FINANCE}/reconciliation/prove")

        answer = officer.send(page, "reconciliation/prove")
        assert proofs.latest() == {}
        db.session.rollback()
        world.deliver()

        assert answer.location.endswith(f"{FINANCE}/reconciliation")
        assert "Both proofs are running" in officer.follow(answer).text
        assert {subject: proof.holds for subject, proof in proofs.latest().items()} == {
            Subject.LEDGER: True,
            Subject.PROVIDER: True,
        }

    def test_asking_twice_queues_it_once(self, officer: PageClient) -> None:
        for _ in range(2):
            officer.send(officer.get(f"{FINANCE}/reconciliation/prove"), "prove")

        assert jobs.waiting() == 2

    def test_shows_both_sides_and_every_invariant(self, officer: PageClient, world: World) -> None:
        world.paid(euros(25))
        _prove()

        page = officer.get(f"{FINANCE}/reconciliation")

        (cash,) = table(page, "Cash as of")
        assert cash["Pending, ledger"] == cash["Pending, provider"]
        assert cash["Difference"] == "EUR 0.00"
        assert {row["State"] for row in table(page, "invariants")} == {"Holds"}
        assert "None: both sides agree on every line." in page.text


class TestInstructions:
    def test_the_page_of_one_tells_its_whole_story(self, officer: PageClient, books: Books) -> None:
        page = officer.get(f"{FINANCE}/instructions/{books.paid.operation_id}")

        assert page.h1.startswith("Checkout, pledge")
        assert str(books.paid.provider_ref) in page.text
        assert "Sent to the provider" in page.text
        written = {row["Operation"] for row in table(page, "What the ledger wrote")}
        assert f"escrow.charged:{books.paid.id}" in written
        assert any(operation.startswith("escrow.fee:") for operation in written)
        assert [row["State"] for row in table(page, "What the provider told us")] == ["Applied"]

    def test_whose_money_it_is_is_said_and_never_the_readers_own_name(
        self, officer: PageClient, books: Books
    ) -> None:
        waiting = officer.get(f"{FINANCE}/instructions/{books.waiting.operation_id}")

        assert "Person Sol Sponsor" in waiting.text
        assert "Person Flo Finance" not in waiting.text

    def test_a_transfer_without_an_account_is_in_its_own_queue(
        self, officer: PageClient, books: Books
    ) -> None:
        waiting = officer.get(f"{FINANCE}/instructions?state=onboarding")
        planned = officer.get(f"{FINANCE}/instructions?state=planned")

        assert [row["Instruction"] for row in table(waiting, "Instructions")] == [
            books.waiting.operation_id
        ]
        assert table(planned, "Instructions") == []

    def test_the_payout_that_waits_is_listed_with_its_receiver(
        self, officer: PageClient, books: Books
    ) -> None:
        (row,) = table(officer.get(f"{FINANCE}/payouts"), "Waiting for a payout account")

        assert (row["Receiver"], row["Amount"]) == ("Sol Sponsor", "EUR 95.00")

    def test_pages_meet(
        self,
        officer: PageClient,
        world: World,
        hand: clock.Hand,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("marketplace.backoffice.lists.PAGE", 2)
        made = []
        for n in (1, 2, 3):
            made.append(a_top_up(euros(n)).operation_id)
            hand.advance(seconds=1)

        first = officer.get(f"{FINANCE}/instructions")
        second = officer.get(first.links["Older"])

        seen = [row["Instruction"] for page in (first, second) for row in table(page, "Instr")]
        assert seen == made[::-1]
        assert "Older" not in second.links
        assert second.links["Newest"] == f"{FINANCE}/instructions"

    @pytest.mark.parametrize(
        "ref", ["x", "ins_", "ins_" + "z" * 26, "ins_" + "0" * 26, "per_" + "0" * 26]
    )
    def test_what_is_not_there_is_not_found(self, officer: PageClient, ref: str) -> None:
        officer.get(f"{FINANCE}/instructions/{ref}", status=404)
        officer.get(f"{FINANCE}/deliveries/{ref}", status=404)

    def test_the_download_has_these_columns(self, officer: PageClient, books: Books) -> None:
        rows = download(officer, f"{FINANCE}/instructions?format=csv")

        assert rows[0] == [
            "Instruction", "What", "State", "Amount", "Amount (currency)", "Cause", "Planned",
            "Age", "Calls", "Provider’s id", "Last trouble",
        ]  # fmt: skip
        assert rows[1][:5] == [
            books.waiting.operation_id,
            "Transfer, release to the sponsor",
            "Waiting to be sent",
            "95.00",
            "EUR",
        ]


class TestDeliveries:
    def test_a_notice_is_shown_as_it_came(self, officer: PageClient, books: Books) -> None:
        one = escrow.deliveries_about(books.paid.id)[0]

        page = officer.get(f"{FINANCE}/deliveries/{public_id('dlv', one.id)}")

        assert one.provider_event_id in page.h1
        assert books.paid.operation_id in page.text
        assert "checkout" in page.text

    def test_states_narrow_the_list(self, officer: PageClient, books: Books) -> None:
        applied = table(officer.get(f"{FINANCE}/deliveries?state=applied"), "Deliveries")
        failed = table(officer.get(f"{FINANCE}/deliveries?state=failed"), "Deliveries")

        assert {row["State"] for row in applied} == {"Applied"}
        assert failed == []

    def test_the_download_has_these_columns(self, officer: PageClient, books: Books) -> None:
        rows = download(officer, f"{FINANCE}/deliveries?format=csv")

        assert rows[0] == [
            "Provider’s event", "Kind", "State", "Arrived", "Tries", "About", "Last trouble",
        ]  # fmt: skip
        assert len(rows) > 1


def _prove() -> None:
    ledger_services.prove(clock.now())
    reconcile()
    db.session.rollback()


@job("test.fails", attempts=1)
def _fails() -> None:
    raise ZeroDivisionError


@command
def _queue_a_failure() -> None:
    defer(_fails)
