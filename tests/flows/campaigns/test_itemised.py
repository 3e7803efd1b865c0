"""What a pledge is made of: choices, add-ons, sending, limits, windows, secret links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from psycopg.errors import RestrictViolation

from marketplace.campaigns.queries import pledges, rewards
from marketplace.campaigns.rules import prices
from marketplace.campaigns.rules.prices import Choice, Extras
from marketplace.campaigns.services import items, rewarding
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.campaigns.services.rewarding import Tier
from marketplace.infra.commands import command
from marketplace.infra.database import db, driver, execute
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor


class Shop(NamedTuple):
    """A live campaign with a lamp, and oil to buy beside it."""

    sponsor: Actor
    campaign: UUID
    lamp: UUID
    oil: UUID
    colour: tuple[UUID, int]


def a_shop(lamps: int = 5, oil: int | None = 6, **terms: object) -> Shop:
    sponsor = an_actor("Sponsor Sol")
    lamp = replace(build.a_tier("25", lamps), **terms)  # type: ignore[arg-type]
    beside = replace(build.a_tier("4", oil, "Oil"), is_addon=True)
    made = build.a_live_campaign(sponsor, tiers=[lamp, beside])
    lamp_id, oil_id = build.reward_ids(made)
    now = clock.now()
    item = items.add_item(
        sponsor,
        made,
        lamp_id,
        title="Lamp",
        options={"Colour": ["red", "blue"]},
        now=now,
    )
    for reward, zone, cost in ((lamp_id, "DE", "3"), (lamp_id, "*", "9"), (oil_id, "EU", "1")):
        items.set_shipping(sponsor, made, reward, zone=zone, cost=build.euros(cost), now=now)
    return Shop(sponsor, made, lamp_id, oil_id, (item, 1))


def wanting(shop: Shop, oil: int = 0, country: str | None = "DE", choice: str = "red") -> Extras:
    add_ons = ((shop.oil, oil),) if oil else ()
    return Extras(add_ons=add_ons, country=country, choices=(Choice(*shop.colour, choice),))


def read(sql: str, key: UUID) -> list[tuple[object, ...]]:
    found: Sequence[tuple[object, ...]] = driver().execute(sql.encode(), (key,)).fetchall()
    db.session.rollback()
    return list(found)


def lines(pledge_id: UUID) -> list[tuple[object, ...]]:
    return read(
        "SELECT kind, quantity, amount_minor FROM pledge_line WHERE pledge_id = %s"
        " ORDER BY position",
        pledge_id,
    )


def taken(shop: Shop) -> list[int]:
    found = [reward.taken for reward in rewards.of_campaign(shop.campaign)]
    db.session.rollback()
    return found


def refused(code: str, shop: Shop, amount: str = "25", **extras: object) -> None:
    former = taken(shop)
    basket = replace(wanting(shop), **extras)  # type: ignore[arg-type]
    with pytest.raises(Refusal, match=code):
        build.place(shop.campaign, amount, reward_id=shop.lamp, extras=basket)
    assert taken(shop) == former


def test_a_pledge_is_frozen_line_by_line_with_what_was_chosen(world: World) -> None:
    shop = a_shop()

    pledge = build.pledged(
        world, shop.campaign, "30", reward_id=shop.lamp, extras=wanting(shop, oil=2)
    )

    assert lines(pledge) == [
        ("reward", 1, 2500),
        ("add_on", 2, 800),
        ("shipping", 1, 500),
        ("bonus", 1, 500),
    ]
    assert read(
        "SELECT line, item, option, choice FROM pledge_choice WHERE pledge_id = %s", pledge
    ) == [(1, "Lamp", "Colour", "red")]
    assert pledges.pledge(pledge).amount == build.euros("43")
    assert taken(shop) == [1, 2]
    prove(world)


def test_everything_of_it_goes_back_on_the_shelf(world: World) -> None:
    shop, backer = a_shop(), an_actor("Backer Bo")
    pledge = build.pledged(
        world,
        shop.campaign,
        "25",
        backer=backer,
        reward_id=shop.lamp,
        extras=wanting(shop, oil=2),
    )

    cancel_pledge(backer, pledge, clock.now())

    assert taken(shop) == [0, 0]
    assert build.state_of(pledge) == "refunding"
    prove(world)


@pytest.mark.usefixtures("world")
class TestRefusals:
    def test_what_is_missing_or_cannot_be_sent_is_said(self) -> None:
        shop = a_shop(per_person=1)

        refused("country_missing", shop, country=None)
        refused("ships_not_there", shop, country="CH", add_ons=((shop.oil, 1),))
        refused("choice_missing", shop, choices=())
        refused("choice_missing", shop, choices=(Choice(*shop.colour, "green"),))
        refused("add_on_quantity", shop, add_ons=((shop.oil, prices.ADD_ON_MAX + 1),))
        with pytest.raises(Refusal, match="add_on_alone"):
            build.place(shop.campaign, "25", extras=Extras(add_ons=((shop.oil, 1),), country="DE"))
        with pytest.raises(Refusal, match="reward_unknown"):
            build.place(shop.campaign, "25", reward_id=shop.oil, extras=Extras(country="DE"))

    def test_another_total_than_the_one_shown_is_asked_about_again(self) -> None:
        shop = a_shop()

        refused("price_moved", shop, shown=build.euros("25"))
        basket = replace(wanting(shop), shown=build.euros("28"))
        build.place(shop.campaign, "25", reward_id=shop.lamp, extras=basket)

        assert taken(shop) == [1, 0]

    def test_a_total_above_the_largest_pledge(self) -> None:
        refused("pledge_too_large", a_shop(), "9999")

    def test_the_last_add_on_is_sold_once_and_takes_no_reward_with_it(self) -> None:
        shop = a_shop(oil=1)
        build.place(shop.campaign, "25", reward_id=shop.lamp, extras=wanting(shop, oil=1))

        refused("reward_gone", shop, add_ons=((shop.oil, 1),))

        assert taken(shop) == [1, 1]

    def test_one_person_has_at_most_so_many(self) -> None:
        shop, backer = a_shop(per_person=1), an_actor("Backer Bo")
        first = build.place(
            shop.campaign, "25", backer=backer, reward_id=shop.lamp, extras=wanting(shop)
        )
        again = {"backer": backer, "reward_id": shop.lamp, "extras": wanting(shop)}

        with pytest.raises(Refusal, match="per_person_reached"):
            build.place(shop.campaign, "25", **again)  # type: ignore[arg-type]
        assert taken(shop) == [1, 0]

        cancel_pledge(backer, first.pledge_id, clock.now())
        build.place(shop.campaign, "25", **again)  # type: ignore[arg-type]
        assert taken(shop) == [1, 0]

    def test_an_early_bird_is_sold_in_its_window_only(self, hand: clock.Hand) -> None:
        over = clock.now() + timedelta(hours=2)
        shop = a_shop(opens_at=clock.now() + timedelta(hours=1), closes_at=over)

        refused("reward_not_open", shop)
        hand.advance(hours=1)
        build.place(shop.campaign, "25", reward_id=shop.lamp, extras=wanting(shop))
        hand.advance(hours=1)
        refused("reward_over", shop)
        assert taken(shop) == [1, 0]

    def test_a_hidden_reward_is_sold_to_whoever_has_its_latest_link(self) -> None:
        shop = a_shop()
        former = rewarding.hide_reward(shop.sponsor, shop.campaign, shop.lamp, clock.now())
        secret = rewarding.hide_reward(shop.sponsor, shop.campaign, shop.lamp, clock.now())

        for shown in (None, former, "guess"):
            refused("reward_unknown", shop, secret=shown)
        assert [row.id for row in rewards.shown(shop.campaign)] == [shop.oil]
        basket = replace(wanting(shop), secret=secret)
        build.place(shop.campaign, "25", reward_id=shop.lamp, extras=basket)

        rewarding.show_reward(shop.sponsor, shop.campaign, shop.lamp, clock.now())
        build.place(shop.campaign, "25", reward_id=shop.lamp, extras=wanting(shop))
        assert taken(shop) == [2, 0]


@command
def write(sql: str, key: UUID) -> None:
    execute(sql, (key,))


@pytest.mark.usefixtures("world")
class TestWhatWasPledgedFor:
    def a_sold_shop(self) -> Shop:
        shop = a_shop()
        build.place(shop.campaign, "25", reward_id=shop.lamp, extras=wanting(shop))
        return shop

    def change(self, shop: Shop, **terms: object) -> None:
        tier: Tier = replace(build.a_tier("25", 5), **terms)  # type: ignore[arg-type]
        rewarding.change_reward(shop.sponsor, shop.campaign, shop.lamp, tier, clock.now())

    def test_its_price_and_contents_stay_and_there_may_be_more_of_it(self) -> None:
        shop, now = self.a_sold_shop(), clock.now()

        for terms in ({"price": build.euros("26")}, {"title": "X"}, {"kind": "digital"}):
            with pytest.raises(Refusal, match="reward_pledged_for"):
                self.change(shop, **terms)
        with pytest.raises(Refusal, match="reward_pledged_for"):
            items.add_item(shop.sponsor, shop.campaign, shop.lamp, title="Wick", now=now)
        with pytest.raises(Refusal, match="reward_pledged_for"):
            items.drop_shipping(shop.sponsor, shop.campaign, shop.lamp, zone="DE", now=now)
        with pytest.raises(Refusal, match="reward_pledged_for"):
            items.set_shipping(
                shop.sponsor, shop.campaign, shop.lamp, zone="DE", cost=build.euros("4"), now=now
            )
        items.set_shipping(
            shop.sponsor, shop.campaign, shop.lamp, zone="EU", cost=build.euros("4"), now=now
        )
        self.change(shop, quantity=9, per_person=2)

        lamp = rewards.reward(shop.lamp, shop.campaign)
        assert (lamp.price_minor, lamp.quantity, lamp.per_person) == (2_500, 9, 2)
        assert rewards.zones([shop.lamp])[shop.lamp]["EU"] == build.euros("4")

    def test_the_database_keeps_it_too(self) -> None:
        shop = self.a_sold_shop()

        for sql in (
            "DELETE FROM reward_item WHERE reward_id = %s",
            "UPDATE item_option SET name = 'Size' WHERE reward_id = %s",
            "UPDATE reward_shipping SET price_minor = 0 WHERE reward_id = %s",
        ):
            with pytest.raises(RestrictViolation):
                write(sql, shop.lamp)

    def test_it_is_withdrawn_where_others_are_removed(self) -> None:
        shop = self.a_sold_shop()

        for reward in (shop.lamp, shop.oil):
            rewarding.remove_reward(shop.sponsor, shop.campaign, reward, clock.now())

        assert [row.withdrawn_at is not None for row in rewards.of_campaign(shop.campaign)] == [
            True
        ]
        refused("reward_withdrawn", shop)
