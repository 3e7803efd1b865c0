"""Waiting for a reward that is all taken, from its card to the payment."""

from __future__ import annotations

from marketplace.campaigns.jobs.waiting import move_lines
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor
from tests.page_client import Page
from tests.pages.campaigns.conftest import Enter, Reader


def test_somebody_waits_is_offered_one_and_takes_it(
    world: World, enter: Enter, passer_by: Reader
) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1), build.a_tier("40", title="Two")])
    lamp, _two = build.reward_ids(made)
    owner = an_actor("Owner Oz")
    held = build.pledged(world, made, "25", backer=owner, reward_id=lamp)
    path, reward = f"/projects/{public_id('cmp', made)}", public_id("rwd", lamp)
    assert "Wait for “One lamp”" in passer_by.get(f"{path}/rewards").links
    reader = enter(a_person("Waiting Wes"))
    line = reader.get(reader.get(f"{path}/pledge").links["Wait for “One lamp”"])
    assert "0 people wait now." in line.plain

    stands = reader.follow(reader.send(line, "/wait"))
    assert "You are number 1." in stands.plain
    assert "One lamp" in reader.get("/my/follows").links
    cancel_pledge(owner, held, clock.now())
    other = enter(a_person("Walking Wu"))
    assert "All taken: One lamp" in other.get(f"{path}/pledge").plain
    move_lines()

    offered = reader.get(f"{path}/rewards/{reward}/wait")
    assert "One is kept for you" in offered.plain
    page = reader.get(offered.links["Take it"])
    assert "One “One lamp” is kept for you until" in page.plain
    check = _chosen(reader, page, reward)
    assert check.h1 == "Check your pledge"
    refused = other.send(
        other.get(f"{path}/pledge"), "/pledge", amount="25", reward=reward, status=422
    )
    assert "Somebody took the last one" in refused.errors[0]


def test_who_stands_in_line_can_leave_it(world: World, enter: Enter) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
    (lamp,) = build.reward_ids(made)
    path = f"/projects/{public_id('cmp', made)}/rewards/{public_id('rwd', lamp)}/wait"
    reader = enter(a_person("Waiting Wes"))
    assert "It can be had right now" in reader.get(path).plain
    build.pledged(world, made, "25", reward_id=lamp)
    stands = reader.follow(reader.send(reader.get(path), "/wait"))
    reader.send(stands, "/wait/leave")
    assert "0 people wait now." in reader.get(path).plain


def _chosen(reader: Reader, page: Page, reward: str) -> Page:
    return reader.follow(reader.send(page, "/pledge", amount="25", reward=reward))
