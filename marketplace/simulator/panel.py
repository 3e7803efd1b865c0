"""The fault panel: where somebody who tries the platform makes the bank have a bad day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.simulator.bank import Bank
from marketplace.simulator.faults import TIMES_MAX, ChosenFaults, Fault

panel = Blueprint("panel", __name__)


@panel.get("/faults")
def faults() -> Response:
    """Show what goes wrong now and what could."""
    return _page()


@panel.post("/faults")
def choose() -> Response:
    """Let something go wrong so many times; 0 ends it."""
    kind, times = request.form.get("fault", ""), request.form.get("times", "").strip()
    if kind not in set(Fault):
        return _page({"fault": _("Choose what shall go wrong")}, times=times)
    if not (times.isascii() and times.isdecimal() and len(times) < 5 and int(times) <= TIMES_MAX):
        sentence = _("Enter a whole number from 0 to %(most)s", most=f"{TIMES_MAX:,}")
        return _page({"times": sentence}, kind=kind, times=times)
    _faults().choose(Fault(kind), int(times))
    return cast("Response", redirect(url_for("panel.faults"), 303))


def _page(
    refusals: Mapping[str, str] | None = None, *, kind: str = "", times: str = "1"
) -> Response:
    text = render_template(
        "simulator/faults.html",
        labels=_labels(),
        chosen=_faults().chosen(),
        refusals=refusals or {},
        kind=kind,
        times=times,
    )
    response = Response(text, 422 if refusals else 200, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return response


def _faults() -> ChosenFaults:
    return ChosenFaults(cast("Bank", current_app.extensions["bank"]).store)


def _labels() -> dict[str, str]:
    return {
        Fault.OUTAGE: _("Outage: a call is refused and nothing happens"),
        Fault.BUSY: _("Busy: a call is sent away until later"),
        Fault.SLOW: _("Slow: a call takes three seconds longer"),
        Fault.LOST_ANSWER: _("Lost answer: it is done, and nobody is told"),
        Fault.TWICE: _("Notices arrive twice"),
        Fault.DISORDER: _("Notices arrive out of order"),
        Fault.LATE: _("Notices arrive half a minute late"),
    }
