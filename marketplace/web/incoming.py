"""What arrives: no text holds a NUL, which nobody types and the database cannot keep.

A form may send as much as the configuration allows; a view that takes in films says so itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import flask
from flask import Flask, current_app, has_app_context
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

_MARK: Final = "kindling_upload_bytes"
_FIELDS_BYTES: Final = 1024 * 1024  # what stands in the form beside the file
V = TypeVar("V", bound=Callable[..., Any])


def takes_files_of(size: int) -> Callable[[V], V]:
    """Let the form of a view bring files of `size` bytes together; they are never in memory."""

    def mark(view: V) -> V:
        setattr(view, _MARK, size + _FIELDS_BYTES)
        return view

    return mark


class Request(flask.Request):
    """A request whose typed texts, in the address and in forms, are free of NUL."""

    @property
    def max_content_length(self) -> int | None:
        """How much it may bring: the view's own measure, else that of the site."""
        view = current_app.view_functions.get(self.endpoint or "") if has_app_context() else None
        return getattr(view, _MARK, None) or super().max_content_length

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """What stands behind the question mark."""
        return _without_nul(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _without_nul(self.form)


def install(app: Flask) -> None:
    """Let `app` read requests this way."""
    app.request_class = Request


def _without_nul(typed: MultiDict[str, str]) -> MultiDict[str, str]:
    pairs = [(name, text.replace("\0", "")) for name, text in typed.items(multi=True)]
    return ImmutableMultiDict(pairs)
