"""The factory: build, wire, return."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from procrastinate import SyncPsycopgConnector

from config import flask_config
from marketplace import cli, wiring
from marketplace.infra import business_clock, jobs, logs, postgres
from marketplace.infra import settings as settings_module
from marketplace.infra.database import db
from marketplace.infra.settings import Settings, SettingsTrouble
from marketplace.kernel import clock
from marketplace.web import (
    errors,
    guards,
    headers,
    incoming,
    limits,
    locale,
    refusals,
    rendering,
    tables,
)
from marketplace.web.page_cache import PageCache
from marketplace.web.site import Site

ROOT = Path(__file__).resolve().parents[1]

csrf = CSRFProtect()


class StartTrouble(Exception):
    """The site cannot start; the message says why in one sentence."""


def create_app(settings: Settings | None = None) -> Flask:
    """Return the site for `settings` (default: the environment's).

    Raises `StartTrouble` with a sentence when the environment or the database cannot be used.
    """
    try:
        settings = settings or settings_module.read()
        settings_module.install(settings)
        server = None if settings.database_url else postgres.start(settings.data_dir)
        url = server.url if server else settings.database_url or ""
    except (SettingsTrouble, postgres.PostgresTrouble) as trouble:
        raise StartTrouble(str(trouble)) from trouble
    app = Site(
        "marketplace",
        root_path=str(ROOT / "marketplace"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config.update(flask_config(settings, url), DATABASE_ADDRESS=url)
    app.extensions["kindling_postgres"] = server
    _build(app, settings, url)
    wiring.wire(app, settings, csrf)
    guards.check_routes(app)
    return app


def _build(app: Flask, settings: Settings, url: str) -> None:
    logs.configure(production=settings.production)
    db.init_app(app)
    incoming.install(app)
    csrf.init_app(app)
    locale.install(app)
    rendering.install(app)
    tables.install(app)
    errors.install(app)
    headers.install(app)
    limits.install(app)
    cli.install(app)
    jobs.use_context(app.app_context)
    jobs.connect(SyncPsycopgConnector(conninfo=url))
    refusals.register(wiring.refusal_sentences())
    if settings.escrow_provider == "simulator":
        clock.install(business_clock.BusinessClock(business_clock.read_offset_from(url)))
    app.wsgi_app = PageCache(app.wsgi_app)  # type: ignore[assignment]
