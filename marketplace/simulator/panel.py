"""The fault panel: where somebody who tries the platform makes the bank have a bad day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, cast

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.simulator.api import bank
from marketplace.simulator.control import chosen_faults
from marketplace.simulator.faults import SIZE, SIZE_MAX, TIMES_MAX, Chance, Fault

panel = Blueprint("panel", __name__)
POLICY: Final = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
MINUTES_MAX: Final = 30 * 24 * 60
SEED_MAX: Final = 2**31
_MOST: Final = {"times": TIMES_MAX, "percent": 100, "minutes": MINUTES_MAX, "size": SIZE_MAX}


@panel.get("/faults")
@panel.get("/simulator/faults")
def faults() -> Response:
    """Show what goes wrong now, what could, and what has gone wrong lately."""
    return _page()


@panel.post("/faults")
@panel.post("/simulator/faults")
def choose() -> Response:
    """Let something go wrong so many times, by chance, or for a while; 0 times ends it."""
    typed = {name: request.form.get(name, "").strip() for name in ("fault", *_MOST)}
    refusals = _refusals(typed)
    if refusals:
        return _page(refusals, typed)
    numbers = {name: int(typed[name]) for name in _MOST if typed[name]}
    chosen_faults().choose(Fault(typed["fault"]), _chance(numbers))
    return _back()


@panel.post("/faults/good-day")
def good_day() -> Response:
    """End all that goes wrong."""
    chosen_faults().good_day()
    return _back()


@panel.post("/faults/seed")
def start() -> Response:
    """Decide by another seed, and count calls from one again."""
    typed = request.form.get("seed", "").strip()
    if not _whole(typed, SEED_MAX):
        return _page({"seed": _sentence(SEED_MAX)}, {"seed": typed})
    chosen_faults().start(int(typed))
    return _back()


def _chance(numbers: Mapping[str, int]) -> Chance | None:
    if numbers.get("times") == 0:
        return None
    minutes = numbers.get("minutes")
    return Chance(
        times=numbers.get("times"),
        percent=numbers.get("percent"),
        until=bank().store.now() + timedelta(minutes=minutes) if minutes else None,
        size=numbers.get("size", SIZE),
    )


def _refusals(typed: Mapping[str, str]) -> dict[str, str]:
    found = {}
    if typed["fault"] not in set(Fault):
        found["fault"] = _("Choose what shall go wrong")
    for name, most in _MOST.items():
        least = 0 if name == "times" else 1
        if typed[name] and not (_whole(typed[name], most) and int(typed[name]) >= least):
            found[name] = _sentence(most, least)
    if typed["times"] and typed["percent"]:
        found["percent"] = _("Choose how many times or how many in a hundred, not both")
    if not (typed["times"] or typed["percent"] or typed["minutes"]):
        found["times"] = _("Say how often or for how long")
    return found


def _whole(text: str, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= most


def _sentence(most: int, least: int = 0) -> str:
    most_words = f"{most:,}"
    return str(_("Enter a whole number from %(least)s to %(most)s", least=least, most=most_words))


def _back() -> Response:
    return cast("Response", redirect(url_for("panel.faults"), 303))


def _page(
    refusals: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    chosen = chosen_faults()
    seed, calls = chosen.mood()
    text = render_template(
        "simulator/faults.html",
        labels=labels(),
        chosen=chosen.chosen(),
        done=chosen.done(),
        seed=seed,
        calls=calls,
        refusals=refusals or {},
        typed={"times": "1", **(typed or {})},
    )
    response = Response(text, 422 if refusals else 200, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response


def labels() -> dict[str, str]:
    """Return each fault in plain words."""
    return {
        Fault.SLOW: _("Slow: a call takes some seconds longer"),
        Fault.OUTAGE: _("Outage: a call is refused with 503 and nothing happens"),
        Fault.DROP_BEFORE: _("Dead line before: no answer, and nothing happens"),
        Fault.BUSY: _("Busy: a call is sent away with 429 until later"),
        Fault.BROKEN: _("Broken: a call is answered with 500 and nothing happens"),
        Fault.CONFLICT: _("Key in use: a call is refused with 409 and nothing happens"),
        Fault.CRASH_BEFORE: _("Crash before: the bank dies in the middle of its work"),
        Fault.STICKY: _("Sticky: it is done, and its key goes on answering 500"),
        Fault.LOST_ANSWER: _("Lost answer: it is done, and the answer is 502"),
        Fault.DROP_AFTER: _("Dead line after: it is done, and nobody is told"),
        Fault.CRASH_AFTER: _("Crash after: it is done, and the bank dies before it answers"),
        Fault.TWICE: _("Notices arrive twice"),
        Fault.DISORDER: _("Notices arrive out of order"),
        Fault.LATE: _("Notices arrive half a minute late"),
        Fault.LOST_NOTICE: _("Notices are lost for good"),
        Fault.FORGED: _("A forged notice comes before the true one"),
        Fault.STALE: _("A notice signed ten minutes ago comes before the true one"),
        Fault.CRASH_COURIER: _("Crash of the courier: notices arrived, and it forgets that"),
    }
