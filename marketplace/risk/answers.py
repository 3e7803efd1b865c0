"""What sources answer: the wire format, read strictly. `docs/risk.md` describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from marketplace.risk.facts import Source

_MINOR_MAX: Final = 10**12

# What each source may know: the name of a value, and the largest it can be.
KNOWN: Final[Mapping[Source, Mapping[str, int]]] = {
    Source.BUREAU: {
        "score": 1_000,
        "history_months": 1_200,
        "arrears_now": 1_000,
        "arrears_24m": 1_000,
        "enquiries_6m": 1_000,
        "obligations_minor": _MINOR_MAX,
    },
    Source.BIG_DATA: {
        "score": 1_000,
        "income_minor": _MINOR_MAX,
        "income_regularity_pct": 100,
        "overdrafts_12m": 1_000,
        "fraud_signals": 1_000,
    },
}


class Garbled(ValueError):
    """An answer that is not what was agreed."""


@dataclass(frozen=True, slots=True)
class Findings:
    """One source's answer. A value that is None was not collected; without a file all are."""

    source: Source
    found: bool
    as_of: date
    values: Mapping[str, int | None]


def read(raw: bytes, source: Source, request_id: UUID) -> Findings:
    """Return what `raw` says, or raise `Garbled`: another's answer, or one that cannot be true."""
    body = _object(raw)
    if body.get("source") != source.value or body.get("request_id") != str(request_id):
        raise Garbled("the answer is not to this question")
    found = body.get("found")
    if not isinstance(found, bool):
        raise Garbled("the answer does not say whether there is a file")
    values = body.get("values", {})
    if not isinstance(values, dict):
        raise Garbled("values must be an object")
    return Findings(
        source,
        found,
        _day(body.get("as_of")),
        {
            name: _value(name, values.get(name), at_most) if found else None
            for name, at_most in KNOWN[source].items()
        },
    )


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Garbled("the answer is no JSON") from error
    if not isinstance(body, dict):
        raise Garbled("the answer is no object")
    return body


def _day(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise Garbled("as_of must be a day") from error


def _value(name: str, value: object, at_most: int) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= at_most:
        raise Garbled(f"{name} must be a whole number from 0 to {at_most}")
    return value
