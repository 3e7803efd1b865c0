"""A pledge with what belongs to it: choices, extras, country; and what every line comes to."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

import pytest

from marketplace.campaigns.queries import quotes
from marketplace.campaigns.rules import prices
from marketplace.campaigns.services import items, rewarding
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import new_id, public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.page_client import Page
from tests.pages.campaigns.conftest import Reader


class Shop(NamedTuple):
    """A live campaign with a lamp in two colours, and oil to buy beside it."""

    sponsor: Actor
    campaign: UUID
    lamp: str
    colour: str
    oil: str
    oil_id: UUID

    def path(self, tail: str = "") -> str:
        return f"/projects/{public_id('cmp', self.campaign)}/pledge{tail}"


@pytest.fixture
def shop(world: World) -> Shop:
    assert world.bank is not None
    sponsor, now = an_actor("Sponsor Sol"), clock.now()
    beside = replace(build.a_tier("4", 5, "Oil"), is_addon=True)
    made = build.a_live_campaign(sponsor, tiers=[build.a_tier("25", 3), beside])
    lamp, oil = build.reward_ids(made)
    item = items.add_item(
        sponsor, made, lamp, title="Lamp", options={"Colour": ["red", "blue"]}, now=now
    )
    for reward, zone, cost in ((lamp, "DE", "3"), (lamp, "EU", "6"), (oil, "DE", "1")):
        items.set_shipping(sponsor, made, reward, zone=zone, cost=build.euros(cost), now=now)
    return Shop(
        sponsor,
        made,
        public_id("rwd", lamp),
        prices.option_field(item, 1),
        prices.add_on_field(oil),
        oil,
    )


def fill(backer: Reader, page: Page, typed: dict[str, str], status: int = 303) -> Page:
    """Send the page of extras with these answers, whose names are no words of Python."""
    return backer.send(page, "/pledge/extras", status=status, **typed)  # type: ignore[arg-type]


def to_extras(backer: Reader, shop: Shop, amount: str = "30") -> Page:
    page = backer.get(f"{shop.path()}?via=radio")
    return backer.follow(backer.send(page, "/pledge", amount=amount, reward=shop.lamp))


def to_check(backer: Reader, shop: Shop, **answers: str) -> Page:
    typed = {shop.colour: "blue", shop.oil: "2", "country": "DE", **answers}
    return backer.follow(fill(backer, to_extras(backer, shop), typed))


def test_every_line_is_shown_before_it_is_agreed_and_kept_after(backer: Reader, shop: Shop) -> None:
    extras = to_extras(backer, shop)
    for part in ("Step 2 of 4", "Colour", "Oil, EUR 4.00 each and sending", "Germany, EUR 3.00"):
        assert part in extras.plain

    check = to_check(backer, shop)
    for part in (
        "EUR 43.00 is charged now and held by",
        "and if EUR 1,000.00 is not reached by",
        "One lamp EUR 25.00",
        "2 × Oil EUR 8.00",
        "Sending to Germany EUR 5.00",
        "Given beyond the price EUR 5.00",
        "You pay EUR 43.00",
        "Colour of Lamp blue",
        "the goal is missed",
        "Pledge EUR 43.00",
    ):
        assert part in check.plain, part
    backer.send(check, "/pledge/check")

    pledge = UUID(str(scalar("SELECT id FROM pledge")))
    agreed = [(line.kind, line.amount.minor) for line in quotes.lines_of(pledge)]
    db.session.rollback()
    assert agreed == [("reward", 2500), ("add_on", 800), ("shipping", 500), ("bonus", 500)]
    page = backer.get(f"/pledges/{public_id('pl', pledge)}")
    assert "2 × Oil EUR 8.00" in page.plain
    assert "Colour: blue" in page.plain


def test_what_is_missing_is_said_beside_its_field_and_the_rest_is_kept(
    backer: Reader, shop: Shop
) -> None:
    extras = to_extras(backer, shop)

    page = fill(backer, extras, {shop.oil: "many"}, status=422)
    assert page.errors == ["Enter a whole number from 0 to 20."]
    assert page.form("/pledge/extras").fields[shop.oil] == "many"

    page = fill(backer, page, {shop.oil: "1", "country": ""}, status=422)
    assert page.errors == ["Choose: Colour.", "Choose where it is sent: sending it has a price."]

    typed = {shop.colour: "red", "country": "FR"}
    page = fill(backer, page, typed, status=422)
    assert page.errors == ["“Oil” is not sent to this country."]
    check = backer.follow(fill(backer, page, {shop.oil: "0", **typed}))
    assert "Sending to France EUR 6.00" in check.plain


def test_a_price_that_moved_meanwhile_is_shown_before_it_is_agreed(
    backer: Reader, shop: Shop
) -> None:
    check = to_check(backer, shop)
    items.set_shipping(
        shop.sponsor,
        shop.campaign,
        shop.oil_id,
        zone="DE",
        cost=build.euros(2),
        now=clock.now(),
    )

    again = backer.send(check, "/pledge/check", status=422)

    assert again.errors[0].replace("\xa0", " ").startswith("Prices changed after you opened")
    assert "Pledge EUR 45.00" in again.plain
    backer.send(again, "/pledge/check")
    assert int(scalar("SELECT amount_minor FROM pledge")) == 4_500
    db.session.rollback()


def test_extras_that_are_taken_meanwhile_are_asked_about_again_with_all_answers(
    backer: Reader, shop: Shop
) -> None:
    check = to_check(backer, shop)
    rewarding.change_reward(
        shop.sponsor,
        shop.campaign,
        shop.oil_id,
        replace(build.a_tier("4", 1, "Oil"), is_addon=True),
        clock.now(),
    )

    again = backer.send(check, "/pledge/check", status=422)

    assert again.errors[0].startswith("Somebody took the last one")
    fields = again.form("/pledge/extras").fields
    assert (fields[shop.oil], fields["country"], fields[shop.colour]) == ("2", "DE", "blue")
    check = backer.follow(fill(backer, again, {shop.oil: "1"}))
    assert "Pledge EUR 38.00" in check.plain


def test_a_pledge_is_changed_from_its_own_page_with_its_answers(
    world: World, backer: Reader, shop: Shop
) -> None:
    backer.send(to_check(backer, shop), "/pledge/check")
    pledge = UUID(str(scalar("SELECT id FROM pledge")))
    db.session.rollback()
    world.pay(UUID(str(build.pledge(pledge).checkout_id)))
    world.deliver()
    page = backer.get(f"/pledges/{public_id('pl', pledge)}")

    choice = backer.follow(backer.get(page.links["Change the pledge"], status=303))
    assert "You are changing your pledge of EUR 43.00" in choice.plain
    assert choice.form("/pledge").fields["amount"] == "30.00"
    extras = backer.follow(backer.send(choice, "/pledge", amount="25"))
    assert extras.form("/pledge/extras").fields[shop.oil] == "2"
    check = backer.follow(fill(backer, extras, {shop.oil: "0", shop.colour: "red"}))
    assert "This takes the place of your pledge of EUR 43.00" in check.plain

    backer.send(check, "/pledge/check")

    latest = "FROM pledge ORDER BY placed_at DESC, id DESC LIMIT 1"
    kept = scalar(f"SELECT ARRAY[replaces_id::text, source] {latest}")
    db.session.rollback()
    assert kept == [str(pledge), "radio"]  # counted to the link that the first one came by
    stranger = f"{shop.path()}?change={public_id('pl', new_id())}"
    backer.get(stranger, status=404)
