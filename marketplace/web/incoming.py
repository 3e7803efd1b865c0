"""What arrives: no text holds a NUL, which nobody types and the database cannot keep."""

from __future__ import annotations

import flask
from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property


class Request(flask.Request):
    """A request whose typed texts, in the address and in forms, are free of NUL."""

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
