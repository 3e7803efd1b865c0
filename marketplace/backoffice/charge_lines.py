"""What being late cost, summed: penalty interest has a line a day, and is read by instalment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from marketplace.kernel.money import Money
from marketplace.loans.forms.payments import CHARGES
from marketplace.loans.replay.events import ChargeKind
from marketplace.loans.replay.position import ChargeStanding, Position
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import day_text, money_text


@dataclass(frozen=True, slots=True)
class Run:
    """The charges of one kind for one instalment, from `first` to `last`, taken together."""

    kind: ChargeKind
    n: int
    first: date
    last: date
    days: int
    amount: Money
    waived: Money
    paid: Money
    open: Money

    @property
    def what(self) -> str:
        """What was charged."""
        return str(CHARGES[self.kind.value])

    @property
    def when(self) -> str:
        """On which days."""
        return days_words(self.first, self.last)

    @property
    def written(self) -> str:
        """The run as a form names it."""
        return f"{self.kind.value}:{self.n}:{self.first.isoformat()}:{self.last.isoformat()}"

    @property
    def words(self) -> str:
        """The run as a choice: what, of which days, and how much is open."""
        return ngettext(
            "%(what)s, instalment %(n)s, %(when)s: %(open)s open",
            "%(what)s, instalment %(n)s, %(num)s days, %(when)s: %(open)s open",
            self.days,
            what=self.what,
            n=self.n,
            when=self.when,
            open=money_text(self.open),
        )


def runs(position: Position) -> list[Run]:
    """Return all charges of a loan, by instalment and kind."""
    return _runs(position.charges)


def open_runs(position: Position) -> list[Run]:
    """Return the charges of which something is open, and of those only the open days."""
    return _runs(one for one in position.charges if one.open.is_positive)


def days_words(first: date, last: date | None) -> str:
    """Return a day, or the days from one to another, in words."""
    if last is None or last == first:
        return day_text(first)
    return _("%(first)s to %(last)s", first=day_text(first), last=day_text(last))


def _runs(charges: Iterable[ChargeStanding]) -> list[Run]:
    def alike(one: ChargeStanding) -> tuple[Any, ...]:
        return one.key.n, one.key.kind

    return [_run(list(found)) for _key, found in groupby(sorted(charges, key=alike), alike)]


def _run(charges: Sequence[ChargeStanding]) -> Run:
    key, currency = charges[0].key, charges[0].amount.currency
    days = [one.key.on for one in charges]
    return Run(
        key.kind,
        key.n,
        min(days),
        max(days),
        len(set(days)),
        amount=Money.total((one.amount for one in charges), currency),
        waived=Money.total((one.waived for one in charges), currency),
        paid=Money.total((one.paid for one in charges), currency),
        open=Money.total((one.open for one in charges), currency),
    )
