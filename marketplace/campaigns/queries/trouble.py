"""Pictures of what is wrong with a delivery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from marketplace.infra import files
from marketplace.infra.database import rows, scalar
from marketplace.kernel.errors import NotFound


class _Kept(NamedTuple):
    objection_id: UUID
    pictures: int


def pictures(objection_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many pictures each of these objections has; one without any is left out."""
    if not objection_ids:
        return {}
    sql = """
        SELECT objection_id, count(*)::int AS pictures FROM objection_picture
        WHERE objection_id = ANY(%s) GROUP BY objection_id
    """
    found = rows(sql, (list(objection_ids),), into=_Kept)
    return {each.objection_id: each.pictures for each in found}


def picture(objection_id: UUID, number: int) -> bytes:
    """Return a picture of an objection, counted from 1; `NotFound` where there is none."""
    sql = "SELECT key FROM objection_picture WHERE objection_id = %s AND position = %s"
    key = scalar(sql, (objection_id, number))
    if key is None:
        raise NotFound(str(objection_id))
    return files.load(str(key), shelf=files.PRIVATE)
