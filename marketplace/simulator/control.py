"""The fault panel for programs: what goes wrong, as JSON, under the bearer key.

    GET /simulator/faults.json
    PUT /simulator/faults.json
    {"seed": 7, "faults": {"busy": {"times": 3}, "drop_after": {"percent": 20},
                           "outage": {"seconds": 1800}, "sticky": {"percent": 5, "size": 4}}}

A PUT says all that goes wrong: what it does not name ends, and `{"faults": {}}` is a good day.
`times` or `percent`; `seconds` or `until` end it at a moment; alone, they mean all the time.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, Response, request

from marketplace.simulator.answers import refused
from marketplace.simulator.api import bank, knows_key
from marketplace.simulator.bad_days import ChosenFaults
from marketplace.simulator.bodies import Body
from marketplace.simulator.faults import SIZE, SIZE_MAX, TIMES_MAX, Chance, Fault
from marketplace.simulator.happenings import stamp
from marketplace.simulator.refusals import Denied

control = Blueprint("control", __name__)
SECONDS_MAX: Final = 30 * 24 * 3600


@control.before_request
def _know_the_caller() -> None:
    if not knows_key(request.headers.get("Authorization", "")):
        raise Denied(401, "unknown_key", "The API key is not known.")


@control.errorhandler(Denied)
def _denied(denied: Denied) -> Response:
    answer = refused(denied)
    return Response(answer.text, answer.status, mimetype="application/json")


@control.get("/simulator/faults.json")
def read() -> Response:
    """Say what goes wrong, from which seed, and what has gone wrong lately."""
    return _shown()


@control.put("/simulator/faults.json")
def choose() -> Response:
    """Let exactly this go wrong."""
    body = Body(request.get_data(), "seed faults")
    seed = body.whole("seed") if body.has("seed") else None
    chances = {
        _fault(name): _chance(Body(json.dumps(chance).encode(), "times percent seconds until size"))
        for name, chance in body.object("faults").items()
    }
    chosen_faults().choose_all(chances, seed)
    return _shown()


def chosen_faults() -> ChosenFaults:
    """Return what the panel chooses from: the bank's own, or as much as its tables know."""
    faults = bank().faults
    return faults if isinstance(faults, ChosenFaults) else ChosenFaults(bank().store)


def _fault(name: str) -> Fault:
    try:
        return Fault(name)
    except ValueError as error:
        raise Denied(400, "parameter", f"There is no fault {name}.") from error


def _chance(body: Body) -> Chance:
    times = _within(body, "times", TIMES_MAX)
    percent = _within(body, "percent", 100)
    if times is not None and percent is not None:
        raise Denied(400, "parameter", "Either times or percent.")
    until = _until(body)
    if times is None and percent is None and until is None:
        raise Denied(400, "parameter", "times, percent, seconds or until.")
    size = _within(body, "size", SIZE_MAX)
    return Chance(times, percent, until, SIZE if size is None else size)


def _until(body: Body) -> datetime | None:
    seconds = _within(body, "seconds", SECONDS_MAX)
    if seconds is not None:
        return bank().store.now() + timedelta(seconds=seconds)
    return body.moment("until") if body.has("until") else None


def _within(body: Body, name: str, most: int) -> int | None:
    if not body.has(name):
        return None
    value = body.whole(name)
    if not 0 < value <= most:
        raise Denied(400, "parameter", f"{name} is from 1 to {most}.")
    return value


def _shown() -> Response:
    faults = chosen_faults()
    seed, calls = faults.mood()
    shown = {
        "seed": seed,
        "calls": calls,
        "faults": {fault: _chance_shown(chance) for fault, chance in faults.chosen().items()},
        "done": [{**row, "at": stamp(row["at"])} for row in faults.done()],
    }
    return Response(json.dumps(shown), mimetype="application/json")


def _chance_shown(chance: Chance) -> dict[str, object]:
    return {
        "times": chance.times,
        "percent": chance.percent,
        "until": stamp(chance.until),
        "size": chance.size,
    }
