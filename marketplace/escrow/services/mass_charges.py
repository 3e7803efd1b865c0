"""Many saved means charged at once: a deadline with ten thousand backers, in a few statements.

It gives what `planning.plan_charge` gives for each of them, under the same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from marketplace.escrow import gateway
from marketplace.infra.commands import step
from marketplace.infra.database import column, execute, flush
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, new_id

if TYPE_CHECKING:
    from marketplace.escrow.services.planning import ChargePlan

_ASKED: Final = """
    unnest(%(ids)s::uuid[], %(of)s::uuid[], %(subjects)s::uuid[], %(sequences)s::int[],
        %(purposes)s::text[], %(minors)s::bigint[], %(currencies)s::text[],
        %(accounts)s::bigint[], %(causes)s::text[], %(descriptions)s::text[])
    WITH ORDINALITY AS asked (id, of_id, subject_id, sequence, purpose, amount_minor, currency,
        account_id, cause, description, place)
"""
_LOCK: Final = """
    SELECT id FROM escrow_instruction
    WHERE id = ANY(%(of)s) AND kind = 'setup' AND state = 'succeeded' ORDER BY id FOR UPDATE
"""
_INSERT: Final = f"""
    INSERT INTO escrow_instruction (id, kind, purpose, subject_id, sequence, person_id, of_id,
        provider, amount_minor, currency, state, account_id, cause, description, created_at)
    SELECT asked.id, 'charge', asked.purpose, asked.subject_id, asked.sequence, saved.person_id,
        saved.id, %(provider)s, asked.amount_minor, asked.currency, 'planned', asked.account_id,
        asked.cause, asked.description, %(at)s
    FROM {_ASKED} JOIN escrow_instruction saved ON saved.id = asked.of_id
    ON CONFLICT (kind, purpose, subject_id, sequence) DO NOTHING
"""  # noqa: S608 - our own constants
_KEPT: Final = f"""
    SELECT kept.id FROM {_ASKED} JOIN escrow_instruction kept ON kept.kind = 'charge'
        AND (kept.purpose, kept.subject_id, kept.sequence)
            = (asked.purpose, asked.subject_id, asked.sequence)
        AND (kept.of_id, kept.amount_minor, kept.currency, kept.account_id)
            = (asked.of_id, asked.amount_minor, asked.currency, asked.account_id)
    ORDER BY asked.place
"""  # noqa: S608 - our own constants


@step
def plan_all(plans: Sequence[ChargePlan]) -> list[InstructionId]:
    """Plan every charge; returns their ids in the order of `plans`."""
    params = _params(plans)
    flush()
    if len(column(_LOCK, params)) != len({plan.of for plan in plans}):
        raise Broken("a charge is asked for of a means that nobody has saved")
    execute(_INSERT, params)
    kept = column(_KEPT, params)
    if len(kept) != len(plans):
        raise Broken("another charge is planned for one of the subjects")
    return [InstructionId(found) for found in kept]


def _params(plans: Sequence[ChargePlan]) -> dict[str, Any]:
    return {
        "ids": [new_id() for _plan in plans],
        "of": [plan.of for plan in plans],
        "subjects": [plan.subject_id for plan in plans],
        "sequences": [plan.sequence for plan in plans],
        "purposes": [plan.purpose for plan in plans],
        "minors": [plan.amount.minor for plan in plans],
        "currencies": [plan.amount.currency for plan in plans],
        "accounts": [plan.credit_account for plan in plans],
        "causes": [plan.cause for plan in plans],
        "descriptions": [plan.description for plan in plans],
        "provider": gateway.current().name,
        "at": clock.now(),
    }
