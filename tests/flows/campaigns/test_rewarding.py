"""The reward tiers of a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest

from marketplace.campaigns import rules
from marketplace.campaigns.queries import rewards
from marketplace.campaigns.services import drafting, items, rewarding
from marketplace.campaigns.services.rewarding import Tier
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.money import Money
from tests.builders import campaigns as build
from tests.builders.identity import an_actor

pytestmark = pytest.mark.usefixtures("app")


def add(sponsor: Actor, made: UUID, tier: Tier, key: str | None = None) -> UUID:
    return rewarding.add_reward(
        sponsor, made, tier, form_key=key or build.form_key(), now=clock.now()
    )


def tiers(made: UUID) -> list[rewards.RewardRow]:
    found = rewards.of_campaign(made)
    db.session.rollback()
    return found


def test_tiers_stand_cheapest_first() -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)

    add(sponsor, made, build.a_tier("90", 5, "Three lamps"))
    add(sponsor, made, replace(build.a_tier("30"), delivery=date(2027, 3, 17)))

    assert [(r.title, r.price_minor, r.quantity, r.left) for r in tiers(made)] == [
        ("One lamp", 3_000, None, None),
        ("Three lamps", 9_000, 5, 5),
    ]
    assert tiers(made)[0].delivery == date(2027, 3, 1)


def test_the_sponsor_puts_them_in_order_and_later_ones_come_last() -> None:
    sponsor, now = an_actor(), clock.now()
    made = build.a_draft(sponsor, tiers=[build.a_tier(price, title=price) for price in "123"])
    third = tiers(made)[2].id

    for _ in range(3):
        rewarding.move_reward(sponsor, made, third, earlier=True, now=now)
    rewarding.move_reward(sponsor, made, tiers(made)[1].id, earlier=False, now=now)
    add(sponsor, made, build.a_tier("1", title="4"))

    assert [row.title for row in tiers(made)] == ["3", "2", "1", "4"]


def test_the_same_form_sent_twice_is_one_tier() -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)

    assert add(sponsor, made, build.a_tier(), "k") == add(sponsor, made, build.a_tier(), "k")
    assert len(tiers(made)) == 1


def test_a_tier_of_a_draft_is_changed_and_taken_off() -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor, tiers=[build.a_tier("25", 3)])
    reward = tiers(made)[0].id

    rewarding.change_reward(sponsor, made, reward, build.a_tier("40", None, "X"), clock.now())
    changed = tiers(made)[0]
    assert (changed.title, changed.price_minor, changed.quantity) == ("X", 4_000, None)

    rewarding.remove_reward(sponsor, made, reward, clock.now())
    assert tiers(made) == []


@pytest.mark.parametrize(
    ("tier", "code"),
    [
        (build.a_tier("0.99"), "pledge_too_small"),
        (build.a_tier("10000.01"), "pledge_too_large"),
        (build.a_tier("25", 0), "quantity_outside"),
        (build.a_tier("25", rules.QUANTITY_MAX + 1), "quantity_outside"),
        (replace(build.a_tier(), price=Money.of("25", "USD")), "currency_other"),
        (replace(build.a_tier(), delivery=date(2026, 2, 28)), "delivery_past"),
        (replace(build.a_tier(), title="  "), "title_missing"),
        (replace(build.a_tier(), kind="pet"), "kind_unknown"),
        (replace(build.a_tier(), per_person=0), "per_person_outside"),
        (replace(build.a_tier(), picture_id=uuid4()), "picture_not_here"),
        (replace(build.a_tier(), title="x" * 81), "text_too_long"),
        (replace(build.a_tier(), description="x" * 1_001), "text_too_long"),
    ],
)
def test_a_bad_tier_is_refused(tier: Tier, code: str) -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)

    with pytest.raises(Refusal, match=code):
        add(sponsor, made, tier)
    assert tiers(made) == []


def test_a_reward_is_not_cheaper_than_sending_it() -> None:
    sponsor, now = an_actor(), clock.now()
    made = build.a_draft(sponsor, tiers=[build.a_tier("25")])
    lamp = tiers(made)[0].id

    with pytest.raises(Refusal, match="shipping_above_price"):
        items.set_shipping(sponsor, made, lamp, zone="*", cost=build.euros("25.01"), now=now)
    items.set_shipping(sponsor, made, lamp, zone="*", cost=build.euros(25), now=now)
    with pytest.raises(Refusal, match="price_below_shipping"):
        rewarding.change_reward(sponsor, made, lamp, build.a_tier("24.99"), now)

    items.drop_shipping(sponsor, made, lamp, zone="*", now=now)
    rewarding.change_reward(sponsor, made, lamp, build.a_tier("24.99"), now)
    assert tiers(made)[0].price_minor == 2_499


def test_what_is_in_a_reward_is_listed_in_order_and_taken_out_again() -> None:
    sponsor, now = an_actor(), clock.now()
    made = build.a_draft(sponsor, tiers=[build.a_tier("25")])
    lamp = tiers(made)[0].id
    options = {"Colour ": [" red", "blue"], "Size": ["S", "M"]}
    first = items.add_item(sponsor, made, lamp, title="Lamp", options=options, now=now)
    items.add_item(sponsor, made, lamp, title="Wick", quantity=3, now=now)

    lamp_item, wick = rewards.items([lamp])[lamp]
    assert [(o.position, o.name, o.choices) for o in lamp_item.options] == [
        (1, "Colour", ["red", "blue"]),
        (2, "Size", ["S", "M"]),
    ]
    assert (wick.title, wick.quantity, wick.options) == ("Wick", 3, [])
    db.session.rollback()

    items.remove_item(sponsor, made, lamp, first, now)
    with pytest.raises(NotFound):
        items.remove_item(sponsor, made, lamp, first, now)
    assert [item.title for item in rewards.items([lamp])[lamp]] == ["Wick"]
    db.session.rollback()


@pytest.mark.parametrize(
    ("title", "quantity", "options", "code"),
    [
        (" ", 1, {}, "title_missing"),
        ("x" * 81, 1, {}, "text_too_long"),
        ("Lamp", 0, {}, "item_quantity"),
        ("Lamp", 1, {"Colour": ["red"]}, "choices_few"),
        ("Lamp", 1, {str(n): ["a", "b"] for n in range(5)}, "options_full"),
    ],
)
def test_a_bad_item_is_refused(
    title: str, quantity: int, options: dict[str, list[str]], code: str
) -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor, tiers=[build.a_tier("25")])
    lamp = tiers(made)[0].id

    with pytest.raises(Refusal, match=code):
        items.add_item(
            sponsor, made, lamp, title=title, quantity=quantity, options=options, now=clock.now()
        )
    assert rewards.items([lamp]) == {}
    db.session.rollback()


def test_a_tier_needs_the_campaigns_currency_first() -> None:
    sponsor = an_actor()
    made = drafting.start_draft(
        sponsor, title="A lamp", category="tech", form_key="k", now=clock.now()
    )

    with pytest.raises(Refusal, match="funding_missing"):
        add(sponsor, made, build.a_tier())


def test_a_campaign_has_a_bounded_number_of_tiers() -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor, tiers=[build.a_tier()] * rules.REWARDS_MAX)

    with pytest.raises(Refusal, match="rewards_full"):
        add(sponsor, made, build.a_tier())


def test_tiers_of_other_campaigns_do_not_exist_here() -> None:
    sponsor = an_actor()
    mine = build.a_draft(sponsor, tiers=[build.a_tier()])
    also_mine = build.a_draft(sponsor)

    for reward in (tiers(mine)[0].id, uuid4()):
        with pytest.raises(NotFound):
            rewarding.change_reward(sponsor, also_mine, reward, build.a_tier(), clock.now())
        with pytest.raises(NotFound):
            rewarding.remove_reward(sponsor, also_mine, reward, clock.now())
    assert len(tiers(mine)) == 1
