"""Auto-invest: who of those whose rules a listing passes through gets how much of it. Pure.

The published order: who has waited longest for an order comes first; each gets the smallest part,
then all get equal parts until their rules are served or the listing has no more room; cents left
over go to who is first. Who was served goes to the end of the line, so that nobody waits for
ever. Nobody gets more than the rule, its caps and the wallet allow.

Rules stand in columns, one array for each thing they ask: five thousand of them are judged at
once, in the time a loop would need for a few.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from marketplace.loans.rules import PURPOSES

GRADES: Final = "ABCDEFG"
HAND_SHARE_BPS: Final = 5_000
"""So much of each loan is kept for those who choose by hand, while their head start lasts."""
HEAD_START: Final = timedelta(hours=24)

_WHOLE_BPS: Final = 10_000
_NO_LIMIT: Final = 2**62
_RATE_SCALE: Final = 1_000_000  # rates have six decimals: compared as whole numbers
_Numbers = NDArray[np.int64]


class Reason(StrEnum):
    """Why a rule has no order for a listing."""

    CURRENCY = "currency"
    OWN_LOAN = "own_loan"
    GRADE = "grade"
    RATE = "rate"
    TERM = "term"
    PURPOSE = "purpose"
    PRODUCT = "product"
    OTHER_RULE = "other_rule"  # another rule of the same lender has waited longer
    WALLET = "wallet"
    LEAVING = "wallet_leaves"  # the wallet's oldest money may not stay as long as it is needed
    MONTH = "month"
    BORROWER = "borrower"
    GRADE_CAP = "grade_cap"
    TOO_LARGE = "too_large"  # the smallest part is more than the rule's amount
    QUEUE = "queue"  # others had waited longer, and there was no more room


@dataclass(frozen=True, slots=True)
class Rule:
    """What a lender wants. Empty sets let everything through; None is no limit."""

    id: UUID
    lender_id: UUID
    waiting_since: datetime
    currency: str
    amount_minor: int
    grades: Collection[str] = ()
    purposes: Collection[str] = ()
    products: Collection[str] = ()
    rate_min: Decimal = Decimal(0)
    term_max_months: int | None = None
    borrower_max_minor: int | None = None
    grade_max_minor: int | None = None
    reserve_minor: int = 0
    month_max_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A loan that takes money. `room` is what auto-invest may take of what is `left`.

    `held_until` is the last day on which a part may have to be held; a loan of the past has none.
    """

    id: UUID
    borrower_id: UUID
    currency: str
    grade: str
    purpose: str
    product: str
    annual_rate: Decimal
    term_months: int
    left_minor: int
    room_minor: int
    fraction_min_minor: int
    held_until: date | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What lenders have: in the wallet, and already at work or on its way.

    Wallets are by lender, and so is `leaves`: by when the oldest money there, which is lent first,
    must leave it. `month` is what a rule ordered this month. Who is in `served` has had an
    order of auto-invest for a loan (lender, loan), and gets no second one.
    """

    wallets: Mapping[UUID, int] = field(default_factory=dict)
    leaves: Mapping[UUID, date] = field(default_factory=dict)
    month: Mapping[UUID, int] = field(default_factory=dict)
    with_borrower: Mapping[tuple[UUID, UUID], int] = field(default_factory=dict)
    in_grade: Mapping[tuple[UUID, str], int] = field(default_factory=dict)
    served: frozenset[tuple[UUID, UUID]] = frozenset()


@dataclass(frozen=True, slots=True)
class Order:
    """So much of a listing for a rule."""

    loan_id: UUID
    rule_id: UUID
    lender_id: UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of one listing: orders in the order of the line, and why others have none."""

    loan_id: UUID
    orders: tuple[Order, ...]
    left_out: Sequence[tuple[UUID, Reason]]


def room(amount_minor: int, left_minor: int, auto_minor: int, age: timedelta) -> int:
    """Return what auto-invest may take of a loan now; `auto` is what it has taken so far."""
    if age >= HEAD_START:
        return left_minor
    most = amount_minor * (_WHOLE_BPS - HAND_SHARE_BPS) // _WHOLE_BPS
    return max(0, min(left_minor, most - auto_minor))


def gap(rule: Rule, listing: Listing) -> Reason | None:
    """Return why `rule` does not let `listing` through, or None if it does."""
    asked = (
        (Reason.CURRENCY, rule.currency == listing.currency),
        (Reason.OWN_LOAN, rule.lender_id != listing.borrower_id),
        (Reason.GRADE, not rule.grades or listing.grade in rule.grades),
        (Reason.RATE, listing.annual_rate >= rule.rate_min),
        (
            Reason.TERM,
            rule.term_max_months is None or listing.term_months <= rule.term_max_months,
        ),
        (Reason.PURPOSE, not rule.purposes or listing.purpose in rule.purposes),
        (Reason.PRODUCT, not rule.products or listing.product in rule.products),
    )
    return next((reason for reason, fits in asked if not fits), None)


def parts(wants: Sequence[int], room_minor: int, left_minor: int, smallest: int) -> list[int]:
    """Share `room` among those in line, who want so much each; who is behind may get nothing.

    Everybody served gets at least `smallest`; all get the same until they have what they want.
    What is left of the listing is nothing, or enough for somebody else.
    """
    if any(want < smallest for want in wants):
        raise ValueError("who wants less than the smallest part cannot be served")
    for count in range(min(len(wants), room_minor // smallest), 0, -1):
        total = _without_crumb(min(room_minor, sum(wants[:count])), left_minor, smallest)
        if total >= count * smallest:
            return [*_level(wants[:count], total), *([0] * (len(wants) - count))]
    return [0] * len(wants)


def _without_crumb(total: int, left: int, smallest: int) -> int:
    """Return `total`, or so much less that what is left of the listing can still be lent."""
    rest = left - total
    return left - smallest if 0 < rest < smallest else total


def _level(wants: Sequence[int], total: int) -> list[int]:
    """Fill all to one level, none above what is wanted; single cents go to who is first."""
    open_ones = sorted(wants)
    rest, level = total, 0
    for number, want in enumerate(open_ones):
        level = rest // (len(open_ones) - number)
        if want > level:
            break
        rest -= want
    shared = [min(want, level) for want in wants]
    spare = total - sum(shared)
    for number, want in enumerate(wants):
        if spare and want > shared[number]:
            shared[number] += 1
            spare -= 1
    return shared


def match(listings: Sequence[Listing], rules: Sequence[Rule], means: Means) -> Iterator[Matched]:
    """Match listings one after another, each seeing what those before it took.

    In whatever order rules are given, the result is the same.
    """
    line = _Line(rules, means)
    for listing in listings:
        yield line.serve(listing)


class _Line:
    """All rules in columns, and what of their means is left."""

    def __init__(self, rules: Sequence[Rule], means: Means) -> None:
        # By how long they have waited; ids decide between equals, whatever order they came in.
        self._rules = sorted(rules, key=lambda rule: (rule.waiting_since, rule.id))
        lenders = sorted({rule.lender_id for rule in self._rules})
        self._lenders = {lender: number for number, lender in enumerate(lenders)}
        self._lender = _column(self._lenders[rule.lender_id] for rule in self._rules)
        self._place = np.arange(len(self._rules), dtype=np.int64)
        self._end = len(self._rules)
        self._ask(self._rules)
        self._count(means, lenders)

    def _ask(self, rules: Sequence[Rule]) -> None:
        self._grades = _column(_mask(rule.grades, GRADES) for rule in rules)
        self._purposes = _column(_mask(rule.purposes, PURPOSES) for rule in rules)
        self._rates = _column(int(rule.rate_min * _RATE_SCALE) for rule in rules)
        self._terms = _column(_or_no_limit(rule.term_max_months) for rule in rules)
        self._amounts = _column(rule.amount_minor for rule in rules)
        self._reserves = _column(rule.reserve_minor for rule in rules)
        self._borrower_caps = _column(_or_no_limit(rule.borrower_max_minor) for rule in rules)
        self._grade_caps = _column(_or_no_limit(rule.grade_max_minor) for rule in rules)
        self._currencies = np.array([rule.currency for rule in rules], dtype="U3")
        self._picky = [number for number, rule in enumerate(rules) if rule.products]

    def _count(self, means: Means, lenders: Sequence[UUID]) -> None:
        rules = self._rules
        self._months = _column(
            _NO_LIMIT
            if rule.month_max_minor is None
            else rule.month_max_minor - means.month.get(rule.id, 0)
            for rule in rules
        )
        self._wallets = _column(means.wallets.get(lender, 0) for lender in lenders)
        self._leaves = _column(means.leaves.get(lender, date.max).toordinal() for lender in lenders)
        self._in_grade = {
            grade: _column(means.in_grade.get((lender, grade), 0) for lender in lenders)
            for grade in GRADES
        }
        self._with_borrower: dict[UUID, _Numbers] = {}
        for (lender, borrower), minor in means.with_borrower.items():
            if lender in self._lenders:
                self._borrowed(borrower)[self._lenders[lender]] = minor
        self._served: dict[UUID, list[int]] = {}
        for lender, loan in means.served:
            if lender in self._lenders:
                self._served.setdefault(loan, []).append(self._lenders[lender])

    def _borrowed(self, borrower: UUID) -> _Numbers:
        return self._with_borrower.setdefault(
            borrower, np.zeros(len(self._lenders), dtype=np.int64)
        )

    def serve(self, listing: Listing) -> Matched:
        """Share one listing among those in line for it."""
        waiting, left_out = self._in_line(listing)
        wants, held_by = self._wants(waiting, listing)
        able = wants >= listing.fraction_min_minor
        left_out += [
            (self._rules[number].id, _CAPS[cap])
            for number, cap in zip(waiting[~able].tolist(), held_by[~able].tolist(), strict=True)
        ]
        waiting = waiting[able]
        given = parts(
            wants[able].tolist(),
            min(listing.room_minor, listing.left_minor),
            listing.left_minor,
            listing.fraction_min_minor,
        )
        orders = tuple(
            self._give(number, minor, listing)
            for number, minor in zip(waiting.tolist(), given, strict=True)
            if minor
        )
        behind = waiting[len(orders) :].tolist()
        left_out += [(self._rules[number].id, Reason.QUEUE) for number in behind]
        return Matched(listing.id, orders, left_out)

    def _in_line(self, listing: Listing) -> tuple[_Numbers, list[tuple[UUID, Reason]]]:
        """Return the rules that let a listing through, one a lender, in the order of the line."""
        fits = self._fitting(listing)
        if (served := self._served.get(listing.id)) is not None:
            fits &= ~np.isin(self._lender, served)
        found = np.flatnonzero(fits)
        found = found[np.argsort(self._place[found], kind="stable")]
        _lenders, firsts = np.unique(self._lender[found], return_index=True)
        is_first = np.zeros(len(found), dtype=bool)
        is_first[firsts] = True
        others = found[~is_first].tolist()
        return found[is_first], [(self._rules[number].id, Reason.OTHER_RULE) for number in others]

    def _fitting(self, listing: Listing) -> NDArray[np.bool_]:
        """Return which rules let a listing through: what `gap` says, for all of them at once."""
        fits: NDArray[np.bool_] = (
            (self._currencies == listing.currency)
            & (self._grades & _bit(listing.grade, GRADES) != 0)
            & (self._rates <= int(listing.annual_rate * _RATE_SCALE))
            & (self._terms >= listing.term_months)
            & (self._purposes & _bit(listing.purpose, PURPOSES) != 0)
        )
        for number in self._picky:
            fits[number] &= listing.product in self._rules[number].products
        borrower = self._lenders.get(listing.borrower_id)
        if borrower is not None:
            fits &= self._lender != borrower
        return fits

    def _wants(self, waiting: _Numbers, listing: Listing) -> tuple[_Numbers, _Numbers]:
        """Return how much each may have, and which cap holds it there."""
        lenders = self._lender[waiting]
        needed = (listing.held_until or date.min).toordinal()
        allowed = np.stack(
            [
                self._amounts[waiting],
                self._wallets[lenders] - self._reserves[waiting],
                np.where(self._leaves[lenders] > needed, _NO_LIMIT, 0),
                self._months[waiting],
                self._borrower_caps[waiting] - self._borrowed(listing.borrower_id)[lenders],
                self._grade_caps[waiting] - self._in_grade[listing.grade][lenders],
            ]
        )
        return allowed.min(axis=0), allowed.argmin(axis=0)

    def _give(self, number: int, minor: int, listing: Listing) -> Order:
        rule, lender = self._rules[number], int(self._lender[number])
        self._wallets[lender] -= minor
        self._months[number] -= minor
        self._borrowed(listing.borrower_id)[lender] += minor
        self._in_grade[listing.grade][lender] += minor
        self._place[number] = self._end
        self._end += 1
        return Order(listing.id, rule.id, rule.lender_id, minor)


_CAPS: Final = (
    *(Reason.TOO_LARGE, Reason.WALLET, Reason.LEAVING, Reason.MONTH),
    *(Reason.BORROWER, Reason.GRADE_CAP),
)


def _column(numbers: Any) -> _Numbers:  # noqa: ANN401 - any iterable of whole numbers
    return np.fromiter(numbers, dtype=np.int64)


def _or_no_limit(number: int | None) -> int:
    return _NO_LIMIT if number is None else number


def _mask(wanted: Collection[str], known: Sequence[str]) -> int:
    """Return the wanted ones as bits; nothing named is everything."""
    return sum(_bit(name, known) for name in wanted) if wanted else -1


def _bit(name: str, known: Sequence[str]) -> int:
    return 1 << known.index(name)
