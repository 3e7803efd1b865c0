"""Two invented sources, for development, demos and tests. They answer by the facts alone.

The same person and request always get the same answer. Everybody is a decent borrower unless the
family name or the cents of the amount ask for something else: see `CASES`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from marketplace.kernel import clock
from marketplace.kernel.errors import ProviderTrouble
from marketplace.risk import answers
from marketplace.risk.facts import Source
from marketplace.risk.gateway import Gateway, Inquiry, Report, Unreadable

# What a family name or the cents of an amount provoke.
CASES: Final[Mapping[str, int]] = {
    "thin": 1,
    "arrears": 2,
    "disagree": 3,
    "down": 4,
    "slow": 5,
    "nonsense": 6,
    "fraud": 7,
}
_SLOW_ATTEMPTS: Final = 2  # a slow source answers in time at the third try

_Values = dict[str, int | None]


class SimulatedGateway(Gateway):
    """Answers at once and from nowhere. `fault` says what is wrong with it just now, if anything.

    It needs no network, so the demo world and tests ask it by the very commands of the site.
    """

    name = "simulated"

    def __init__(self, fault: Callable[[], str] = lambda: "") -> None:
        self._fault = fault

    def fetch(self, inquiry: Inquiry) -> Report:
        """Answer, or fail as the case wants it."""
        case = self._fault() or _case(inquiry.told)
        if case == "down" or (case == "slow" and inquiry.attempt <= _SLOW_ATTEMPTS):
            raise ProviderTrouble(f"the simulated {inquiry.source} is {case}", code=case)
        raw = b"<html>502</html>" if case == "nonsense" else _answer(inquiry, case)
        try:
            return Report(raw, answers.read(raw, inquiry.source, inquiry.request_id))
        except answers.Garbled as trouble:
            raise Unreadable(str(trouble), raw) from trouble


def _case(told: Mapping[str, Any]) -> str:
    words = str(told["name"]).lower().split()
    by_name = words[-1] if words and words[-1] in CASES else ""
    cents = int(told["amount_minor"]) % 100
    return by_name or next((case for case, number in CASES.items() if number == cents), "")


def _answer(inquiry: Inquiry, case: str) -> bytes:
    found = case != "thin"
    make = _bureau if inquiry.source == Source.BUREAU else _big_data
    body = {
        "request_id": str(inquiry.request_id),
        "source": inquiry.source.value,
        "as_of": _as_of().isoformat(),
        "found": found,
        "values": make(inquiry.told, case) if found else {},
    }
    return json.dumps(body, sort_keys=True).encode()


def _bureau(told: Mapping[str, Any], case: str) -> _Values:
    owes = told["obligations_minor"]
    score = _drawn(told, "score", 640, 900)
    return {
        "score": 420 if case == "arrears" else score,
        "history_months": _drawn(told, "history", 20, 200),
        "arrears_now": 1 if case == "arrears" else 0,
        "arrears_24m": 3 if case == "arrears" else _drawn(told, "arrears", 0, 9) // 9,
        "enquiries_6m": _drawn(told, "enquiries", 0, 4),
        "obligations_minor": None if owes is None else owes * _drawn(told, "owes", 85, 100) // 100,
    }


def _big_data(told: Mapping[str, Any], case: str) -> _Values:
    earns = told["income_minor"]
    score = _drawn(told, "score", 640, 900) + _drawn(told, "behaviour", -90, 90)
    return {
        "score": score - 400 if case == "disagree" else score,
        "income_minor": None if earns is None else earns * _drawn(told, "earns", 94, 104) // 100,
        "income_regularity_pct": _drawn(told, "regular", 66, 99),
        "overdrafts_12m": _drawn(told, "overdrafts", 0, 7) // 4,
        "fraud_signals": 1 if case == "fraud" else 0,
    }


def _drawn(told: Mapping[str, Any], what: str, least: int, most: int) -> int:
    """Return a number from `least` to `most` that is this person's for good."""
    seed = hashlib.sha256(f"{told['name']}|{what}".encode()).digest()
    return least + int.from_bytes(seed[:8], "big") % (most - least + 1)


def _as_of() -> date:
    return clock.today()
