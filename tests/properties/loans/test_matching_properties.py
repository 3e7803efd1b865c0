"""Auto-invest's line: what is fair stays fair, whatever rules and listings there are."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from marketplace.loans.matching import (
    GRADES,
    Listing,
    Matched,
    Means,
    Reason,
    Rule,
    gap,
    match,
    parts,
)

START = datetime(2026, 3, 2, tzinfo=UTC)
PURPOSES = ("home", "energy", "business")
_SMALLEST = 1000


def _lender(number: int) -> UUID:
    return UUID(int=1000 + number)


_optional = st.none() | st.integers(500, 20_000)
_rules = st.lists(
    st.builds(
        lambda number, lender, waited, **facts: Rule(
            id=UUID(int=number),
            lender_id=_lender(lender),
            currency="EUR",
            waiting_since=START + timedelta(hours=waited),
            **facts,
        ),
        number=st.integers(1, 10**9),
        lender=st.integers(0, 8),
        waited=st.integers(0, 3),
        amount_minor=st.integers(500, 20_000),
        grades=st.frozensets(st.sampled_from(GRADES), max_size=3),
        purposes=st.frozensets(st.sampled_from(PURPOSES), max_size=2),
        products=st.frozensets(st.sampled_from(["personal", "weekly"]), max_size=1),
        rate_min=st.sampled_from([Decimal(0), Decimal("0.08"), Decimal("0.12")]),
        term_max_months=st.none() | st.integers(6, 36),
        borrower_max_minor=_optional,
        grade_max_minor=_optional,
        reserve_minor=st.integers(0, 5000),
        month_max_minor=_optional,
    ),
    max_size=12,
    unique_by=lambda rule: rule.id,
)


@st.composite
def _listings(draw: st.DrawFn) -> list[Listing]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        left = draw(st.integers(1, 60) | st.just(0).map(lambda _zero: 90)) * _SMALLEST
        left += draw(st.integers(0, 999))
        found.append(
            Listing(
                id=UUID(int=5000 + number),
                borrower_id=_lender(draw(st.integers(7, 10))),
                currency=draw(st.sampled_from(["EUR", "EUR", "USD"])),
                grade=draw(st.sampled_from(GRADES)),
                purpose=draw(st.sampled_from(PURPOSES)),
                product=draw(st.sampled_from(["personal", "weekly"])),
                annual_rate=draw(st.sampled_from([Decimal("0.05"), Decimal("0.09")])),
                term_months=draw(st.integers(3, 48)),
                left_minor=left,
                room_minor=draw(st.integers(0, left)),
                fraction_min_minor=_SMALLEST,
            )
        )
    return found


_means = st.builds(
    Means,
    wallets=st.dictionaries(st.integers(0, 8).map(_lender), st.integers(0, 60_000)),
    with_borrower=st.dictionaries(
        st.tuples(st.integers(0, 8).map(_lender), st.integers(7, 10).map(_lender)),
        st.integers(0, 9000),
    ),
    in_grade=st.dictionaries(
        st.tuples(st.integers(0, 8).map(_lender), st.sampled_from(GRADES)), st.integers(0, 9000)
    ),
)


@given(_rules, _listings(), _means, st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_given_changes_nothing(
    rules: list[Rule], listings: list[Listing], means: Means, chance: random.Random
) -> None:
    shuffled = rules[:]
    chance.shuffle(shuffled)
    first, second = list(match(listings, rules, means)), list(match(listings, shuffled, means))
    assert [one.orders for one in first] == [one.orders for one in second]
    assert [set(one.left_out) for one in first] == [set(one.left_out) for one in second]


@given(_rules, _listings(), _means)
def test_no_listing_gives_more_than_its_room_and_no_crumb_is_left(
    rules: list[Rule], listings: list[Listing], means: Means
) -> None:
    for listing, found in zip(listings, match(listings, rules, means), strict=True):
        taken = sum(order.amount_minor for order in found.orders)
        assert taken <= listing.room_minor
        rest = listing.left_minor - taken
        assert not taken or rest == 0 or rest >= _SMALLEST
        assert all(order.amount_minor >= _SMALLEST for order in found.orders)


@given(_rules, _listings(), _means)
def test_no_rule_gets_more_than_it_allows_whatever_came_before(
    rules: list[Rule], listings: list[Listing], means: Means
) -> None:
    by_id = {rule.id: rule for rule in rules}
    spent: dict[UUID, int] = defaultdict(int)
    month: dict[UUID, int] = defaultdict(int)
    borrowed = defaultdict(int, means.with_borrower)
    graded = defaultdict(int, means.in_grade)
    for listing, found in zip(listings, match(listings, rules, means), strict=True):
        for order in found.orders:
            rule, lender = by_id[order.rule_id], order.lender_id
            assert gap(rule, listing) is None
            spent[lender] += order.amount_minor
            month[rule.id] += order.amount_minor
            borrowed[lender, listing.borrower_id] += order.amount_minor
            graded[lender, listing.grade] += order.amount_minor
            assert order.amount_minor <= rule.amount_minor
            assert spent[lender] + rule.reserve_minor <= means.wallets.get(lender, 0)
            assert month[rule.id] <= (rule.month_max_minor or 10**9)
            assert borrowed[lender, listing.borrower_id] <= (rule.borrower_max_minor or 10**9)
            assert graded[lender, listing.grade] <= (rule.grade_max_minor or 10**9)


@given(_rules, _listings(), _means)
def test_each_rule_that_lets_a_listing_through_has_an_order_or_a_reason_and_no_other_has_either(
    rules: list[Rule], listings: list[Listing], means: Means
) -> None:
    for listing, found in zip(listings, match(listings, rules, means), strict=True):
        told = [order.rule_id for order in found.orders] + [rule for rule, _why in found.left_out]
        assert sorted(told) == sorted(rule.id for rule in rules if gap(rule, listing) is None)
        assert len({order.lender_id for order in found.orders}) == len(found.orders)


@given(st.integers(1, 30), st.integers(1, 10))
def test_nobody_is_starved_who_waits_is_served_before_anybody_is_served_twice(
    lenders: int, places: int
) -> None:
    rules = [
        Rule(UUID(int=number + 1), _lender(number), START, "EUR", _SMALLEST)
        for number in range(lenders)
    ]
    means = Means(wallets={rule.lender_id: 10**6 for rule in rules})
    rounds = -(-lenders // places)
    listings = [_plain(number, places * _SMALLEST) for number in range(rounds)]
    served = [order.rule_id for found in match(listings, rules, means) for order in found.orders]
    assert set(served) == {rule.id for rule in rules}
    assert len(set(served[:lenders])) == lenders


@given(st.lists(st.integers(1000, 9000), min_size=1, max_size=20), st.integers(0, 200_000))
def test_parts_are_equal_until_somebody_has_what_is_wanted(wants: list[int], room: int) -> None:
    given_parts = parts(wants, room, room + _SMALLEST, _SMALLEST)
    served = [(want, part) for want, part in zip(wants, given_parts, strict=True) if part]
    assert sum(given_parts) <= min(room, sum(wants))
    assert given_parts == [part for _want, part in served] + [0] * (len(wants) - len(served))
    for want, part in served:
        others = [other for _want, other in served]
        assert part == want or part >= max(others) - 1
    if room >= sum(wants):
        assert given_parts == wants


def _plain(number: int, left: int, *, grade: str = "C") -> Listing:
    return Listing(
        id=UUID(int=9000 + number), borrower_id=_lender(999), currency="EUR", grade=grade,
        purpose="home", product="personal", annual_rate=Decimal("0.09"), term_months=12,
        left_minor=left, room_minor=left, fraction_min_minor=_SMALLEST,
    )  # fmt: skip


def _why(found: Sequence[Matched]) -> list[Reason]:
    return [reason for one in found for _rule, reason in one.left_out]


def test_three_in_line_share_a_hundred_euros_equally_and_the_first_gets_the_odd_cent() -> None:
    rules = [
        Rule(UUID(int=n), _lender(n), START + timedelta(minutes=n), "EUR", 5000) for n in (1, 2, 3)
    ]
    means = Means(wallets={_lender(n): 100_000 for n in (1, 2, 3)})
    (found,) = match([_plain(1, 10_000)], rules, means)
    assert [order.amount_minor for order in found.orders] == [3334, 3333, 3333]


def test_the_reason_names_the_cap_that_holds() -> None:
    def rule(**facts: object) -> Rule:
        base: dict[str, object] = {
            "id": UUID(int=1), "lender_id": _lender(1), "waiting_since": START, "currency": "EUR",
            "amount_minor": 5000,
        }  # fmt: skip
        return Rule(**{**base, **facts})  # type: ignore[arg-type]

    means = Means(
        wallets={_lender(1): 3000},
        with_borrower={(_lender(1), _lender(999)): 4500},
        in_grade={(_lender(1), "C"): 4500},
        month={UUID(int=1): 4500},
    )
    for facts, reason in (
        ({"reserve_minor": 2500}, Reason.WALLET),
        ({"borrower_max_minor": 5000}, Reason.BORROWER),
        ({"grade_max_minor": 5000}, Reason.GRADE_CAP),
        ({"month_max_minor": 5000}, Reason.MONTH),
        ({"amount_minor": 999}, Reason.TOO_LARGE),
    ):
        assert _why(list(match([_plain(1, 10_000)], [rule(**facts)], means))) == [reason]
