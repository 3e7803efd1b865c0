"""Serving pictures: for ever, by a name that is their content."""

from __future__ import annotations

from flask import Blueprint, Response, send_file

from marketplace.infra import files
from marketplace.kernel.errors import NotFound
from marketplace.web.guards import public

bp = Blueprint("media", __name__)


@bp.get("/media/<key>")
@public
def picture(key: str) -> Response:
    """Answer one width of a picture. Only pictures are served here, whatever else is kept."""
    place = files.path(key)
    kind = files.content_type(key)
    if not kind.startswith("image/"):
        raise NotFound(key)
    response = send_file(place, mimetype=kind, etag=False, conditional=False)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
