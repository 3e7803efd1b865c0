"""Builds the bank's web application, and starts what runs beside it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flask import Flask, Response
from flask_babel import Babel, get_locale
from markupsafe import Markup

from marketplace.infra import settings
from marketplace.infra.business_clock import BusinessClock, read_offset_from
from marketplace.infra.postgres import ensure_running
from marketplace.infra.settings import Settings
from marketplace.kernel import clock
from marketplace.kernel.money import Money, exponent
from marketplace.simulator.api import api
from marketplace.simulator.bad_days import ChosenFaults
from marketplace.simulator.bank import NAME, Bank
from marketplace.simulator.control import control
from marketplace.simulator.courier import Courier, over_http
from marketplace.simulator.desk import desk_pages
from marketplace.simulator.faults import Crashed, GoodDay
from marketplace.simulator.hosted import pages
from marketplace.simulator.panel import panel
from marketplace.simulator.store import Store

ROOT: Final = Path(__file__).resolve().parents[2]
_YOUNG: Final = timedelta(seconds=6)
_CSP: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def open_bank(
    dsn: str,
    chosen: Settings,
    *,
    source: Callable[[], datetime] = clock.now,
    bad_days: bool = False,
) -> Bank:
    """Return the bank whose books are at `dsn` (an owner's address), with the settings' secrets.

    With `bad_days` it fails as its fault panel says.
    """
    store = Store(dsn, source)
    return Bank(
        store=store,
        site=chosen.simulator_url,
        api_key=chosen.simulator_key,
        webhook_secret=chosen.simulator_webhook_secret,
        faults=ChosenFaults(store, _plug()) if bad_days else GoodDay(),
    )


def create_app(bank: Bank) -> Flask:
    """Return the WSGI application of `bank`: the JSON API and the hosted pages."""
    app = Flask(
        "marketplace.simulator",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.extensions["bank"] = bank
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "translations")
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    Babel(app)
    app.jinja_env.filters["money"] = _money
    app.jinja_env.filters["spaced"] = _spaced
    app.jinja_env.globals.update(bank_name=NAME, get_locale=get_locale)
    app.register_blueprint(api)
    app.register_blueprint(pages)
    app.register_blueprint(panel)
    app.register_blueprint(control)
    app.register_blueprint(desk_pages)
    app.after_request(_guarded)
    return app


def serve() -> Flask:
    """Return the application for the bank's own process, its courier already on the way."""
    chosen = settings.read()
    settings.install(chosen)
    dsn = chosen.database_url or ensure_running(chosen.data_dir).url
    clock.install(BusinessClock(read_offset_from(dsn)))
    bank = open_bank(dsn, chosen, bad_days=True)
    hook = os.environ.get("SIMULATOR_WEBHOOK_URL") or f"{chosen.site_url}/webhooks/simulator"
    with bank.work():
        pass  # the schema is there, or the reason is told now
    Courier(bank, over_http(hook)).start()
    return create_app(bank)


def _plug() -> Callable[[], None]:
    """Return how to end this process as if somebody pulled its plug; granian starts another one.

    A young process only drops its work: granian takes two quick deaths for a hopeless case.
    """
    born = clock.wall()

    def pull() -> None:
        if clock.wall() - born < _YOUNG:
            raise Crashed
        os.kill(os.getpid(), signal.SIGKILL)

    return pull


def _guarded(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _money(amount: Money) -> Markup:
    digits = exponent(amount.currency)
    return Markup('<data class="money" value="{}">{} {}</data>').format(
        amount.minor, amount.currency, f"{amount.decimal():,.{digits}f}"
    )


def _spaced(number: str) -> str:
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))
