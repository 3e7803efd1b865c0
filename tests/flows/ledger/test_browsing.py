"""Reading the ledger backwards, page by page and between days; finding by what people know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import browsing, finding
from marketplace.ledger.queries.browsing import Between
from tests.builders.ledger import WORLD, eur, filled, held, opened, posted, reversed_, settled

OWNER = UUID("018f0000-0000-7000-8000-000000000001")
JAN, FEB, MAR = (datetime(2026, month, 10, 12, tzinfo=UTC) for month in (1, 2, 3))


@pytest.fixture
def wallet(app: Flask) -> int:
    """A wallet: 100 in January, 30 out in February, 5 in in March, then 20 set aside."""
    world, number = opened(WORLD), opened("person:wallet", owner=OWNER)
    posted("story.in", (world, number, eur("100.00")), cause="person:1", at=JAN)
    posted("story.out", (number, world, eur("30.00")), cause="pledge:2", at=FEB)
    posted("story.more", (world, number, eur("5.00")), cause="person:1", at=MAR)
    held("story.hold", (number, world, eur("20.00")), cause="pledge:3")
    return number


def lines(number: int, **asked: object) -> list[tuple[str, int, int]]:
    """Return a statement as (operation, change, balance after)."""
    found = browsing.statement(ledger.balance(number), **asked)  # type: ignore[arg-type]
    return [(line.operation_id, line.change_minor, line.balance_minor) for line in found]


STORY = [
    ("story.hold", 0, 7500),
    ("story.more", 500, 7500),
    ("story.out", -3000, 7000),
    ("story.in", 10000, 10000),
]


class TestStatement:
    def test_goes_backwards_with_the_balance_after_each_line(self, wallet: int) -> None:
        assert lines(wallet) == STORY

    def test_says_what_was_set_aside_and_what_was_freed(self, wallet: int) -> None:
        settled("story.settled", "story.hold", eur("15.00"))

        found = browsing.statement(ledger.balance(wallet))

        assert [(each.phase, each.pending_minor, each.change_minor) for each in found[:2]] == [
            ("post", 2000, -1500),
            ("pending", -2000, 0),
        ]
        assert found[0].balance_minor == 6000

    def test_pages_meet_without_a_gap_or_a_line_twice(self, wallet: int) -> None:
        held_now = ledger.balance(wallet)
        pages = []
        cursor = None
        while page := browsing.statement(held_now, before=cursor, limit=1):
            pages += [(each.operation_id, each.change_minor, each.balance_minor) for each in page]
            cursor = page[-1].cursor

        assert pages == STORY

    def test_a_journal_with_many_lines_is_cut_between_them(self, app: Flask) -> None:
        world, number = opened(WORLD), opened("suspense")
        posted("many", *[(world, number, eur(f"{n}.00")) for n in range(1, 6)])
        held_now = ledger.balance(number)

        first = browsing.statement(held_now, limit=2)
        rest = browsing.statement(held_now, before=first[-1].cursor)

        assert [each.balance_minor for each in (*first, *rest)] == [1500, 1000, 600, 300, 100]

    def test_balances_stay_true_where_days_leave_lines_out(self, wallet: int) -> None:
        only_february = Between(FEB - timedelta(days=1), FEB + timedelta(days=1))

        assert lines(wallet, between=only_february) == [("story.out", -3000, 7000)]

    def test_a_debit_account_grows_by_debits(self, wallet: int) -> None:
        number = ledger.account_number(WORLD, "EUR")
        assert number is not None

        assert lines(number)[-1] == ("story.in", 10000, 10000)

    def test_an_account_nobody_used_has_no_lines(self, app: Flask) -> None:
        assert lines(opened("suspense")) == []


class TestSpan:
    @pytest.mark.parametrize(
        ("between", "expected"),
        [
            (Between(), (0, 10500, 3000, 4, 7500)),
            (Between(since=FEB), (10000, 500, 3000, 3, 7500)),
            (Between(until=FEB), (0, 10000, 0, 1, 10000)),
            (Between(FEB, MAR), (10000, 0, 3000, 2, 7000)),
            (Between(since=MAR + timedelta(days=300)), (7500, 0, 0, 0, 7500)),
        ],
    )
    def test_opening_and_what_went_through_make_the_closing(
        self, wallet: int, between: Between, expected: tuple[int, ...]
    ) -> None:
        found = browsing.span(ledger.balance(wallet), between)

        assert (
            found.opening_minor,
            found.in_minor,
            found.out_minor,
            found.count,
            found.closing_minor,
        ) == expected


class TestAccounts:
    def test_narrows_by_kind_currency_and_owner(self, wallet: int) -> None:
        filled("person:wallet", Money(9, "USD"), OWNER)
        filled("person:wallet", eur("1.00"), uuid4())

        found = browsing.accounts(kind="person:wallet", currency="EUR", owner=OWNER)

        assert [each.account_id for each in found] == [wallet]

    def test_pages_go_on_behind_the_last_one_seen(self, wallet: int) -> None:
        everything = [each.account_id for each in browsing.accounts()]

        found = browsing.accounts(after=everything[0], limit=1)

        assert [each.account_id for each in found] == everything[1:2]


class TestJournals:
    def test_newest_first_and_narrowed_to_one_cause(self, wallet: int) -> None:
        found = browsing.journals(cause="person:1")

        assert [each.operation_id for each in found] == ["story.more", "story.in"]

    def test_pages_go_on_behind_the_last_one_seen(self, wallet: int) -> None:
        newest = browsing.journals(limit=1)[0]

        found = browsing.journals(before=newest.id, limit=1)

        assert [each.operation_id for each in found] == ["story.more"]

    def test_what_settled_or_reversed_it_follows_an_operation(self, wallet: int) -> None:
        reversed_("story.back", "story.more")
        original = ledger.journal("story.more").entry

        assert [each.operation_id for each in browsing.follow_ups(original.id)] == ["story.back"]


class TestFinding:
    def test_journals_by_number_operation_and_cause(self, wallet: int) -> None:
        number = ledger.journal("story.in").entry.id

        by = {
            text: [each.operation_id for each in finding.journals(text)]
            for text in (str(number), "story.in", "person:1")
        }

        assert by == {
            str(number): ["story.in"],
            "story.in": ["story.in"],
            "person:1": ["story.more", "story.in"],
        }

    @pytest.mark.parametrize(
        "text", ["", "0", "9" * 30, "٣", "story.", "' OR true --", "%", "per_", "\\"]
    )
    def test_strange_text_finds_nothing(self, wallet: int, text: str) -> None:
        assert finding.journals(text) == []
        assert finding.accounts(text) == []

    @pytest.mark.parametrize("text", [str(OWNER), public_id("per", OWNER), str(OWNER).upper()])
    def test_ids_are_read_in_every_spelling(self, text: str) -> None:
        assert finding.owner_id(text) == OWNER

    @pytest.mark.parametrize("text", ["", "per_1", "018f", "per_" + "u" * 26, "x" * 300])
    def test_what_is_no_id_is_nobody(self, text: str) -> None:
        assert finding.owner_id(text) is None
