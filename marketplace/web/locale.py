"""Languages: whole sentences through gettext, amounts and dates through Babel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import flask_babel
from flask import Flask, g, has_request_context, request

# Tag in HTML and cookies → name of the catalogue. A language is listed once its catalogue is
# complete; tests/laws holds that.
LANGUAGES: Final[dict[str, str]] = {"en": "English"}
_CATALOGUES: Final = {"en": "en", "zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant"}
CATALOGUES: Final = Path(__file__).resolve().parents[2] / "translations"
COOKIE: Final = "lang"
DEFAULT: Final = "en"

# Flask-Babel ships no types; these are what the rest of the house sees of it.
gettext: Callable[..., str] = flask_babel.gettext
lazy_gettext: Callable[..., Any] = flask_babel.lazy_gettext
ngettext: Callable[..., str] = flask_babel.ngettext
_ = gettext
_l = lazy_gettext

__all__ = [
    "CATALOGUES",
    "DEFAULT",
    "LANGUAGES",
    "_",
    "_l",
    "gettext",
    "install",
    "language",
    "lazy_gettext",
    "ngettext",
]

_preferred: Callable[[], str | None] = lambda: None  # noqa: E731 - replaced by identity


def install_preference(load: Callable[[], str | None]) -> None:
    """Ask `load` for the language the signed-in person chose."""
    global _preferred  # noqa: PLW0603 - one loader a process
    _preferred = load


def install(app: Flask) -> None:
    """Set up languages on `app`."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(CATALOGUES))
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "UTC")
    flask_babel.Babel(app, locale_selector=lambda: _CATALOGUES[language()])


def language() -> str:
    """Return the tag of the language of this answer: chosen, else negotiated, else English."""
    if "language" not in g:
        g.language = _choose()
    return str(g.language)


def locale_name() -> str:
    """Return Babel's name of the current locale, `en` outside a request."""
    found = flask_babel.get_locale()
    return str(found) if found else "en"


def _choose() -> str:
    if not has_request_context():
        return DEFAULT
    for wish in (_preferred(), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT
