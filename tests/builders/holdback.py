"""Funded campaigns of which a part is held back until backers have what they were promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID

from marketplace.campaigns.queries import fulfilments, parts
from marketplace.campaigns.rules.models import PLAIN, Ending
from marketplace.campaigns.services import (
    fulfilling,
    inspecting,
    objecting,
    release_plan,
)
from marketplace.campaigns.services.fulfilling import Consignment
from marketplace.escrow.services import dispatching
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.settlement import runner
from marketplace.simulator.teller import GOOD_CARD
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.loans import onboard
from tests.builders.settling import settle_whole


@dataclass(frozen=True)
class Success:
    """A funded campaign with three pledges of 100.00: two with a reward, one without."""

    campaign_id: UUID
    sponsor: Actor
    backers: tuple[Actor, ...]
    pledges: tuple[UUID, ...]

    @property
    def first(self) -> UUID:
        """The pledge most tests are about."""
        return self.pledges[0]

    @property
    def backer(self) -> Actor:
        """Whose it is."""
        return self.backers[0]


def seven_tenths(sponsor: Actor, campaign_id: UUID) -> None:
    """Seven tenths at the success, three when it was inspected."""
    release_plan.write_plan(sponsor, campaign_id, first_bps=7_000, milestones=[], now=clock.now())


def a_success(
    world: World,
    hand: clock.Hand,
    *,
    paid: bool = True,
    card: str = GOOD_CARD,
    plan: Callable[[Actor, UUID], None] = seven_tenths,
    ending: Ending = PLAIN,
) -> Success:
    """Reach the goal of 300.00; with `paid` the sponsor has the first part.

    `plan` writes the plan while it is a draft, `ending` is what comes after the deadline.
    """
    sponsor = an_actor("Sponsor Sol")
    if paid:
        onboard(world, sponsor)
    tiers = [build.a_tier("100")]
    made = build.a_draft(sponsor, goal=build.euros(300), days=5, tiers=tiers, ending=ending)
    plan(sponsor, made)
    build.approved(made, sponsor)
    [reward] = build.reward_ids(made)
    backers = tuple(an_actor(f"Backer {name}") for name in ("Bo", "Kim", "Ola"))
    placed = [
        build.place(made, "100", backer=backer, reward_id=chosen)
        for backer, chosen in zip(backers, (reward, reward, None), strict=True)
    ]
    for each in placed:
        dispatching.dispatch(each.checkout_id)
        world.pay(each.checkout_id, card)
    world.deliver()
    pledges = tuple(each.pledge_id for each in placed)
    hand.advance(days=5)
    runner.run(clock.now())
    if paid:
        build.arrive(world, hand)
    return Success(made, sponsor, backers, pledges)


def ship(found: Success, *pledge_ids: UUID, tracking: str = "") -> None:
    """The sponsor marks parcels as sent; both, where none is named."""
    fulfilling.mark_shipped(
        found.sponsor,
        found.campaign_id,
        [Consignment(each, tracking=tracking) for each in pledge_ids or found.pledges],
        clock.now(),
    )


def objected(found: Success, code: str = "damaged") -> UUID:
    """The first backer objects to what came."""
    return inspecting.object_to(
        found.backer,
        found.first,
        code=code,
        words="In pieces.",
        form_key=build.form_key(),
        now=clock.now(),
    )


def decided(objection_id: UUID, back_minor: int) -> None:
    """A moderator proposes and a finance officer agrees."""
    moderator = an_actor("Mo Derator", role="moderator")
    officer = an_actor("Fin Officer", role="finance_officer")
    now = clock.now()
    objecting.propose(
        moderator, objection_id, reason="The picture shows it.", back_minor=back_minor, now=now
    )
    objecting.agree(officer, objection_id, now)


def on_the_last_day(found: Success, world: World, hand: clock.Hand) -> None:
    """Let what is held of a success come to its last day, its promised month still ahead."""
    hand.set(last_day_of(found))
    settle_whole(world, hand)


def last_day_of(found: Success) -> datetime:
    """The morning of the last day on which what is held of a success may be."""
    known = fulfilments.of_pledge(found.first)
    db.session.rollback()
    assert known is not None
    assert known.leave_by is not None
    return datetime.combine(known.leave_by, time(9), UTC)


def parts_of(pledge_id: UUID) -> list[tuple[str, int, str]]:
    """The parts of a pledge: kind, gross amount, state."""
    found = [(each.kind, each.amount_minor, each.state) for each in parts.of_pledge(pledge_id)]
    db.session.rollback()
    return found


def fulfilment_of(pledge_id: UUID) -> str:
    """Where what a pledge has coming is."""
    found = str(scalar("SELECT state FROM fulfilment WHERE pledge_id = %s", (pledge_id,)))
    db.session.rollback()
    return found


def tranches_of(campaign_id: UUID) -> list[tuple[str, int, int, bool]]:
    """The payouts of a campaign: kind, gross, net, whether it is over."""
    found = [
        (each.kind, each.gross_minor, each.net_minor, each.ended_at is not None)
        for each in parts.payouts(campaign_id)
    ]
    db.session.rollback()
    return found
