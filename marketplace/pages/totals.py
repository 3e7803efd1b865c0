"""The three true totals, read from the ledger: held for people now, released, repaid.

All money in the house lies with the provider and belongs to somebody. What belongs to people is
the balance of the accounts in `HELD`; what belongs to the house is the rest. Both sides are
shown on the proof page, because the ledger makes their sum equal to the provider's cash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from marketplace.escrow import gateway
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Turnover

# Money that belongs to backers, sponsors, lenders and borrowers.
HELD: Final = (
    "escrow:campaign",
    "escrow:loan",
    "person:wallet",
    "sponsor:payable",
    "borrower:payable",
    "holdback:campaign",
)
# What leaves these has been paid out by the provider.
RELEASED: Final = ("sponsor:payable", "borrower:payable")
# The memo book: what is credited here is principal that lenders have back.
REPAID: Final = ("loan:debt",)
# The house's own: income and reserve, less what it has paid and lost.
OWN: Final = ("fees:platform", "refund_reserve", "suspense", "rounding")
SPENT: Final = ("fees:provider", "loss:chargeback", "loss:credit", "external:world")
_PARTS: Final = ("pending", "available", "in_transit")


@dataclass(frozen=True, slots=True)
class Totals:
    """What there is in one currency. `accounts` says how much the currency is used."""

    currency: str
    accounts: int
    held: Money
    released: Money
    repaid: Money


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of account on the proof page."""

    kind: str
    accounts: int
    balance: Money


@dataclass(frozen=True, slots=True)
class Proof:
    """One currency taken apart: whose money it is, and where it lies."""

    totals: Totals
    held: tuple[Line, ...]
    own: tuple[Line, ...]
    lies: tuple[Line, ...]

    @property
    def owned(self) -> Money:
        """What belongs to somebody: to people and to the house."""
        return _sum([*self.held, *self.own], self.totals.currency)

    @property
    def there(self) -> Money:
        """What lies with the provider."""
        return _sum(self.lies, self.totals.currency)

    @property
    def agrees(self) -> bool:
        """Whether both are the same to the cent."""
        return self.owned == self.there


def totals() -> list[Totals]:
    """Return the totals of every currency in use, the most used first; one query."""
    turnover = ledger.turnover([*HELD, *REPAID])
    return _in_order(_totals(currency, found) for currency, found in _by_currency(turnover))


def proofs() -> list[Proof]:
    """Return every currency taken apart, the most used first; one query."""
    cash = tuple(f"provider:{gateway.current().name}:{part}" for part in _PARTS)
    turnover = ledger.turnover([*HELD, *REPAID, *OWN, *SPENT, *cash])
    found = {
        currency: Proof(
            _totals(currency, lines),
            tuple(_lines(lines, HELD, sign=1)),
            (*_lines(lines, OWN, sign=1), *_lines(lines, SPENT, sign=1)),
            tuple(_lines(lines, cash, sign=-1)),
        )
        for currency, lines in _by_currency(turnover)
    }
    return [found[each.currency] for each in _in_order(proof.totals for proof in found.values())]


def _totals(currency: str, lines: Sequence[Turnover]) -> Totals:
    held = [line for line in lines if line.kind in HELD]
    return Totals(
        currency,
        sum(line.accounts for line in held),
        Money(sum(_grown(line) for line in held), currency),
        Money(sum(line.debits_minor for line in lines if line.kind in RELEASED), currency),
        Money(sum(line.credits_minor for line in lines if line.kind in REPAID), currency),
    )


def _lines(lines: Sequence[Turnover], kinds: Sequence[str], *, sign: int) -> list[Line]:
    """Return these kinds in this order; costs show as less than nothing."""
    found = {line.kind: line for line in lines}
    return [
        Line(one.kind, one.accounts, Money(sign * _grown(one), one.currency))
        for one in (found[kind] for kind in kinds if kind in found)
    ]


def _grown(line: Turnover) -> int:
    return line.credits_minor - line.debits_minor


def _by_currency(turnover: Sequence[Turnover]) -> list[tuple[str, list[Turnover]]]:
    found: dict[str, list[Turnover]] = defaultdict(list)
    for line in turnover:
        found[line.currency].append(line)
    return list(found.items())


def _in_order(found: Iterable[Totals]) -> list[Totals]:
    return sorted(found, key=lambda each: (-each.accounts, each.currency))


def _sum(lines: Sequence[Line], currency: str) -> Money:
    return Money.total((line.balance for line in lines), currency)
