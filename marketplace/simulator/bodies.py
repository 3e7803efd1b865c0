"""Reads what callers send, strictly: an unknown name, a missing one or a wrong type is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import MINOR_MAX, Money
from marketplace.simulator.refusals import Denied

TEXT_MAX: Final = 2_000


class Body:
    """The JSON object of one request; `allowed` are all the names it may have."""

    def __init__(self, raw: bytes, allowed: str) -> None:
        self._fields = _parsed(raw)
        unknown = set(self._fields) - set(allowed.split())
        if unknown:
            raise _wrong(f"Unknown: {', '.join(sorted(unknown))}.")

    def has(self, name: str) -> bool:
        """Whether `name` was sent, and is not null."""
        return self._fields.get(name) is not None

    def object(self, name: str) -> Mapping[str, object]:
        """Return a JSON object."""
        value = self._fields.get(name)
        if not isinstance(value, dict):
            raise _wrong(f"{name} is an object.")
        return value

    def text(self, name: str, *, needed: bool = True, most: int = TEXT_MAX) -> str:
        """Return a text of at most `most` characters; empty only where it is not needed."""
        value = self._fields.get(name, "")
        if not isinstance(value, str) or len(value) > most or (needed and not value):
            raise _wrong(f"{name} is a text.")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of `choices`; the first where none is named."""
        value = self.text(name, needed=False) or choices[0]
        if value not in choices:
            raise _wrong(f"{name} is one of: {', '.join(choices)}.")
        return value

    def url(self, name: str) -> str:
        """Return a web address."""
        value = self.text(name)
        if not value.startswith(("http://", "https://")):
            raise _wrong(f"{name} is a web address.")
        return value

    def whole(self, name: str) -> int:
        """Return a whole number."""
        value = self._fields.get(name)
        if type(value) is not int:
            raise _wrong(f"{name} is a whole number.")
        return value

    def minor(self) -> int:
        """Return `amount_minor`: above zero and not absurd."""
        value = self.whole("amount_minor")
        if not 0 < value <= MINOR_MAX:
            raise _wrong("amount_minor is above zero.")
        return value

    def money(self) -> Money:
        """Return `amount_minor` of `currency`."""
        try:
            return Money(self.minor(), self.text("currency"))
        except Refusal as refusal:
            raise _wrong("currency is not one the bank knows.") from refusal

    def moment(self, name: str) -> datetime:
        """Return a moment with its zone."""
        try:
            value = datetime.fromisoformat(self.text(name))
        except ValueError as error:
            raise _wrong(f"{name} is a moment in ISO 8601.") from error
        if value.tzinfo is None:
            raise _wrong(f"{name} needs its zone.")
        return value


def _parsed(raw: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(raw or b"{}")
    except ValueError as error:
        raise _wrong("The body is a JSON object.") from error
    if not isinstance(value, dict):
        raise _wrong("The body is a JSON object.")
    return value


def _wrong(message: str) -> Denied:
    return Denied(400, "parameter", message)
