"""THE list: blueprints, events, jobs, adapters. The whole house on one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from marketplace.infra import events, jobs
from marketplace.infra.events import Event, Handler
from marketplace.infra.settings import Settings

BLUEPRINTS: list[Any] = []

# Who wants to know what. The left side announces, the right side is told, at least once.
EVENTS: Mapping[type[Event], Sequence[Handler]] = {}

# Name, cron (business-neutral: every job works on what is due), function.
PERIODIC: list[tuple[str, str, jobs.JobFunction]] = []

# Routes other machines post to: they carry a signature instead of a form token.
UNTOKENED: list[Any] = []

REFUSALS: list[Mapping[str, Any]] = []


def wire(app: Flask, settings: Settings, csrf: CSRFProtect) -> None:
    """Connect everything that is listed here to `app`."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for view in UNTOKENED:
        csrf.exempt(view)
    events.subscribe(EVENTS)
    jobs.schedule(PERIODIC)


def refusal_sentences() -> dict[str, Any]:
    """Return the sentences of all packages' refusals."""
    return {code: text for table in REFUSALS for code, text in table.items()}
