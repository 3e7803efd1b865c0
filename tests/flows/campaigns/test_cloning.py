"""A campaign that begins with what another one says."""

from __future__ import annotations

from datetime import date

import pytest

from marketplace.campaigns.queries import one, rewards, versions
from marketplace.campaigns.queries.told import told
from marketplace.campaigns.rules.drafting import Entry, Line, Step
from marketplace.campaigns.services import cloning, explaining, items, rewarding
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from tests.builders import campaigns as build
from tests.builders.identity import an_actor

pytestmark = pytest.mark.usefixtures("app")


def test_what_is_said_is_taken_over_and_what_happened_is_not(hand: clock.Hand) -> None:
    sponsor = an_actor("Sponsor Sol")
    tiers = [build.a_tier(), build.a_tier("40", title="Hidden"), build.a_tier("60", title="Gone")]
    source = build.a_draft(sponsor, language="is", tiers=tiers)
    now = clock.now()
    explaining.write_budget(sponsor, source, [Line("Clay", build.euros("700"))], now=now)
    explaining.write_faq(sponsor, source, [Entry("Safe?", "Yes.")], now=now)
    steps = [Step("Kiln", date(2026, 6, 1)), Step("Lamps", date(2027, 9, 1))]
    explaining.write_timeline(sponsor, source, steps, now=now)
    lamp, hidden, gone = build.reward_ids(source)
    items.add_item(
        sponsor, source, lamp, title="Lamp", options={"Colour": ["red", "blue"]}, now=now
    )
    items.set_shipping(sponsor, source, lamp, zone="*", cost=build.euros("5"), now=now)
    rewarding.hide_reward(sponsor, source, hidden, now)
    rewarding.remove_reward(sponsor, source, gone, now)
    hand.set(clock.now().replace(year=2027, month=4))

    made = cloning.copy_campaign(
        sponsor, source, title="A second lamp", form_key="k", now=clock.now()
    )

    before, after = build.campaign(source), build.campaign(made)
    assert (after.state, after.title, after.deadline) == ("draft", "A second lamp", None)
    for said in ("tagline", "category", "language", "story_html", "risks", "goal", "cover_id"):
        assert getattr(after, said) == getattr(before, said)
    assert one.picture_ids(made) == one.picture_ids(source)
    assert (told(made).budget, told(made).faq) == (told(source).budget, told(source).faq)
    assert [step.title for step in told(made).timeline] == ["Lamps"]
    (reward,) = rewards.of_campaign(made)
    assert (reward.title, reward.delivery, reward.taken) == ("One lamp", None, 0)
    (item,) = rewards.items([reward.id])[reward.id]
    assert (item.title, item.options[0].choices) == ("Lamp", ["red", "blue"])
    assert rewards.zones([reward.id])[reward.id] == {"*": build.euros("5")}
    assert [version.number for version in versions.of_campaign(made)] == [1]


def test_the_same_form_is_one_draft_and_nobody_copies_what_is_not_theirs() -> None:
    sponsor = an_actor("Sponsor Sol")
    source = build.a_live_campaign(sponsor)

    first, second = (
        cloning.copy_campaign(sponsor, source, title="Again", form_key="k", now=clock.now())
        for _time in range(2)
    )

    assert first == second
    with pytest.raises(NotFound):
        cloning.copy_campaign(an_actor("Mal"), source, title="Mine", form_key="k", now=clock.now())
