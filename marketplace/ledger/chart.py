"""The chart of accounts: which kinds exist, who owns them, how they grow and how they are kept.

Assets (the provider's cash, debts, costs) grow by debit; liabilities (what we hold for others)
and income grow by credit. A balance is told on the side on which its account grows.

`running` accounts keep a balance row that is locked by each posting: right for one person's
wallet. `append` accounts are summed, so that any number of people can post to them at once:
right for a campaign everybody pledges to and for the provider's cash. Where `overdraft_allowed`
is false nobody takes more than is there, what is pending counted, in either mode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from marketplace.kernel.errors import Broken

Side = Literal["debit", "credit"]
Mode = Literal["running", "append"]
Book = Literal["money", "memo"]

# ISO 4217. The last three digits of an account's number; the twin of ledger_currency_number().
NUMBERS: Final[dict[str, int]] = {
    "AUD": 36,
    "CHF": 756,
    "CNY": 156,
    "EUR": 978,
    "GBP": 826,
    "HKD": 344,
    "JPY": 392,
    "KWD": 414,
    "SGD": 702,
    "TWD": 901,
    "USD": 840,
}
_CODES: Final = {number: code for code, number in NUMBERS.items()}
_SPAN: Final = 1000


@dataclass(frozen=True, slots=True)
class Kind:
    """How accounts of one kind are kept. `owner_type` None: one account for each currency."""

    name: str
    owner_type: str | None
    side: Side
    mode: Mode
    overdraft_allowed: bool
    book: Book = "money"


_FREE: Final = True  # may go below zero: a mirror of what happened, or a result
_KEPT: Final = False  # nobody takes more than is there

_KINDS: Final = (
    Kind("external:world", None, "debit", "append", _FREE),
    Kind("escrow:campaign", "campaign", "credit", "append", _KEPT),
    Kind("escrow:loan", "loan", "credit", "running", _KEPT),
    Kind("person:wallet", "person", "credit", "running", _KEPT),
    Kind("sponsor:payable", "campaign", "credit", "running", _KEPT),
    Kind("borrower:payable", "loan", "credit", "running", _KEPT),
    Kind("holdback:campaign", "campaign", "credit", "running", _KEPT),
    Kind("fees:platform", None, "credit", "append", _FREE),
    Kind("fees:provider", None, "debit", "append", _FREE),
    Kind("refund_reserve", None, "credit", "append", _FREE),
    Kind("loss:chargeback", None, "debit", "append", _FREE),
    Kind("loss:credit", None, "debit", "append", _FREE),
    Kind("rounding", None, "credit", "append", _FREE),
    Kind("suspense", None, "credit", "append", _FREE),
    # The memo book: what borrowers owe and what lenders may claim. No cash in it. A claim is
    # touched once an instalment, so a balance row for each of a million notes is not worth it.
    Kind("loan:debt", "loan", "debit", "append", _FREE, "memo"),
    Kind("note:claim", "note", "credit", "append", _FREE, "memo"),
)
KINDS: Final = {found.name: found for found in _KINDS}

_PROVIDER: Final = re.compile(r"provider:[a-z][a-z0-9_]*:(pending|available|in_transit)")


def kind(name: str) -> Kind:
    """Return how accounts of kind `name` are kept; an unknown kind is `Broken`."""
    if name in KINDS:
        return KINDS[name]
    if is_provider(name):
        return Kind(name, None, "debit", "append", _FREE)
    raise Broken(f"the chart of accounts has no {name}")


def is_provider(name: str) -> bool:
    """Whether `name` is a kind of account that mirrors a part of a provider's cash."""
    return _PROVIDER.fullmatch(name) is not None


def currency_of(account: int) -> str:
    """Return the currency an account's number says it has."""
    try:
        return _CODES[account % _SPAN]
    except KeyError:
        raise Broken(f"{account} is not the number of an account") from None
