"""Guards: every route says who may use it, or the site does not start.

    @bp.get("/staff/moderation")
    @requires("campaign.moderate")
    def queue() -> Response: ...

Whether a *thing* is yours is asked where it is read: someone else's is `NotFound`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast
from urllib.parse import quote, urlsplit

from flask import Flask, Response, g, redirect, request

from marketplace.kernel.actors import ANONYMOUS, Actor
from marketplace.kernel.errors import NotAllowed
from marketplace.web.permissions import PERMISSIONS

P = ParamSpec("P")
R = TypeVar("R")
View = Callable[P, R]

_MARK = "kindling_guard"
_load_actor: Callable[[], Actor] = lambda: ANONYMOUS  # noqa: E731 - replaced by identity


class SignInNeeded(NotAllowed):
    """Nobody is signed in; the edge answers with the sign-in page."""


def install_actor_loader(load: Callable[[], Actor]) -> None:
    """Ask `load` who is acting; identity installs this."""
    global _load_actor  # noqa: PLW0603 - one loader a process
    _load_actor = load


def me() -> Actor:
    """Return who is acting in this request."""
    held = g._get_current_object()  # noqa: SLF001 - as the proxy itself, once
    if "actor" not in held:
        held.actor = _load_actor()
    return cast("Actor", held.actor)


def public(view: View[P, R]) -> View[P, R]:
    """Open `view` to everyone."""
    setattr(view, _MARK, "public")
    return view


def signed_in(view: View[P, R]) -> View[P, R]:
    """Open `view` to everyone who is signed in."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        _insist_on_person()
        return view(*args, **kwargs)

    setattr(guarded, _MARK, "signed_in")
    return guarded


def requires(permission: str) -> Callable[[View[P, R]], View[P, R]]:
    """Open a view to persons whose roles have `permission`."""
    roles = PERMISSIONS[permission]

    def guard(view: View[P, R]) -> View[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not _insist_on_person().has(*roles):
                raise NotAllowed(permission)
            return view(*args, **kwargs)

        setattr(guarded, _MARK, permission)
        return guarded

    return guard


def may(permission: str) -> bool:
    """Whether the person acting has `permission`; templates ask this before showing a way."""
    return me().has(*PERMISSIONS[permission])


def unguarded(app: Flask) -> list[str]:
    """Return the routes that declare no permission."""
    return sorted(
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if not hasattr(app.view_functions[rule.endpoint], _MARK)
    )


def check_routes(app: Flask) -> None:
    """Refuse to start while any route declares no permission: deny by default."""
    setattr(app.view_functions["static"], _MARK, "public")
    missing = unguarded(app)
    if missing:
        raise RuntimeError("routes without a declared permission: " + ", ".join(missing))


def guard_of(app: Flask, endpoint: str) -> str:
    """Return what `endpoint` declares: `public`, `signed_in` or a permission."""
    return str(getattr(app.view_functions[endpoint], _MARK))


def insist_on_same_origin() -> None:
    """Refuse what another site's page sends; for the few forms that carry no token.

    Browsers say where a form comes from in at least one of these; what says nothing is no browser
    and brings nobody's cookies.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise NotAllowed("another site's form")
        return
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if origin is not None and _place(origin) != request.host:
        raise NotAllowed("another site's form")


def _place(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:  # no address at all
        return ""


def local_path(target: str | None, fallback: str = "/") -> str:
    """Return `target` if it is a path of this site, else `fallback` (no open redirects)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return fallback
    if any(ord(letter) < 32 for letter in target):
        return fallback
    parts = urlsplit(target)
    return fallback if parts.scheme or parts.netloc else target


def to_sign_in() -> Response:
    """Answer with the sign-in page and come back here afterwards (only to pages, never acts)."""
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    target = "/sign-in" + (f"?next={quote(back)}" if back else "")
    return cast("Response", redirect(target, 303))


def _insist_on_person() -> Actor:
    actor = me()
    if not actor.is_person:
        raise SignInNeeded("sign in first")
    return actor
