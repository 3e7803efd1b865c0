"""People who work on somebody's campaign, invited and joined by the commands people use."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns.services import teams
from marketplace.identity.queries import PersonRow
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor


def on_the_team(sponsor: Actor, campaign_id: UUID, person: PersonRow, *rights: str) -> None:
    """Let a person work on the campaign."""
    made = teams.invite(sponsor, campaign_id, email=person.email, rights=rights, now=clock.now())
    teams.accept(person.as_actor(), made, clock.now())
