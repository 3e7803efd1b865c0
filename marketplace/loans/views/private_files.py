"""Papers that only some people may open, handed out as files that can do nothing by themselves."""

from __future__ import annotations

from io import BytesIO

from flask import Response, send_file

from marketplace.infra import files
from marketplace.web.headers import SANDBOX


def private_file(key: str, content_type: str, name: str, *, inline: bool = False) -> Response:
    """Return a PDF or JPEG of the private shelf, called `name`; nobody on the way keeps it.

    It is saved by the browser; `inline` lets a page show it.
    """
    suffix = "pdf" if content_type == "application/pdf" else "jpg"
    response = send_file(
        BytesIO(files.load(key, shelf=files.PRIVATE)),
        mimetype=content_type,
        as_attachment=not inline,
        download_name=f"{name}.{suffix}",
        etag=False,
        conditional=False,
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers.set(*SANDBOX)
    return response
