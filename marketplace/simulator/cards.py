"""The test cards and what each of them does. Numbers are the trade's usual test numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Card:
    """One test card.

    `refusal` is the reason the page refuses it, `later` the reason it is refused when it was
    saved and is charged without the person. `steps_up` asks the person on the page to confirm
    once more. `habit` is how money taken with it behaves afterwards: `refund_fails`,
    `refund_returns`, or disputed by its owner: `disputed` is lost and `excused` won, unless the
    evidence says otherwise.
    """

    number: str
    refusal: str | None = None
    steps_up: bool = False
    later: str | None = None
    habit: str = "good"


CARDS: Final = {
    card.number: card
    for card in (
        Card("4242424242424242"),
        Card("4000000000000002", refusal="card_declined"),
        Card("4000000000009995", refusal="insufficient_funds"),
        Card("4000000000000069", refusal="expired_card"),
        Card("4000002760003184", steps_up=True, later="authentication_required"),
        Card("4000002500003155", steps_up=True),
        Card("4000000000000341", later="insufficient_funds"),
        Card("4000000000001067", later="expired_card"),
        Card("4000000000005126", habit="refund_fails"),
        Card("4000000000007726", habit="refund_returns"),
        Card("4000000000000259", habit="disputed"),
        Card("4000000000002685", habit="excused"),
    )
}
WALLET: Final = Card("wallet")
BANK: Final = Card("bank")


def find_card(text: str) -> Card | None:
    """Return the test card typed as `text`, with any spacing; None for any other number."""
    return CARDS.get(re.sub(r"[\s-]", "", text))


def way(method: str) -> str:
    """Return how a charge was paid, by what is kept of it: a card's ending, or the way itself."""
    return "card" if method.isdigit() else method
