"""Where in a list the reader is: the id of the row at the edge of the page before."""

from __future__ import annotations

from uuid import UUID

from flask import request

from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id


def cursor(prefix: str, name: str = "after") -> UUID | None:
    """Return the id that the address names as `name`; None, the beginning, for anything else."""
    try:
        return parse_public_id(prefix, request.args.get(name, ""))
    except NotFound:
        return None
