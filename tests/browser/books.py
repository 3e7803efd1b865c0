"""What a page says and what the ledger holds, read so that the two can be compared."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from marketplace.kernel.money import Money
from tests.browser.conftest import House
from tests.browser.people import WAIT_SECONDS_MAX


def amount_in(words: str, pattern: str) -> Decimal:
    """The amount in euros behind these words."""
    found = re.search(pattern + r"\s*EUR\s([\d,]+\.\d\d)", words)
    assert found is not None, f"{pattern!r} is not in: {words}"
    return Decimal(found[1].replace(",", ""))


def day_in(words: str, pattern: str) -> date:
    """The day in the first group of the pattern."""
    found = re.search(pattern, words)
    assert found is not None, f"{pattern!r} is not in: {words}"
    return datetime.strptime(f"{found[1]} +0000", "%d %b %Y %z").date()


def said(amount: Decimal) -> str:
    """An amount in euros as pages write it."""
    return str(Money.of(amount, "EUR"))


class Books:
    """The ledger's accounts in euros, as an operator reads them."""

    def __init__(self, house: House) -> None:
        words = ("ledger", "accounts", "--currency", "EUR", "--json")
        self._rows = json.loads(house.operator(*words))

    def held(self, kind: str) -> dict[str | None, Decimal]:
        """What each owner's account of a kind holds."""
        return {row["owner"]: Decimal(row["balance"]) for row in self._rows if row["kind"] == kind}

    def total(self, kind: str) -> Decimal:
        """What all accounts of a kind hold together."""
        return sum(self.held(kind).values(), Decimal(0))


def until_it_holds(check: Callable[[], None]) -> None:
    """Try again while lenders' shares are on their way."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
