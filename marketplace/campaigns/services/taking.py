"""Taking rewards from the shelf.

One conditional UPDATE for each, in the order of their ids, so that two who want the same two
never wait for each other. It locks the row: whoever counts what a person has of it counts alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.models import Pledge
from marketplace.campaigns.queries import quotes
from marketplace.campaigns.rules import rewards as rules
from marketplace.campaigns.rules.prices import add_on_field
from marketplace.campaigns.services import changing_pledge, waiting
from marketplace.infra.commands import step
from marketplace.infra.database import rows
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if


class _Taken(NamedTuple):
    title: str
    per_person: int | None


_TAKE: Final = """
    UPDATE reward SET taken = taken + %(count)s
    WHERE id = %(reward)s AND (quantity IS NULL OR %(count)s = 0
        OR (taken + %(count)s <= quantity AND NOT EXISTS (SELECT FROM reward_wait w
            WHERE w.reward_id = reward.id AND w.state = 'waiting')))
    RETURNING title, per_person
"""


@step
def take(
    actor: Actor, pledge: Pledge, goods: Sequence[tuple[UUID, int]], kept: Mapping[UUID, int]
) -> None:
    """Take the goods of a new pledge; refuses when one is gone, or more than a person may have.

    `kept` is what the pledge it is to replace has taken already: only more than that is taken.
    So is what was kept for who has waited in line; what others wait for is gone for everybody.
    """
    wanted = {key: changing_pledge.beyond(count, kept, key) for key, count in goods}
    if pledge.reward_id is not None and wanted[pledge.reward_id]:
        wanted[pledge.reward_id] -= waiting.use(actor, pledge, pledge.reward_id)
    for reward_id, count in sorted(goods):
        more = wanted[reward_id]
        found = rows(_TAKE, {"reward": reward_id, "count": more}, into=_Taken)
        if not found:
            is_tier = reward_id == pledge.reward_id
            raise Refusal("reward_gone", "reward" if is_tier else add_on_field(reward_id))
        if found[0].per_person is not None:
            had = quotes.had_before(
                pledge.backer_id, reward_id, but=[pledge.id, pledge.replaces_id]
            )
            refuse_if(rules.limit_refusals(found[0].per_person, had + count, found[0].title))
