"""Rendering: pages, answers after an act, and how money and time look."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    has_request_context,
    make_response,
    redirect,
    render_template,
    request,
)
from markupsafe import Markup, escape

from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.web import guards, places
from marketplace.web.form_cookie import form_token
from marketplace.web.locale import LANGUAGES, _, language, locale_name, ngettext

_holder_words: Callable[[], str] = str  # nothing to say until the provider is known

# Babel takes its time, and pages show the same amounts, days and rates again and again.
_remembered = functools.lru_cache(maxsize=4096)


def page(template: str, status: int = 200, **context: object) -> Response:
    """Render `template` as the answer; what a signed-in person sees is never stored."""
    response = make_response(render_template(template, **context), status)
    if guards.me().is_person or request.method != "GET":
        response.headers["Cache-Control"] = "no-store"
    return response


def done(location: str, message: str | None = None) -> Response:
    """Answer an act: go to the page at `location` (303) and say there what happened."""
    if message:
        flash(message)
    return make_response(redirect(location, 303))


def gone(title: str, *, happened: str, todo: str, links: Sequence[tuple[str, str]]) -> Response:
    """Answer for what everybody could see once and is there no more (410): what it was, and why.

    `links` lead on: address and words.
    """
    body = render_template(
        "errors/error.html",
        status=410,
        title=title,
        happened=happened,
        todo=todo,
        links=[{"href": href, "label": label} for href, label in links],
    )
    response = make_response(body, 410)
    response.headers["Cache-Control"] = "no-store"
    return response


def money_text(amount: Money) -> str:
    """Return `EUR 12,400.00` in the reader's language, the code always first."""
    return _money_text(amount, locale_name())


@_remembered
def _money_text(amount: Money, locale: str) -> str:
    number = format_currency(amount.decimal(), amount.currency, format="#,##0.00", locale=locale)
    return f"{amount.currency}\u00a0{number}"


def brief_text(amount: Money) -> str:
    """Return `EUR 12,400`: as `money_text`, without decimals where they are zero."""
    text = money_text(amount)
    return text[:-3] if text[-3:] in {".00", ",00"} else text


def money(amount: Money) -> Markup:
    """Return `amount` as a `<data>` element with its minor units as the value."""
    return _money(amount, locale_name())


@_remembered
def _money(amount: Money, locale: str) -> Markup:
    return Markup('<data class="money" value="{}">{}</data>').format(
        amount.minor, _money_text(amount, locale)
    )


def as_money(minor: int, currency: str) -> Money:
    """Return the Money of two columns."""
    return Money(minor, currency)


def day_text(value: date | datetime) -> str:
    """Return the day in words, e.g. 21 Nov 2026."""
    on = value.date() if isinstance(value, datetime) else value
    return _day_text(on, locale_name())


@_remembered
def _day_text(on: date, locale: str) -> str:
    pattern = "d MMM y" if locale.startswith("en") else "medium"
    return str(format_date(on, format=pattern, locale=locale))


def moment_text(value: datetime) -> str:
    """Return day, time and zone in words, e.g. 21 Nov 2026, 18:00 UTC."""
    at = value.astimezone(UTC)
    return f"{day_text(at)}, {at:%H:%M}\u00a0UTC"


def day(value: date | datetime) -> Markup:
    """Return a `<time>` with the day, e.g. 21 Nov 2026."""
    on = value.date() if isinstance(value, datetime) else value
    return _day(on, locale_name())


@_remembered
def _day(on: date, locale: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(on.isoformat(), _day_text(on, locale))


def moment(value: datetime) -> Markup:
    """Return a `<time>` with day, time and zone (UTC)."""
    at = value.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), moment_text(at)
    )


def percent(value: Decimal | int, decimals: int = 2) -> str:
    """Return `value` (percent, not a share) as text, trailing zeros kept: `8.50 %`."""
    return _percent(value, decimals, locale_name())


@_remembered
def _percent(value: Decimal | int, decimals: int, locale: str) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{format_decimal(value, format=pattern, locale=locale)}\u00a0%"


def bps(value: int) -> str:
    """Return basis points as percent: 500 is `5.00 %`."""
    return percent(Decimal(value) / 100)


def time_left(until: datetime) -> str:
    """Return in words how long it is until then, or that it is over."""
    left = until - clock.now()
    if left <= timedelta(0):
        return _("closed")
    if left.days >= 2:
        return _left(left.days, "days", locale_name())
    minutes = int(left.total_seconds() // 60)
    if minutes >= 60:
        return _left(minutes // 60, "hours", locale_name())
    return _left(minutes, "minutes", locale_name())


@_remembered
def _left(count: int, unit: str, _locale: str) -> str:
    if unit == "days":
        return ngettext("%(num)s day left", "%(num)s days left", count)
    if unit == "hours":
        return ngettext("%(num)s hour left", "%(num)s hours left", count)
    return ngettext("%(num)s minute left", "%(num)s minutes left", count)


def paragraphs(text: str) -> Markup:
    """Return plain `text` as paragraphs, blank lines between them."""
    parts = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(_with_breaks(part)) for part in parts)


def install(app: Flask) -> None:
    """Give templates the filters and the names every page uses."""
    app.jinja_env.filters.update(
        money=money,
        money_text=money_text,
        brief=brief_text,
        day=day,
        moment=moment,
        day_text=day_text,
        moment_text=moment_text,
        percent=percent,
        bps=bps,
        time_left=time_left,
        paragraphs=paragraphs,
        allowed=guards.may,
        ref=lambda value, prefix: public_id(prefix, value),
    )
    app.jinja_env.globals.update(as_money=as_money, may=guards.may, public_id=public_id)
    app.jinja_env.globals.update(places=places.PLACES, own_pages=places.OWN_PAGES)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(_context)


def install_holder_words(words: Callable[[], str]) -> None:
    """Let every page name who holds the money, by the provider's own, honest label."""
    global _holder_words  # noqa: PLW0603 - one provider a process
    _holder_words = words


def _context() -> dict[str, Any]:
    settings, actor, path = current_settings(), guards.me(), _path()
    return {
        "me": actor,
        "csrf_token": form_token,
        "site_url": settings.site_url,
        "now": clock.now(),
        "simulated": settings.escrow_provider == "simulator",
        "stylesheet": current_app.extensions.get("kindling_stylesheet"),
        "frame": {
            "site_name": settings.site_name,
            "locale": language(),
            "theme": _theme(),
            "languages": [
                {"code": code, "name": name, "current": code == language()}
                for code, name in LANGUAGES.items()
            ],
            "person": {"name": actor.label, "roles": actor.roles} if actor.is_person else None,
            "desks": places.desks(actor.roles),
            "path": path,
            "here": places.here(path),
            "request_id": g.get("request_id"),
            "holder": _holder_words(),
        },
    }


def _path() -> str:
    """Return the page's own path; one with control characters is no page of ours, and no HTML."""
    return request.path if has_request_context() and request.path.isprintable() else "/"


def _theme() -> str:
    wish = request.cookies.get("theme", "") if has_request_context() else ""
    return wish if wish in {"light", "dark"} else "auto"


def _with_breaks(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
