"""Languages: whole sentences through gettext, amounts and dates through Babel."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import flask_babel
from babel import Locale
from babel.support import NullTranslations
from flask import Flask, g, has_request_context, request
from flask_babel.speaklater import LazyString

# Tag in HTML and cookies → name of the catalogue. A language is listed once its catalogue is
# complete; tests/laws holds that.
LANGUAGES: Final[dict[str, str]] = {"en": "English"}
_CATALOGUES: Final = {"en": "en", "zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant"}
CATALOGUES: Final = Path(__file__).resolve().parents[2] / "translations"
COOKIE: Final = "lang"
DEFAULT: Final = "en"


def gettext(message: str, /, **variables: object) -> str:
    """Return `message` in the language of this answer, with `variables` filled in."""
    text = str(_catalogue().gettext(message))
    return text % variables if variables else text


def ngettext(singular: str, plural: str, num: int, /, **variables: object) -> str:
    """Return the form that fits `num`, in the language of this answer."""
    return str(_catalogue().ngettext(singular, plural, num)) % {"num": num, **variables}


def _text(message: str) -> str:
    return str(_catalogue().gettext(message))


def _text_of_number(singular: str, plural: str, num: int) -> str:
    return str(_catalogue().ngettext(singular, plural, num))


def lazy_gettext(message: str, /, **variables: object) -> Any:  # noqa: ANN401 - Flask-Babel's
    """Return a text that is looked up when it is shown."""
    return LazyString(gettext, message, **variables)


_ = gettext
_l = lazy_gettext

_UNTRANSLATED: Final = NullTranslations()


def _catalogue() -> NullTranslations:
    """Return the catalogue of the current locale, looked up once for each answer.

    A page has a hundred texts, and Flask-Babel would ask itself each time which catalogue fits: a
    quarter of the work of a page. Letters are written in their reader's locale within one answer,
    so there may be several.
    """
    locale = flask_babel.get_locale()
    if locale is None:
        return _UNTRANSLATED
    known: dict[Locale, NullTranslations] | None = g.get("catalogues")
    if known is None:
        known = g.catalogues = {}
    if locale not in known:
        known[locale] = flask_babel.get_translations()
    return known[locale]


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
    # Jinja's extension adds the method to the environment; its types do not know. Jinja fills the
    # variables in by itself, so it is given the bare texts.
    cast("Any", app.jinja_env).install_gettext_callables(_text, _text_of_number, newstyle=True)


def language() -> str:
    """Return the tag of the language of this answer: chosen, else negotiated, else English."""
    if "language" not in g:
        g.language = _choose()
    return str(g.language)


def locale_name() -> str:
    """Return Babel's name of the current locale, `en` outside a request."""
    return _name(flask_babel.get_locale())


@functools.cache
def _name(locale: Locale | None) -> str:
    return str(locale) if locale else "en"


def _choose() -> str:
    if not has_request_context():
        return DEFAULT
    for wish in (_preferred(), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT
