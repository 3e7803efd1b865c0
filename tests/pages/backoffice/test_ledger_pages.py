"""The ledger browser: accounts, statements, journals, and the box that finds them."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from marketplace.infra.database import db
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from tests.builders.campaigns import euros
from tests.builders.escrow import World
from tests.builders.identity import a_person
from tests.builders.ledger import WORLD, eur, filled, held, opened, posted, settled
from tests.builders.tables import download, table
from tests.page_client import PageClient

LEDGER = "/staff/ledger"
JAN, FEB = (datetime(2026, month, 10, 12, tzinfo=UTC) for month in (1, 2))


@pytest.fixture
def ada(app: object) -> UUID:
    """Ada, whose wallet got 100 in January, gave 30 in February and has 20 set aside."""
    ada = a_person("Ada <Lovelace>").id
    world, number = opened(WORLD), opened("person:wallet", owner=ada)
    posted("story.in", (world, number, eur("100.00")), cause=f"person:{ada}", at=JAN)
    posted("story.out", (number, world, eur("30.00")), cause="note:unreadable", at=FEB)
    held("story.hold", (number, world, eur("20.00")), cause=f"person:{ada}")
    return ada


@pytest.fixture
def wallet(ada: UUID) -> str:
    """The page of Ada's wallet."""
    number = ledger.account_number("person:wallet", "EUR", ada)
    db.session.rollback()
    return f"{LEDGER}/accounts/{number}"


class TestAccounts:
    def test_the_front_page_adds_up_every_kind(self, officer: PageClient, ada: UUID) -> None:
        page = officer.get(LEDGER)

        sums = {row["Kind"]: row for row in table(page, "All kinds in sum, EUR")}
        assert sums["person:wallet"]["Balance"] == "EUR 70.00"
        assert sums["external:world"]["Balance"] == "EUR 70.00"
        assert sums["person:wallet"]["Debits"] == "EUR 30.00"

    def test_a_filter_narrows_to_kind_and_currency(self, officer: PageClient, ada: UUID) -> None:
        filled("person:wallet", Money(900, "USD"), ada)

        page = officer.get(f"{LEDGER}?kind=person%3Awallet&currency=USD")

        assert [(row["Kind"], row["Posted"]) for row in table(page, "Accounts")] == [
            ("person:wallet", "USD 9.00")
        ]
        assert "All kinds in sum" not in page.text

    def test_an_owners_id_finds_all_their_accounts(self, officer: PageClient, ada: UUID) -> None:
        filled("person:wallet", eur("1.00"), uuid4())

        rows = table(officer.get(f"{LEDGER}?q={public_id('per', ada)}"), "Accounts")

        assert [(row["Owner"], row["Posted"], row["Available"]) for row in rows] == [
            ("Ada <Lovelace>", "EUR 70.00", "EUR 50.00")
        ]

    @pytest.mark.parametrize(
        "typed", ["ada", "per_", "'; DROP TABLE person; --", "per\x00", "<script>", "٣", "x" * 5000]
    )
    def test_what_is_no_id_finds_nothing_and_is_said(
        self, officer: PageClient, ada: UUID, typed: str
    ) -> None:
        page = officer.get(f"{LEDGER}?q={quote(typed)}")

        assert "is not an id" in page.text
        assert table(page, "Accounts") == []

    @pytest.mark.parametrize(
        "address", ["?kind=no:kind", "?currency=DM", "?after=-1", "?after=x", "?after=" + "9" * 40]
    )
    def test_filters_that_mean_nothing_are_left_out(
        self, officer: PageClient, ada: UUID, address: str
    ) -> None:
        assert table(officer.get(f"{LEDGER}{address}"), "Accounts")

    def test_pages_meet(
        self, officer: PageClient, ada: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("marketplace.backoffice.lists.PAGE", 1)

        first = officer.get(f"{LEDGER}?currency=EUR")
        second = officer.get(first.links["Further"])

        kinds = [row["Kind"] for page in (first, second) for row in table(page, "Accounts")]
        assert kinds == ["external:world", "person:wallet"]
        assert "Further" not in second.links

    def test_the_download_has_these_columns(self, officer: PageClient, ada: UUID) -> None:
        rows = download(officer, f"{LEDGER}?kind=person:wallet&format=csv")

        assert rows[0] == [
            "Account", "Kind", "Owner", "Owner’s id", "Posted", "Posted (currency)",
            "Set aside to leave", "Set aside to leave (currency)", "On its way in",
            "On its way in (currency)", "Available", "Available (currency)",
        ]  # fmt: skip
        assert rows[1][1:6] == [
            "person:wallet", "Ada <Lovelace>", public_id("per", ada), "70.00", "EUR",
        ]  # fmt: skip


class TestStatement:
    def test_shows_every_movement_with_the_balance_after_it(
        self, officer: PageClient, ada: UUID, wallet: str
    ) -> None:
        page = officer.get(wallet)

        rows = table(page, "Movements")
        assert [(row["Operation"], row["In"], row["Out"], row["Balance"]) for row in rows] == [
            ("story.hold", "–", "–", "EUR 70.00"),
            ("story.out", "–", "EUR 30.00", "EUR 70.00"),
            ("story.in", "EUR 100.00", "–", "EUR 100.00"),
        ]
        assert rows[0]["Set aside"] == "EUR -20.00"
        assert rows[2]["Cause"] == public_id("per", ada)
        assert "Ada <Lovelace>" in page.text

    def test_days_narrow_it_and_opening_and_closing_are_told(
        self, officer: PageClient, wallet: str
    ) -> None:
        page = officer.get(f"{wallet}?from=2026-02-01&to=2026-02-28")

        assert [row["Operation"] for row in table(page, "Movements")] == ["story.out"]
        assert "Opening balance EUR 100.00" in page.text
        assert "Closing balance EUR 70.00" in page.text

    def test_the_last_day_is_included(self, officer: PageClient, wallet: str) -> None:
        page = officer.get(f"{wallet}?from=2026-02-10&to=2026-02-10")

        assert len(table(page, "Movements")) == 1

    @pytest.mark.parametrize(
        ("days", "sentence"),
        [
            ("from=tomorrow", "“tomorrow” is not a day."),
            ("from=2026-02-30", "“2026-02-30” is not a day."),
            ("to=0001-01-01", "“0001-01-01” is not a day."),
            ("to=9999-12-31", "“9999-12-31” is not a day."),
            ("from=2026-03-01&to=2026-02-01", "The first day is after the last"),
        ],
    )
    def test_days_that_cannot_be_are_said(
        self, officer: PageClient, wallet: str, days: str, sentence: str
    ) -> None:
        page = officer.get(f"{wallet}?{days}")

        assert sentence in page.text
        assert table(page, "Movements") == []

    def test_pages_meet(
        self, officer: PageClient, wallet: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("marketplace.backoffice.lists.PAGE", 2)

        first = officer.get(wallet)
        second = officer.get(first.links["Older"])

        seen = [row["Operation"] for page in (first, second) for row in table(page, "Movements")]
        assert seen == ["story.hold", "story.out", "story.in"]

    @pytest.mark.parametrize("before", ["x", "1", "1.2.3", "-1.-2", "9" * 30 + ".1", "."])
    def test_a_strange_place_to_go_on_from_is_the_start(
        self, officer: PageClient, wallet: str, before: str
    ) -> None:
        assert len(table(officer.get(f"{wallet}?before={before}"), "Movements")) == 3

    @pytest.mark.parametrize("number", ["0", "1978", "9" * 18, "9" * 19, "9" * 60])
    def test_an_account_that_is_not_there_is_not_found(
        self, officer: PageClient, number: str
    ) -> None:
        officer.get(f"{LEDGER}/accounts/{number}", status=404)

    def test_the_download_has_these_columns(self, officer: PageClient, wallet: str) -> None:
        rows = download(officer, f"{wallet}?format=csv")

        assert rows[0] == [
            "When", "Operation", "Cause", "Code", "Other account", "Set aside",
            "Set aside (currency)", "In", "In (currency)", "Out", "Out (currency)", "Balance",
            "Balance (currency)",
        ]  # fmt: skip
        assert rows[3][0] == "2026-01-10T12:00:00+00:00"
        assert rows[3][7:] == ["100.00", "EUR", "", "", "100.00", "EUR"]


class TestJournals:
    def test_newest_first(self, officer: PageClient, ada: UUID) -> None:
        rows = table(officer.get(f"{LEDGER}/journals"), "Journals")

        assert [(row["Operation"], row["What"]) for row in rows] == [
            ("story.hold", "Held"),
            ("story.out", "Posted"),
            ("story.in", "Posted"),
        ]
        assert rows[2]["About"] == "Ada <Lovelace>"

    def test_those_of_one_cause(self, officer: PageClient, ada: UUID) -> None:
        page = officer.get(f"{LEDGER}/journals?cause=person:{ada}")

        assert page.h1 == f"Journals of {public_id('per', ada)}"
        assert [row["Operation"] for row in table(page, "Journals")] == ["story.hold", "story.in"]

    @pytest.mark.parametrize("cause", ["nothing", "person:x", "' OR true --", "<b>", "person:"])
    def test_a_cause_nobody_wrote_for_has_none(
        self, officer: PageClient, ada: UUID, cause: str
    ) -> None:
        page = officer.get(f"{LEDGER}/journals?cause={quote(cause)}")

        assert "Nothing was written for this cause." in page.text

    def test_one_shows_what_moved_and_what_followed(self, officer: PageClient, ada: UUID) -> None:
        settled("story.settled", "story.hold", eur("15.00"))

        hold = officer.get(f"{LEDGER}/journals/story.hold")
        settlement = officer.get(f"{LEDGER}/journals/story.settled")

        (moved,) = table(hold, "Movements")
        assert (moved["Debited to"], moved["Amount"], moved["Phase"]) == (
            "Ada <Lovelace>",
            "EUR 20.00",
            "set aside",
        )
        assert "Then story.settled" in hold.text
        assert "Follows story.hold" in settlement.text

    def test_a_number_is_as_good_as_an_operation(self, officer: PageClient, ada: UUID) -> None:
        number = ledger.journal("story.in").entry.id
        db.session.rollback()

        assert "story.in" in officer.get(f"{LEDGER}/journals/{number}").text

    def test_an_operation_of_escrow_leads_to_its_instruction(
        self, officer: PageClient, world: World
    ) -> None:
        paid = world.paid(euros(25))

        page = officer.get(f"{LEDGER}/journals/escrow.charged:{paid.id}")

        assert f'href="/staff/finance/instructions/{paid.operation_id}"' in page.markup

    @pytest.mark.parametrize("ref", ["0", "9" * 40, "nothing", "a/b/c", "' OR true --"])
    def test_what_was_never_written_is_not_found(
        self, officer: PageClient, ada: UUID, ref: str
    ) -> None:
        officer.get(f"{LEDGER}/journals/{quote(ref)}", status=404)

    def test_a_letter_the_database_cannot_hold_is_not_found(self, officer: PageClient) -> None:
        assert officer.client.get(f"{LEDGER}/journals/%00").status_code == 404

    def test_the_download_has_these_columns(self, officer: PageClient, ada: UUID) -> None:
        rows = download(officer, f"{LEDGER}/journals?format=csv")

        assert rows[0] == ["Journal", "Happened", "What", "Operation", "Cause", "About", "By"]

    def test_the_download_of_one_has_these_columns(self, officer: PageClient, ada: UUID) -> None:
        rows = download(officer, f"{LEDGER}/journals/story.in?format=csv")

        assert rows[0] == [
            "Debit", "Debited to", "Credit", "Credited to", "Amount", "Amount (currency)",
            "Phase", "Code",
        ]  # fmt: skip


class TestSearch:
    def search(self, officer: PageClient, typed: str, status: int = 200) -> str:
        page = officer.get(f"{LEDGER}/search?q={quote(typed)}", status=status)
        return page.location if status == 303 else page.text

    def test_an_operation_opens_its_journal(self, officer: PageClient, ada: UUID) -> None:
        assert self.search(officer, "story.in", 303) == f"{LEDGER}/journals/story.in"

    def test_a_name_of_an_account_opens_it(
        self, officer: PageClient, ada: UUID, wallet: str
    ) -> None:
        assert self.search(officer, f"person:wallet:{ada}", 303) == wallet

    def test_what_is_known_in_several_places_is_listed(
        self, officer: PageClient, ada: UUID
    ) -> None:
        page = officer.get(f"{LEDGER}/search?q={public_id('per', ada)}")

        assert [row["What"] for row in table(page, "Found")] == ["Account", "Journals"]

    @pytest.mark.parametrize("known_as", ["operation_id", "provider_ref", "payment_ref", "id"])
    def test_an_instruction_is_known_by_all_its_names(
        self, officer: PageClient, world: World, known_as: str
    ) -> None:
        paid = world.paid(euros(25))
        expected = f"/staff/finance/instructions/{paid.operation_id}"

        assert self.search(officer, str(getattr(paid, known_as)), 303) == expected

    @pytest.mark.parametrize(
        "typed",
        [
            "nothing of ours",
            "0",
            "9" * 60,
            "-1",
            "per_" + "z" * 26,
            "' OR '1'='1",
            "<script>alert(1)</script>",
            "%",
            "\\",
            "\x00",
            "٤٢",
            "a" * 5000,
        ],
    )
    def test_strange_words_find_nothing(self, officer: PageClient, ada: UUID, typed: str) -> None:
        text = self.search(officer, typed)

        assert "Nothing is known as" in text or "Enter what you know" in text
