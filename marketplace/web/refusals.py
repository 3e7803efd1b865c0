"""The sentences of refusals: what is wrong and what to do, in the reader's language.

Every package registers its own codes in `wiring.py`; the codes of the kernel stand here. A law
test holds that each code raised anywhere has a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.web.locale import _l
from marketplace.web.rendering import day_text, money_text

_SENTENCES: dict[str, Any] = {
    "amount_missing": _l("Enter an amount, such as 25.00."),
    "amount_negative": _l("The amount must be more than zero. Enter it without a minus sign."),
    "amount_zero": _l("The amount must be more than zero."),
    "amount_unreadable": _l(
        "“%(typed)s” is not an amount. Enter digits, with a point before the decimals,"
        " such as 25.00."
    ),
    "amount_too_fine": _l("%(currency)s has %(decimals)s decimals. Enter no more than that."),
    "amount_too_large": _l("That is more than can be held. Enter a smaller amount."),
    "currency_unknown": _l("%(currency)s is not a currency this site works with."),
    "illegal_move": _l(
        "This is no longer possible: it is now “%(state)s”. Load the page again to see what is."
    ),
    "overdraft": _l("There is not enough money available for this."),
    "clock_only_forward": _l("The clock can only be moved forward."),
}


def register(table: Mapping[str, Any]) -> None:
    """Add the sentences of a package; a code that is already there is a ValueError."""
    twice = _SENTENCES.keys() & table.keys()
    if any(_SENTENCES[code] is not table[code] for code in twice):
        raise ValueError(f"refusals registered twice: {', '.join(sorted(twice))}")
    _SENTENCES.update(table)


def known() -> frozenset[str]:
    """Return all codes that have a sentence."""
    return frozenset(_SENTENCES)


def sentence(refusal: Refusal) -> str:
    """Return what to tell the person."""
    template = _SENTENCES.get(refusal.code)
    if template is None:
        return refusal.code.replace("_", " ")
    facts = {name: _shown(value) for name, value in refusal.facts.items()}
    return str(template) % facts if facts else str(template)


def _shown(value: object) -> object:
    if isinstance(value, Money):
        return money_text(value)
    return day_text(value) if isinstance(value, date) else value
