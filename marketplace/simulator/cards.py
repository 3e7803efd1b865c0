"""The test cards and what each of them does. Numbers are the trade's usual test numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Card:
    """One test card.

    `refusal` is the reason a payment is refused, `steps_up` asks the person to confirm once
    more, `habit` is how money taken with it behaves afterwards.
    """

    number: str
    refusal: str | None = None
    steps_up: bool = False
    habit: str = "good"


CARDS: Final = {
    card.number: card
    for card in (
        Card("4242424242424242"),
        Card("4000000000000002", refusal="card_declined"),
        Card("4000000000009995", refusal="insufficient_funds"),
        Card("4000000000000069", refusal="expired_card"),
        Card("4000002760003184", steps_up=True),
        Card("4000000000005126", habit="refund_fails"),
    )
}
WALLET: Final = Card("wallet")
BANK: Final = Card("bank")


def find_card(text: str) -> Card | None:
    """Return the test card typed as `text`, with any spacing; None for any other number."""
    return CARDS.get(re.sub(r"[\s-]", "", text))
