"""Files handed out to who may have them; nobody on the way keeps them."""

from __future__ import annotations

from flask import Response

from marketplace.web.headers import SANDBOX


def attachment(content: bytes | str, content_type: str, name: str) -> Response:
    """Answer with a file to be saved as `name`."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, content_type=content_type, headers=headers)


def shown_picture(content: bytes, content_type: str) -> Response:
    """Answer with a picture that a page of the same person shows, and that can do nothing else."""
    response = Response(content, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.set(*SANDBOX)
    return response
