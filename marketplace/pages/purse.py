"""A person's money in one currency, from both product lines and the wallet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Balance
from marketplace.loans.queries import lender
from marketplace.loans.queries.lender import Standing

HOME: Final = "EUR"
_WALLET: Final = "person:wallet"


@dataclass(frozen=True, slots=True)
class Purse:
    """Where a person's money of one currency is. `reserved` waits for a decision."""

    available: Money
    leaving: Money
    reserved: Money
    invested: Money
    notes: int
    at_work: Money
    given: Money

    @property
    def currency(self) -> str:
        """The currency of all of it."""
        return self.available.currency

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there and nothing ever was."""
        parts = (self.available, self.leaving, self.reserved, self.invested, self.given)
        return all(part.is_zero for part in parts)


def wallets_of(person_id: UUID) -> list[Balance]:
    """Return the person's wallets, one for each currency in which there ever was one."""
    return [one for one in ledger.held_by(person_id) if one.kind == _WALLET]


def purses(
    person_id: UUID,
    wallets: Sequence[Balance],
    *,
    held: Sequence[Money],
    given: Sequence[Money],
    lends: bool,
) -> list[Purse]:
    """Return the person's purses, lenders' currencies first; at least an empty one.

    `held` and `given` are the sums of the person's pledges that wait and that were released. A
    currency in which nothing ever happened has no purse. Who never lent (not `lends`) has no
    standing as a lender, which is then not asked for.
    """
    in_wallets = {one.currency: one for one in wallets}
    lent = lender.standings(person_id) if lends else []
    standings = {one.currency: one for one in lent}
    waiting = {amount.currency: amount for amount in held}
    gone = {amount.currency: amount for amount in given}
    found = [
        _purse(
            in_wallets.get(currency),
            standings.get(currency),
            held=waiting.get(currency, Money(0, currency)),
            given=gone.get(currency, Money(0, currency)),
        )
        for currency in dict.fromkeys([*standings, *in_wallets, *sorted(waiting | gone)])
    ]
    return [one for one in found if not one.is_empty] or [_empty(HOME)]


def _empty(currency: str) -> Purse:
    nothing = Money(0, currency)
    return _purse(None, None, held=nothing, given=nothing)


def _purse(
    wallet: Balance | None, standing: Standing | None, *, held: Money, given: Money
) -> Purse:
    nothing = Money(0, held.currency)
    return Purse(
        available=wallet.available if wallet else nothing,
        leaving=Money(wallet.pending_out_minor, nothing.currency) if wallet else nothing,
        reserved=held + (standing.reserved if standing else nothing),
        invested=standing.invested if standing else nothing,
        notes=standing.notes if standing else 0,
        at_work=standing.outstanding if standing else nothing,
        given=given,
    )
