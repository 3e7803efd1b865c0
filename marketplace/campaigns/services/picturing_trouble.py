"""Pictures of what is wrong with a delivery, for who judges it and who sent them alone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from marketplace.campaigns.rules.parts import PICTURES_MAX
from marketplace.infra import files
from marketplace.infra.commands import step
from marketplace.infra.database import execute
from marketplace.kernel.errors import Refusal
from marketplace.media.encoding import redraw_page, refuse_heavy


def prepare(data: bytes) -> str:
    """Redraw a picture without what it says of place and time, keep it, and return its key.

    Outside any transaction; a picture that no objection ever points at costs only its bytes.
    """
    refuse_heavy(data)
    return files.store(redraw_page(data), "image/jpeg", shelf=files.PRIVATE)


@step
def put(objection_id: UUID, keys: Sequence[str]) -> None:
    """Put prepared pictures to an objection, in their order."""
    if len(keys) > PICTURES_MAX:
        raise Refusal("trouble_pictures_full", "picture", most=PICTURES_MAX)
    for position, key in enumerate(keys, start=1):
        execute(
            "INSERT INTO objection_picture (objection_id, position, key) VALUES (%s, %s, %s)",
            (objection_id, position, key),
        )
