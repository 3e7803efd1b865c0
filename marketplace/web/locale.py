"""Languages: whole sentences through gettext, amounts and dates through Babel."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import flask_babel
from babel.support import NullTranslations
from flask import Flask, g, has_request_context, request
from flask_babel.speaklater import LazyString
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

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


@pass_eval_context
def _filled(context: EvalContext, message: str, /, **variables: object) -> str:
    """Return `message` for a template: variables are escaped, `%%` is always a percent sign."""
    if context.autoescape and not variables:
        return _bare(_catalogue(), message)
    return _fill(context, str(_catalogue().gettext(message)), variables)


@pass_eval_context
def _filled_by_number(
    context: EvalContext, singular: str, plural: str, num: int, /, **variables: object
) -> str:
    """Return the form that fits `num`, as `_filled` does."""
    text = str(_catalogue().ngettext(singular, plural, num))
    return _fill(context, text, {"num": num, **variables})


def _fill(context: EvalContext, text: str, variables: dict[str, object]) -> str:
    found = Markup(text) if context.autoescape else text  # noqa: S704 - our own sentences
    return found % variables if "%" in text else found


@functools.lru_cache(maxsize=4096)
def _bare(catalogue: NullTranslations, message: str) -> Markup:
    """Return a sentence without variables: a page has dozens, and they never change."""
    return Markup(str(catalogue.gettext(message)) % {})  # noqa: S704 - our own sentences


def lazy_gettext(message: str, /, **variables: object) -> Any:  # noqa: ANN401 - Flask-Babel's
    """Return a text that is looked up when it is shown."""
    return LazyString(gettext, message, **variables)


_ = gettext
_l = lazy_gettext

_UNTRANSLATED: Final = NullTranslations()


def _catalogue() -> NullTranslations:
    """Return the catalogue of the current locale, looked up once for each answer.

    A page has a hundred texts, and Flask-Babel would ask itself each time which catalogue fits: a
    quarter of the work of a page.
    """
    try:
        found: NullTranslations | None = g._get_current_object().catalogue  # noqa: SLF001 - as the proxy itself
    except RuntimeError:  # outside of every answer
        return _UNTRANSLATED
    except AttributeError:
        found = None
    if found is None:
        found = g.catalogue = flask_babel.get_translations()
    return found


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak the locale `name` (Babel's spelling) in the block: letters are in their reader's."""
    former = g.pop("catalogue", None), g.pop("locale_name", None)
    try:
        with flask_babel.force_locale(name):
            yield
    finally:
        g.catalogue, g.locale_name = former


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
    "speaking",
    "wishes",
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
    # Jinja's extension adds the method to the environment; its types do not know. It fills in
    # variables by wrapping what it is given; ours do that themselves, at half the cost a text.
    cast("Any", app.jinja_env).install_gettext_callables(gettext, ngettext, newstyle=True)
    app.jinja_env.globals.update(gettext=_filled, ngettext=_filled_by_number, _=_filled)


def language() -> str:
    """Return the tag of the language of this answer: chosen, else negotiated, else English."""
    held = g._get_current_object()  # noqa: SLF001 - as the proxy itself, once
    if "language" not in held:
        held.language = _choose()
    return str(held.language)


def locale_name() -> str:
    """Return Babel's name of the current locale, `en` outside a request."""
    try:
        found: str | None = g._get_current_object().locale_name  # noqa: SLF001 - as the proxy itself
    except RuntimeError:
        return "en"
    except AttributeError:
        found = None
    if found is None:
        found = g.locale_name = str(flask_babel.get_locale() or "en")
    return found


def wishes() -> list[str]:
    """Return the tags of what the reader reads, the dearest first: chosen here, then set there."""
    chosen = (_preferred(), request.cookies.get(COOKIE))
    return [*filter(None, chosen), *request.accept_languages.values()]


def _choose() -> str:
    if not has_request_context():
        return DEFAULT
    for wish in (_preferred(), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT
