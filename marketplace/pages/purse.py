"""A person's money in one currency, from both product lines and the wallet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries import pledges
from marketplace.campaigns.queries.pledges import StateTotal
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


def purses(person_id: UUID, *, lends: bool) -> list[Purse]:
    """Return the person's purses, lenders' currencies first; at least an empty one. Three queries.

    A currency in which nothing ever happened has none. Who never lent (not `lends`) has no
    standing as a lender, which is then not asked for.
    """
    wallets = {one.currency: one for one in ledger.held_by(person_id) if one.kind == _WALLET}
    lent = lender.standings(person_id) if lends else []
    standings = {one.currency: one for one in lent}
    pledged = pledges.own_totals(person_id)
    used = dict.fromkeys([*standings, *wallets, *(one.currency for one in pledged)])
    found = [
        _purse(
            currency,
            wallets.get(currency),
            standings.get(currency),
            [one for one in pledged if one.currency == currency],
        )
        for currency in used
    ]
    return [purse for purse in found if not purse.is_empty] or [_purse(HOME, None, None, [])]


def _purse(
    currency: str, wallet: Balance | None, standing: Standing | None, pledged: list[StateTotal]
) -> Purse:
    nothing = Money(0, currency)
    held = Money.total((one.amount for one in pledged if one.state == "held"), currency)
    given = Money.total((one.amount for one in pledged if one.state == "released"), currency)
    return Purse(
        available=wallet.available if wallet else nothing,
        leaving=Money(wallet.pending_out_minor, currency) if wallet else nothing,
        reserved=held + (standing.reserved if standing else nothing),
        invested=standing.invested if standing else nothing,
        notes=standing.notes if standing else 0,
        at_work=standing.outstanding if standing else nothing,
        given=given,
    )
