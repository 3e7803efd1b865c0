"""Campaigns and pledges in any state, made by the commands that people use."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from uuid import UUID

from flask import Flask
from PIL import Image

from marketplace import wiring
from marketplace.campaigns.queries import one, pledges, rewards
from marketplace.campaigns.rules.models import PLAIN, Ending
from marketplace.campaigns.rules.prices import NO_EXTRAS, Extras
from marketplace.campaigns.services import (
    drafting,
    launching,
    moderating,
    picturing,
    placing,
    rewarding,
    submitting,
)
from marketplace.campaigns.services.placing import Placed
from marketplace.campaigns.services.rewarding import Tier
from marketplace.escrow.services import dispatching
from marketplace.identity import queries as identity
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.money import Money
from marketplace.media import services as media
from marketplace.media.encoding import Drawn, redraw
from marketplace.settlement import campaign_closing
from marketplace.simulator.teller import GOOD_CARD
from tests.builders.escrow import World, a_world
from tests.builders.identity import an_actor
from tests.statements import listening

STORY = (
    "<h2>What we make</h2><p>A lamp of clay that burns for a night on one cup of oil. We have made"
    " nine of them by hand, and every one of them still burns in somebody's kitchen window today."
    " With this money we build the kiln that makes nine hundred.</p>"
)
_numbers = itertools.count(1)


@contextmanager
def a_market(app: Flask, database_url: str) -> Iterator[World]:
    """The site with a bank beside it, every event going where the wiring sends it."""
    with a_world(app, database_url) as world:
        wiring.tell_everybody()
        yield world


def form_key() -> str:
    """A key no form has had before."""
    return f"form-{next(_numbers)}"


def picture_bytes(width: int = 480, height: int = 320, kind: str = "PNG") -> bytes:
    """A small real picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 90, 30)).save(out, kind)
    return out.getvalue()


@cache
def _drawn() -> Drawn:
    # The picture of every campaign here: drawing it anew takes longer than the rest of a draft.
    return redraw(picture_bytes())


def euros(amount: str | int) -> Money:
    return Money.of(str(amount), "EUR")


def a_tier(price: str = "25", quantity: int | None = None, title: str = "One lamp") -> Tier:
    return Tier(
        title=title,
        description="Fired at 1,000 degrees.",
        price=euros(price),
        quantity=quantity,
        delivery=date(2027, 3, 1),
    )


def a_draft(
    sponsor: Actor | None = None,
    *,
    goal: Money | None = None,
    days: float = 30,
    title: str = "A lamp for every window",
    category: str = "design",
    language: str = "en",
    tiers: Sequence[Tier] = (),
    story: str = STORY,
    collection: str = "now",
    ending: Ending = PLAIN,
) -> UUID:
    """A draft with nothing missing."""
    sponsor = sponsor or an_actor("Sponsor Sol")
    now = clock.now()
    made = drafting.start_draft(
        sponsor, title=title, category=category, form_key=form_key(), now=now
    )
    drafting.write_basics(
        sponsor,
        made,
        title=title,
        tagline="Light without a wire.",
        category=category,
        language=language,
        now=now,
    )
    drafting.write_story(sponsor, made, story=story, now=now)
    drafting.write_risks(sponsor, made, risks="The kiln may crack.", now=now)
    deadline = now + timedelta(days=days)
    drafting.write_funding(
        sponsor,
        made,
        goal=goal or euros(1000),
        deadline=deadline,
        collection=collection,
        ending=ending,
        now=now,
    )
    kept = media.store(_drawn())
    picturing.add_picture(sponsor, made, kept, alt="A clay lamp", focus=(50, 50), now=now)
    for tier in tiers:
        rewarding.add_reward(sponsor, made, tier, form_key=form_key(), now=now)
    return made


@command
def set_fee(bps: int) -> None:
    """The platform takes another share from now on."""
    execute("INSERT INTO campaign_fee VALUES (%s, %s)", (clock.now(), bps))


def submitted(campaign_id: UUID, sponsor: Actor) -> UUID:
    """Send a draft to the moderators."""
    now = clock.now()
    fee_bps = one.fee_bps_at(now)
    db.session.rollback()
    submitting.submit(sponsor, campaign_id, fee_bps_shown=fee_bps, agreed=True, now=now)
    return campaign_id


def approved(campaign_id: UUID, sponsor: Actor) -> UUID:
    """Send a draft to the moderators, of whom one lets it through."""
    submitted(campaign_id, sponsor)
    moderating.approve(an_actor("Mo Derator", role="moderator"), campaign_id, clock.now())
    return campaign_id


def a_live_campaign(
    sponsor: Actor | None = None,
    *,
    goal: Money | None = None,
    days: float = 30,
    title: str = "A lamp for every window",
    category: str = "design",
    language: str = "en",
    tiers: Sequence[Tier] = (),
    story: str = STORY,
    collection: str = "now",
    ending: Ending = PLAIN,
) -> UUID:
    """A campaign that takes pledges."""
    sponsor = sponsor or an_actor("Sponsor Sol")
    made = a_draft(
        sponsor,
        goal=goal,
        days=days,
        title=title,
        category=category,
        language=language,
        tiers=tiers,
        story=story,
        collection=collection,
        ending=ending,
    )
    return approved(made, sponsor)


def a_scheduled_campaign(sponsor: Actor, *, days: float = 10, announced: bool = True) -> UUID:
    """An approved campaign that waits for its hour."""
    made, now = a_draft(sponsor, days=40), clock.now()
    at = now + timedelta(days=days)
    launching.plan_launch(sponsor, made, launch_at=at, announced=announced, now=now)
    return approved(made, sponsor)


def reward_ids(campaign_id: UUID) -> list[UUID]:
    """The campaign's tiers, cheapest first."""
    found = [reward.id for reward in rewards.of_campaign(campaign_id)]
    db.session.rollback()
    return found


def place(
    campaign_id: UUID,
    amount: str | Money = "25",
    *,
    backer: Actor | None = None,
    reward_id: UUID | None = None,
    key: str | None = None,
    anonymous: bool = False,
    extras: Extras = NO_EXTRAS,
) -> Placed:
    """A pledge that waits for its payment."""
    return placing.place_pledge(
        backer or an_actor("Backer Bo"),
        campaign_id,
        amount=amount if isinstance(amount, Money) else euros(amount),
        reward_id=reward_id,
        anonymous=anonymous,
        form_key=key or form_key(),
        now=clock.now(),
        extras=extras,
    )


def pledged(
    world: World,
    campaign_id: UUID,
    amount: str | Money = "25",
    *,
    backer: Actor | None = None,
    reward_id: UUID | None = None,
    anonymous: bool = False,
    extras: Extras = NO_EXTRAS,
) -> UUID:
    """A pledge that was paid on the provider's page and is held."""
    placed = place(
        campaign_id,
        amount,
        backer=backer,
        reward_id=reward_id,
        anonymous=anonymous,
        extras=extras,
    )
    pay(world, placed)
    return placed.pledge_id


def promised(
    world: World,
    campaign_id: UUID,
    amount: str | Money = "25",
    *,
    card: str = GOOD_CARD,
    backer: Actor | None = None,
    reward_id: UUID | None = None,
) -> UUID:
    """A pledge whose card was saved on the provider's page, for the deadline."""
    placed = place(campaign_id, amount, backer=backer, reward_id=reward_id)
    dispatching.dispatch(placed.checkout_id)
    world.save_card(placed.checkout_id, card)
    world.deliver()
    return placed.pledge_id


def statements_to_close(campaign_id: UUID) -> int:
    """How many statements it takes to bring a campaign past its deadline."""
    with listening() as heard:
        campaign_closing.close_campaign(campaign_id, clock.now())
    return len(heard)


def pay(world: World, placed: Placed) -> None:
    """Go to the provider's page and pay; the notice arrives and is worked."""
    dispatching.dispatch(placed.checkout_id)
    world.pay(placed.checkout_id)
    world.deliver()


def arrive(world: World, hand: clock.Hand) -> None:
    """Everything on its way arrives: notices at once, a refund when its payment has cleared."""
    world.deliver()
    hand.advance(days=3)
    for _ in range(2):
        dispatching.dispatch_due()
        world.deliver()


def subjects(address: str) -> list[str]:
    """The subjects of all letters to somebody, oldest first (while the clock moves)."""
    sql = "SELECT subject FROM mail_message WHERE to_address = %s ORDER BY created_at, id"
    found = [str(subject) for subject in column(sql, (address,))]
    db.session.rollback()
    return found


def last_letter(address: str) -> str:
    """The text of the latest letter to somebody."""
    sql = """
        SELECT body_text FROM mail_message WHERE to_address = %s
        ORDER BY created_at DESC, id DESC LIMIT 1
    """
    found = str(scalar(sql, (address,)))
    db.session.rollback()
    return found


def address(person: Actor) -> str:
    """Where letters to somebody go."""
    found = identity.person(person.known())
    db.session.rollback()
    assert found is not None
    return found.email


def pledge(pledge_id: UUID) -> pledges.PledgeRow:
    """A pledge as it stands."""
    found = pledges.pledge(pledge_id)
    db.session.rollback()
    return found


def state_of(pledge_id: UUID) -> str:
    """Where a pledge stands."""
    found = pledges.pledge(pledge_id).state
    db.session.rollback()
    return found


def campaign(campaign_id: UUID) -> one.CampaignRow:
    """A campaign as it stands."""
    found = one.campaign(campaign_id)
    db.session.rollback()
    return found


def letters_of(person: Actor) -> set[str]:
    """The subjects of all letters a person got."""
    sql = "SELECT subject FROM mail_message WHERE person_id = %s"
    found = {str(subject) for subject in column(sql, (person.known(),))}
    db.session.rollback()
    return found
