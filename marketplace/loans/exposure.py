"""How much one borrower may owe: over all own loans, and as a share of everybody's."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.kernel.rates import BPS_WHOLE


@dataclass(frozen=True, slots=True)
class SingleName:
    """The most one borrower may owe of a book: a share of it, once it comes to `book_from`."""

    share_bps: int
    book: Money
    book_from: Money

    @property
    def cap(self) -> Money | None:
        """The most, rounded down; None while the book is too small for shares to mean much."""
        if self.book < self.book_from:
            return None
        return Money(self.book.minor * self.share_bps // BPS_WHOLE, self.book.currency)

    @property
    def share_pct(self) -> str:
        """The share as people write it."""
        return f"{self.share_bps / 100:g}"


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a borrower owes and has asked for elsewhere here, and the most that is allowed."""

    used: Money
    product_cap: Money
    single_name: SingleName | None = None

    @property
    def cap(self) -> Money:
        """The lower of both caps."""
        share = self.single_name.cap if self.single_name else None
        return self.product_cap if share is None else min(self.product_cap, share)

    @property
    def headroom(self) -> Money:
        """What may still be asked for; never below zero."""
        return max(self.cap - self.used, Money.zero(self.used.currency))


def exposure_refusals(asked: Money, exposure: Exposure) -> list[Refusal]:
    """Return why so much more cannot be owed, with cap, what is used and what is left of it."""
    if asked <= exposure.headroom:
        return []
    facts = {
        "cap": exposure.cap,
        "used": exposure.used,
        "headroom": exposure.headroom,
    }
    if exposure.cap == exposure.product_cap or exposure.single_name is None:
        return [Refusal("exposure_over", "amount", **facts)]
    share = exposure.single_name.share_pct
    return [Refusal("exposure_share_over", "amount", share=share, **facts)]
