"""Reading a case: from whatever JSON holds to exact values, or one sentence saying why not.

A figure in a case may be a decimal string or a JSON number; binary floats never come into it.
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeVar

from marketplace.kernel.money import CURRENCIES, MINOR_MAX, Money, exponent

LIST_MAX: Final = 4_000
TEXT_SHOWN: Final = 40

_DECIMAL = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_RATIO = re.compile(r"([0-9]{1,12})/([0-9]{1,12})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE_LETTERS = 40  # an integer in JSON longer than this is read as a Decimal: never slow

E = TypeVar("E", bound=StrEnum)


class BadCase(ValueError):
    """The case cannot be calculated; the message is the sentence for whoever wrote it."""


def parse(text: str) -> list[object]:
    """Return the cases of a JSON array; anything else is a `BadCase`."""
    try:
        read = json.loads(text, parse_float=_number, parse_int=_integer, parse_constant=Decimal)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, json.JSONDecodeError) else "it is nested too deep"
        raise BadCase(f"The input is not JSON: {reason}.") from None
    if not isinstance(read, list):
        raise BadCase("The input is not a JSON array of cases: it starts with [ and ends with ].")
    return read


class Case:
    """One case: named values, each read as what it has to be."""

    def __init__(self, values: object, name: str = "the case") -> None:
        if not isinstance(values, dict):
            raise BadCase(f"{name} is not a JSON object but {shown(values)}")
        self._values = values
        self._name = name

    def has(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self._values.get(key) is not None

    def value(self, key: str) -> object:
        """Return what stands under `key`; a missing or null key is a `BadCase`."""
        if not self.has(key):
            raise BadCase(f"{self._name} has no {key}")
        return self._values[key]

    def decimal(self, key: str) -> Decimal:
        """Return a plain decimal."""
        return decimal(self.value(key), key)

    def ratio(self, key: str) -> Fraction:
        """Return a plain decimal or `"19/30"`, exact."""
        return ratio(self.value(key), key)

    def whole(self, key: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        return whole(self.value(key), key, low, high)

    def day(self, key: str) -> date:
        """Return a date."""
        return day(self.value(key), key)

    def money(self, key: str, currency: str) -> Money:
        """Return an amount of `currency`, zero or more."""
        return money(self.value(key), key, currency)

    def one_of(self, key: str, choices: type[E]) -> E:
        """Return the member of `choices` written under `key`."""
        return one_of(self.value(key), key, choices)

    def currency(self) -> str:
        """Return the currency, which only says how many decimals an amount has."""
        code = self._values.get("currency") or "EUR"
        if not isinstance(code, str) or code not in CURRENCIES:
            raise BadCase(f"currency is one of {', '.join(CURRENCIES)}, not {shown(code)}")
        return code

    def entries(self, key: str, at_most: int = LIST_MAX) -> list[object]:
        """Return the list under `key`."""
        found = self.value(key)
        if not isinstance(found, list):
            raise BadCase(f"{key} is a list, not {shown(found)}")
        if len(found) > at_most:
            raise BadCase(f"{key} has {len(found)} entries; {at_most} are the most")
        return found

    def cases(self, key: str, at_most: int = LIST_MAX) -> list[Case]:
        """Return the objects of the list under `key`, each able to say where it stands."""
        entries = self.entries(key, at_most)
        return [Case(entry, f"{key}[{n}]") for n, entry in enumerate(entries)]

    def inner(self, key: str) -> Case:
        """Return the object under `key`."""
        return Case(self.value(key), key)


def decimal(found: object, name: str) -> Decimal:
    """Return a decimal as JSON number or plain decimal string."""
    if isinstance(found, str) and _DECIMAL.fullmatch(found):
        return Decimal(found)
    if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
        number = Decimal(found)
        if number.is_finite() and abs(number.adjusted()) <= _WHOLE_LETTERS:
            return number
    raise BadCase(f'{name} is a decimal number such as "1250.00", not {shown(found)}')


def ratio(found: object, name: str) -> Fraction:
    """Return a decimal or a quotient of two whole numbers such as "7/12", not negative."""
    match = _RATIO.fullmatch(found) if isinstance(found, str) else None
    if match and int(match[2]):
        return Fraction(int(match[1]), int(match[2]))
    if match:
        raise BadCase(f"{name} divides by zero: {shown(found)}")
    number = decimal(found, name)
    if number < 0:
        raise BadCase(f"{name} is not negative, but {shown(found)} is")
    return Fraction(number)


def whole(found: object, name: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`; "12" and 12.0 count, true does not."""
    number = decimal(found, name)
    if number != number.to_integral_value() or not low <= number <= high:
        raise BadCase(f"{name} is a whole number from {low} to {high}, not {shown(found)}")
    return int(number)


def day(found: object, name: str) -> date:
    """Return an ISO date."""
    if isinstance(found, str) and _DAY.fullmatch(found):
        try:
            return date.fromisoformat(found)
        except ValueError:
            raise BadCase(f"{name} is no day of the calendar: {found}") from None
    raise BadCase(f"{name} is a date such as 2026-11-21, not {shown(found)}")


def money(found: object, name: str, currency: str) -> Money:
    """Return an amount of zero or more with no more decimals than the currency has."""
    number, places = decimal(found, name), exponent(currency)
    if number < 0:
        raise BadCase(f"{name} is not negative, but {shown(found)} is")
    if number > Decimal(MINOR_MAX).scaleb(-places):
        raise BadCase(f"{name} is too large: {shown(found)}")
    try:
        return Money.of(number, currency)
    except ValueError:
        raise BadCase(
            f"{name} has at most {places} decimals in {currency}: {shown(found)}"
        ) from None


def one_of(found: object, name: str, choices: type[E]) -> E:
    """Return the member of `choices` that `found` spells."""
    for choice in choices:
        if found == choice.value:
            return choice
    raise BadCase(f"{name} is one of {', '.join(choices)}, not {shown(found)}")


def shown(found: object) -> str:
    """Return a value as it may stand in a sentence: short, quoted, in one line."""
    if isinstance(found, (list, dict)):
        return "a list" if isinstance(found, list) else "an object"
    words = {None: "null", True: "true", False: "false"}
    if found is None or isinstance(found, bool):
        return words[found]
    text = f"{found:.40}" if isinstance(found, str) else str(found)[:TEXT_SHOWN]
    return json.dumps(text) if isinstance(found, str) else text


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what decimals can hold
        return Decimal("NaN")


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _WHOLE_LETTERS else _number(text)
