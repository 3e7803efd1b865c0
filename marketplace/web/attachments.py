"""Files handed out: whoever asked saves them, and nobody on the way keeps them."""

from __future__ import annotations

from flask import Response


def attachment(content: bytes | str, content_type: str, name: str) -> Response:
    """Answer with a file to be saved as `name`."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, content_type=content_type, headers=headers)
