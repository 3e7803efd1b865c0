"""The ways to pay: Stripe's own test cards, and the two wallets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Way:
    """One way to pay.

    `refusal` is why the page refuses it, `later` why it is refused once it is saved and its
    person is away. `steps_up` asks them to confirm. `habit` is what becomes of its payments.
    """

    name: str
    does: str
    method: str = "card"
    refusal: str = ""
    later: str = ""
    steps_up: bool = False
    habit: str = ""


GOOD: Final = "4242424242424242"
AT_ONCE: Final = "4000000000000077"
DECLINED: Final = "4000000000000002"
STEP_UP: Final = "4000002760003184"
SAVED_THEN_DECLINED: Final = "4000000000000341"
DISPUTED: Final = "4000000000000259"
REFUND_RETURNS: Final = "4000000000005126"
REFUND_TAKES_TIME: Final = "4000000000007726"

WAYS: Final = {
    way.name: way
    for way in (
        Way(GOOD, "pays"),
        Way(AT_ONCE, "pays, and the money is available at once", habit="at_once"),
        Way(DECLINED, "is declined", refusal="generic_decline"),
        Way("4000000000009995", "has not enough money", refusal="insufficient_funds"),
        Way("4000000000000069", "has expired", refusal="expired_card"),
        Way(STEP_UP, "must be confirmed each time", later="authentication_required", steps_up=True),
        Way("4000002500003155", "must be confirmed once", steps_up=True),
        Way(SAVED_THEN_DECLINED, "can be saved, and is declined later", later="card_declined"),
        Way(DISPUTED, "pays, and is disputed at once", habit="disputed"),
        Way(REFUND_RETURNS, "pays; its refunds come back later", habit="refund_returns"),
        Way(REFUND_TAKES_TIME, "pays; its refunds take time", habit="refund_takes_time"),
        Way("alipay", "pays with Alipay", "alipay", habit="refund_takes_time"),
        Way("wechat_pay", "pays with WeChat Pay", "wechat_pay", habit="refund_takes_time"),
    )
}


def find_way(text: str) -> Way | None:
    """The way a person typed or chose."""
    return WAYS.get(re.sub(r"[\s-]", "", text))
