"""Atom feeds (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, render_template


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `content` is cleaned markup, `language` the tag of what it is in."""

    id: str
    title: str
    at: datetime
    author: str
    href: str
    content: str
    language: str


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed tells, latest first; addresses are whole."""

    id: str
    title: str
    self: str
    page: str
    since: datetime
    entries: Sequence[Entry]

    @property
    def updated(self) -> datetime:
        """When something happened last."""
        return max((entry.at for entry in self.entries), default=self.since)


def feed_answer(feed: Feed) -> Response:
    """Answer with a feed; readers may keep it for ten minutes."""
    response = Response(render_template("feeds/atom.xml", feed=feed))
    response.mimetype = "application/atom+xml"
    response.headers["Cache-Control"] = "public, max-age=600"
    return response
