"""The application itself: Flask, remembering the paths it made."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import Flask, has_request_context, request

from marketplace.web.form_cookie import FormSessions
from marketplace.web.pieces import PieceEnvironment


class Site(Flask):
    """The site as a Flask application."""

    jinja_environment = PieceEnvironment

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Flask's own
        super().__init__(*args, **kwargs)
        self.session_interface = FormSessions()
        self._path = functools.lru_cache(maxsize=8192)(self._built)

    def url_for(self, /, endpoint: str, **values: Any) -> str:  # noqa: ANN401 - as Flask takes them
        """Return the address of `endpoint`, as Flask would.

        A path of this site follows from endpoint and values alone, and a page has dozens.
        """
        asked = {name: value for name, value in values.items() if value is not None}
        if not has_request_context() or not _is_plain(endpoint, asked):
            return super().url_for(endpoint, **values)
        root = request.environ.get("SCRIPT_NAME", "")
        return self._path(root, endpoint, *asked.items())

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func`: nothing here is a coroutine, so Flask need not look each time."""
        return func

    def _built(self, root: str, endpoint: str, *values: tuple[str, str]) -> str:
        return self.url_map.bind("", script_name=root).build(endpoint, dict(values))


def _is_plain(endpoint: str, values: dict[str, Any]) -> bool:
    """Whether neither this request nor Flask's own words have a say in the path."""
    return not endpoint.startswith(".") and all(
        type(value) is str and name[0] != "_" for name, value in values.items()
    )
