"""The finance cockpit: one look at what is proved, what waits, what comes and what is late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, url_for

from marketplace.backoffice import approvals, cash_flow, holding, lists, reserve, waiting
from marketplace.backoffice.accounts import kinds
from marketplace.backoffice.blueprints import finance
from marketplace.backoffice.proofs import light
from marketplace.infra import proofs
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Turnover
from marketplace.web.guards import requires
from marketplace.web.rendering import page


@dataclass(frozen=True, slots=True)
class Position:
    """All money of one currency: where it lies, whose it is."""

    currency: str
    accounts: int
    pending: Money
    available: Money
    in_transit: Money
    people: Money
    house: Money

    @property
    def difference(self) -> Money:
        """What lies with the provider less what belongs to somebody: nothing."""
        return self.pending + self.available + self.in_transit - self.people - self.house


@finance.get("")
@requires("finance.see")
def cockpit() -> Response:
    """Show the cockpit, its plots in one currency."""
    now = clock.now()
    positions = positions_of(ledger.turnover(kinds()))
    currency = lists.one_of("currency", chart.NUMBERS) or next(
        (each.currency for each in positions), "EUR"
    )
    return page(
        "backoffice/cockpit.html",
        light=light(proofs.latest(), now),
        held=holding.warning(now.date()),
        queues=waiting.queues(now),
        mine=approvals.first(now),
        **cash_flow.outlook(currency, now.date()),
        positions=[_position_row(each) for each in positions],
        reserves=[row for row in reserve.rows(now) if not row["need"].is_zero],
        doors=_doors(positions, currency),
        currency=currency,
    )


def positions_of(turnover: Sequence[Turnover]) -> list[Position]:
    """Return where money lies and whose it is, the most used currency first."""
    by_currency: dict[str, list[Turnover]] = defaultdict(list)
    for one in turnover:
        if chart.kind(one.kind).book == "money":
            by_currency[one.currency].append(one)
    found = [_position(currency, lines) for currency, lines in by_currency.items()]
    return sorted(found, key=lambda each: (-each.accounts, each.currency))


def _position(currency: str, lines: Sequence[Turnover]) -> Position:
    def total(chosen: Iterable[Turnover]) -> Money:
        return Money(sum(one.credits_minor - one.debits_minor for one in chosen), currency)

    def part(name: str) -> Money:
        return -total(one for one in lines if one.kind.endswith(f":{name}") and _is_cash(one))

    owned = [one for one in lines if not _is_cash(one)]
    return Position(
        currency,
        sum(one.accounts for one in lines),
        part("pending"),
        part("available"),
        part("in_transit"),
        people=total(one for one in owned if chart.kind(one.kind).owner_type),
        house=total(one for one in owned if not chart.kind(one.kind).owner_type),
    )


def _is_cash(one: Turnover) -> bool:
    return chart.is_provider(one.kind)


def _position_row(each: Position) -> dict[str, Any]:
    return {
        "currency": each.currency,
        "currency_href": url_for("books.accounts", currency=each.currency),
        "pending": each.pending,
        "available": each.available,
        "in_transit": each.in_transit,
        "people": each.people,
        "house": each.house,
        "difference": each.difference,
        "_tone": None if each.difference.is_zero else "bad",
    }


def _doors(positions: Sequence[Position], currency: str) -> list[dict[str, Any]]:
    """Return the currencies the plots can be drawn in; nothing where there is no choice."""
    if len(positions) < 2:
        return []
    return [
        {
            "label": each.currency,
            "href": url_for("finance.cockpit", currency=each.currency),
            "current": each.currency == currency,
        }
        for each in positions
    ]
