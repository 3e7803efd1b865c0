"""A sponsor's backers by segment: who is in it, how large it is, and the sheet of it."""

from __future__ import annotations

import pytest

from marketplace.campaigns.rules.prices import Extras
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor
from tests.pages.campaigns.conftest import Enter


class Crowd:
    """One campaign with four backers, of whom one came to an earlier one too."""

    def __init__(self, world: World, hand: clock.Hand) -> None:
        self.sponsor = a_person("Sponsor Sol")
        olga, shy = an_actor("Open Olga"), an_actor("Shy Shu")
        earlier = build.a_live_campaign(self.sponsor.as_actor(), title="An earlier lamp")
        build.pledged(world, earlier, "25", backer=olga)
        hand.advance(hours=1)
        self.made = build.a_live_campaign(
            self.sponsor.as_actor(), tiers=[build.a_tier("25", title="First lamp")]
        )
        [reward] = build.reward_ids(self.made)
        french = Extras(country="FR", source="radio")
        build.pledged(world, self.made, "30", backer=olga, reward_id=reward, extras=french)
        build.pledged(world, self.made, "40", backer=shy, anonymous=True, reward_id=reward)
        build.pledged(world, self.made, "10", backer=an_actor("Backer Bo"))
        build.place(self.made, "12", backer=an_actor("Never Nell"))
        self.path = f"/my/campaigns/{public_id('cmp', self.made)}/backers"


@pytest.fixture
def crowd(world: World, hand: clock.Hand) -> Crowd:
    return Crowd(world, hand)


def test_segments_narrow_and_their_sizes_add_up(crowd: Crowd, enter: Enter) -> None:
    sponsor = enter(crowd.sponsor)

    page = sponsor.get(crowd.path)

    for part in (
        "Open Olga",
        "Somebody who chose not to be named",
        "First lamp Reward 2 EUR 70.00",
        "France Country 1 EUR 30.00",
        "Again Backs you 1 EUR 30.00",
        "First time Backs you 2 EUR 50.00",
    ):
        assert part in page.plain, part
    assert "Shy Shu" not in page.markup
    assert "Never Nell" not in page.markup
    for asked, names in {
        "once=again": {"Open Olga"},
        "reward=none": {"Backer Bo"},
        "country=fr": {"Open Olga"},
        "state=held&delivery=to_ship": set(),
        "state=x&country=1%27&reward=rwd_0": {"Open Olga", "Backer Bo"},
    }.items():
        found = sponsor.get(f"{crowd.path}?{asked}").text
        assert {name for name in ("Open Olga", "Backer Bo") if name in found} == names, asked


def test_the_sheet_holds_the_segment_and_no_name_that_is_hidden(crowd: Crowd, enter: Enter) -> None:
    sponsor = enter(crowd.sponsor)

    sheet = sponsor.get(f"{crowd.path}?format=csv&country=FR").response.get_data(as_text=True)

    head, *rows = sheet.splitlines()
    assert head.startswith("Backer,Pledge,Pledge (currency),Reward,Country")
    assert [row.split(",")[0:2] for row in rows] == [["Open Olga", "30.00"]]
    assert "radio" in sheet
    whole = sponsor.get(f"{crowd.path}?format=csv").response.get_data(as_text=True)
    assert "Shy Shu" not in whole
    assert len(whole.splitlines()) == 4


def test_nobody_else_reads_them(crowd: Crowd, enter: Enter) -> None:
    enter(a_person("Otto Other")).get(crowd.path, status=404)
