"""Many drafts of one kind at once, each acting on something that has succeeded.

In a few statements however many they are, it gives what `drafts.insert` gives for each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.services.drafts import Draft
from marketplace.escrow.states import Kind
from marketplace.infra.commands import step
from marketplace.infra.database import column, flush
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, new_id

_ASKED: Final = """
    unnest(%(ids)s::uuid[], %(of)s::uuid[], %(subjects)s::uuid[], %(sequences)s::int[],
        %(purposes)s::text[], %(minors)s::bigint[], %(currencies)s::text[],
        %(accounts)s::bigint[], %(causes)s::text[], %(descriptions)s::text[])
    WITH ORDINALITY AS asked (id, of_id, subject_id, sequence, purpose, amount_minor, currency,
        account_id, cause, description, place)
"""
# Locked in the order of their ids, so that two who act on one payment see each other's amounts.
_LOCK: Final = """
    SELECT id FROM escrow_instruction
    WHERE id = ANY(%(of)s) AND kind = ANY(%(of_kinds)s) AND state = 'succeeded'
    ORDER BY id FOR UPDATE
"""
_INSERT: Final = f"""
    INSERT INTO escrow_instruction (id, kind, purpose, subject_id, sequence, person_id, of_id,
        provider, amount_minor, currency, state, account_id, cause, description, created_at)
    SELECT asked.id, %(kind)s, asked.purpose, asked.subject_id, asked.sequence, origin.person_id,
        origin.id, %(provider)s, asked.amount_minor, asked.currency, 'planned', asked.account_id,
        asked.cause, asked.description, %(at)s
    FROM {_ASKED} JOIN escrow_instruction origin ON origin.id = asked.of_id
    ON CONFLICT (kind, purpose, subject_id, sequence) DO NOTHING RETURNING id
"""  # noqa: S608 - our own constants
_KEPT: Final = f"""
    SELECT kept.id FROM {_ASKED} JOIN escrow_instruction kept ON kept.kind = %(kind)s
        AND (kept.purpose, kept.subject_id, kept.sequence)
            = (asked.purpose, asked.subject_id, asked.sequence)
        AND (kept.of_id, kept.amount_minor, kept.currency, kept.account_id)
            = (asked.of_id, asked.amount_minor, asked.currency, asked.account_id)
    ORDER BY asked.place
"""  # noqa: S608 - our own constants


class Planned(NamedTuple):
    """All instructions in the order of their drafts, and which of them are new."""

    ids: list[InstructionId]
    fresh: list[UUID]
    at: datetime


@step
def insert_all(drafts: Sequence[Draft], of_kinds: Collection[Kind], *, missing: str) -> Planned:
    """Write the drafts down; `of_kinds` are what they may act on.

    All are of one kind. `Broken` with `missing` where something they act on has not succeeded,
    and where another plan has the place of one of them.
    """
    kind = drafts[0].kind
    params = _params(drafts) | {"kind": kind, "of_kinds": list(of_kinds)}
    flush()
    if len(column(_LOCK, params)) != len({draft.of_id for draft in drafts}):
        raise Broken(missing)
    fresh = column(_INSERT, params)
    kept = column(_KEPT, params)
    if len(kept) != len(drafts):
        raise Broken(f"another {kind} is planned for one of the subjects")
    return Planned([InstructionId(found) for found in kept], fresh, params["at"])


def _params(drafts: Sequence[Draft]) -> dict[str, Any]:
    return {
        "ids": [new_id() for _draft in drafts],
        "of": [draft.of_id for draft in drafts],
        "subjects": [draft.subject_id for draft in drafts],
        "sequences": [draft.sequence for draft in drafts],
        "purposes": [draft.purpose for draft in drafts],
        "minors": [draft.amount.minor for draft in drafts],
        "currencies": [draft.amount.currency for draft in drafts],
        "accounts": [draft.account_id for draft in drafts],
        "causes": [draft.cause for draft in drafts],
        "descriptions": [draft.description for draft in drafts],
        "provider": gateway.current().name,
        "at": clock.now(),
    }
