"""One stylesheet: the five layers joined, named by their content, kept for a year.

The provider's stylesheet lies beside them and is not one of them: its pages look different.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Response, current_app, make_response

from marketplace.kernel.errors import NotFound
from marketplace.web.guards import public

LAYERS: Final = ("tokens", "base", "layout", "components", "print")

bp = Blueprint("styles", __name__)


def joined(folder: Path) -> str:
    """Return the layers of `folder` as one stylesheet, in the order that `@layer` declares."""
    return "\n".join((folder / f"{layer}.css").read_text(encoding="utf-8") for layer in LAYERS)


@bp.record_once
def _install(state: object) -> None:
    app: Flask = state.app  # type: ignore[attr-defined]  # Flask's setup state
    text = joined(Path(str(app.static_folder)) / "css")
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    app.extensions["kindling_stylesheet"] = f"/styles/{digest}.css"
    app.extensions["kindling_stylesheet_text"] = text


@bp.get("/styles/<digest>.css")
@public
def stylesheet(digest: str) -> Response:
    """Answer the joined stylesheet; an old name is not found, so that nothing stale is kept."""
    if current_app.extensions["kindling_stylesheet"] != f"/styles/{digest}.css":
        raise NotFound("stylesheet")
    response = make_response(current_app.extensions["kindling_stylesheet_text"])
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
