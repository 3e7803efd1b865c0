"""Large private files, whole or in part: players and broken downloads ask for ranges."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from flask import Response, request

from marketplace.infra import streams
from marketplace.web.headers import SANDBOX

_TEXT_TYPE: Final = "text/vtt"


def stream(
    key: str, media_type: str, size: int, *, sha256: str, name: str, inline: bool = False
) -> Response:
    """Answer a file of the shelf of streams: 200, 206 for one range, 416 for one that is not there.

    It is saved as `name`; `inline` lets a page play it. Nobody on the way keeps it, and nothing in
    it can run. More ranges than one are answered in whole, as the standard allows.
    """
    wanted = request.range if request.range and request.range.units == "bytes" else None
    asked = wanted.ranges if wanted and _is_same(sha256) else []
    span = wanted.range_for_length(size) if wanted and len(asked) == 1 else None
    if len(asked) == 1 and span is None:
        return _marked(Response(status=416, headers={"Content-Range": f"bytes */{size}"}), sha256)
    start, stop = span or (0, size)
    body = streams.read(key, start, stop) if request.method == "GET" else b""
    response = Response(body, 206 if span else 200, mimetype=media_type, direct_passthrough=True)
    if span:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    response.headers["Content-Length"] = str(stop - start)
    response.headers["Content-Disposition"] = _disposition(name, inline=inline)
    return _marked(response, sha256)


def captions(text: str) -> Response:
    """Answer captions for a player."""
    response = Response(text, mimetype=_TEXT_TYPE)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers.set(*SANDBOX)
    return response


def _is_same(sha256: str) -> bool:
    """Whether who goes on with a file has the beginning of this one."""
    condition = request.if_range
    return condition.etag == sha256 if condition.etag else condition.date is None


def _marked(response: Response, sha256: str) -> Response:
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers.set(*SANDBOX)
    response.set_etag(sha256)
    return response


def _disposition(name: str, *, inline: bool) -> str:
    kind = "inline" if inline else "attachment"
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    stem, _dot, suffix = name.rpartition(".")
    plain = f"{plain[: len(stem)]}.{suffix}"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
