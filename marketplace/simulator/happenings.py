"""What the bank will tell the platform: numbered, written in the transaction that makes it true."""

from __future__ import annotations

import json
from datetime import datetime

from marketplace.kernel.ids import new_id, public_id
from marketplace.simulator.store import Work

_TELL = """
    WITH place AS (
        INSERT INTO simulator.till AS t (events) VALUES (1)
        ON CONFLICT (sole) DO UPDATE SET events = t.events + 1 RETURNING events
    )
    INSERT INTO simulator.event (position, id, type, body, due_at, created_at)
    SELECT events, %(id)s, %(type)s, %(body)s, %(now)s, %(now)s FROM place
"""


def stamp(at: datetime | None) -> str | None:
    """Return a moment as the bank writes it."""
    return at.isoformat() if at else None


def new_ref(prefix: str) -> str:
    """Return a fresh reference, `co_…`: hard to guess, since the hosted pages go by it."""
    return public_id(prefix, new_id())


def tell(work: Work, kind: str, thing: dict[str, object]) -> None:
    """Queue the event `kind` about `thing`."""
    ref = new_ref("ev")
    body = {"id": ref, "type": kind, "created_at": stamp(work.now), "object": thing}
    work.run(_TELL, id=ref, type=kind, body=json.dumps(body), now=work.now)
