"""Language and colours, for everyone: a cookie, and the person's row where there is one.

The forms stand on public pages that are kept for all visitors, so they carry no token. They
must come from this site instead, and they can do nothing but change how pages look.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from marketplace.identity.rules.people import THEMES
from marketplace.identity.services import profile
from marketplace.identity.views import sessions
from marketplace.kernel.errors import Refusal
from marketplace.web import locale
from marketplace.web.guards import insist_on_same_origin, local_path, public
from marketplace.web.rendering import done

bp = Blueprint("preferences", __name__, url_prefix="/preferences")


@bp.post("/theme")
@public
def theme() -> Response:
    """Choose light, dark or as the device says; back to the page it was chosen on."""
    insist_on_same_origin()
    response = done(local_path(request.form.get("next")))
    keep(response, theme=request.form.get("theme", ""))
    return response


@bp.post("/locale")
@public
def language() -> Response:
    """Choose a language; back to the page it was chosen on."""
    insist_on_same_origin()
    response = done(local_path(request.form.get("next")))
    keep(response, language=request.form.get("locale", ""))
    return response


def keep(response: Response, *, theme: str | None = None, language: str | None = None) -> None:
    """Keep a choice in the browser and, signed in, with the person; unknown ones are refused."""
    if theme is not None and theme not in THEMES:
        raise Refusal("theme_unknown", "theme")
    if language is not None and language not in locale.LANGUAGES:
        raise Refusal("language_unknown", "language")
    user = sessions.current()
    if theme is not None:
        sessions.prefer(response, "theme", theme)
        if user is not None:
            profile.prefer_theme(user.person_id, theme)
    if language is not None:
        sessions.prefer(response, locale.COOKIE, language)
        if user is not None:
            profile.prefer_language(user.person_id, language)
