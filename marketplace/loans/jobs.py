"""The timetable's way into lending."""

from __future__ import annotations

from marketplace.infra.commands import command
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.loans.events import AutoInvestOn, LoanListed
from marketplace.loans.services import auto_invest_orders


@job("loans.auto_invest", attempts=1)
def auto_invest() -> None:
    """Order for the rules in line; the next minutes do it again."""
    auto_invest_orders.fill(clock.now())


def auto_invest_soon(event: LoanListed | AutoInvestOn) -> None:
    """Match a new listing or a new rule at once, many together, instead of at the next run."""
    del event
    _queue()


@command
def _queue() -> None:
    defer(auto_invest, key="loans.auto_invest")
