"""Who gets which letter about campaigns and pledges, once, with the amounts that matter."""

from __future__ import annotations

from marketplace.infra import mail
from marketplace.kernel import clock
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_person
from tests.builders.loans import onboard


def test_success_is_told_to_the_sponsor_with_all_figures_and_to_every_backer(
    world: World, hand: clock.Hand
) -> None:
    sponsor, backer = a_person("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_live_campaign(sponsor.as_actor(), goal=build.euros(100), days=5)
    build.pledged(world, made, "116.67", backer=backer.as_actor())
    hand.advance(days=5)

    runner.run(clock.now())
    world.work()

    assert build.subjects(sponsor.email)[-1] == "“A lamp for every window” is funded: EUR 116.67"
    told = mail.last_for(sponsor.email) or ""
    for amount in ("116.67", "5.83", "110.84"):
        assert amount in told
    assert build.subjects(backer.email)[-1] == "“A lamp for every window” reached its goal"


def test_the_payout_is_told_once(world: World, hand: clock.Hand) -> None:
    sponsor = a_person("Sponsor Sol")
    made = build.a_live_campaign(sponsor.as_actor(), goal=build.euros(100), days=5)
    build.pledged(world, made, "100")
    onboard(world, sponsor.as_actor())
    hand.advance(days=5)
    runner.run(clock.now())

    for _ in range(2):
        build.arrive(world, hand)

    paid = [found for found in build.subjects(sponsor.email) if "on its way" in found]
    assert paid == ["EUR 95.00 is on its way to your bank"]


def test_a_miss_is_told_to_the_sponsor_at_once_and_to_backers_with_their_refund(
    world: World, hand: clock.Hand
) -> None:
    a_top_up(build.euros(10))
    sponsor, backer = a_person("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_live_campaign(sponsor.as_actor(), goal=build.euros(100), days=5)
    build.pledged(world, made, "60", backer=backer.as_actor())
    hand.advance(days=5)

    runner.run(clock.now())
    world.work()
    assert build.subjects(sponsor.email)[-1] == "“A lamp for every window” did not reach its goal"
    assert "60.00" in (mail.last_for(sponsor.email) or "")
    build.arrive(world, hand)

    assert build.subjects(backer.email)[-1] == "EUR 60.00 went back to you"
    assert "did not reach its goal" in (mail.last_for(backer.email) or "")


def test_a_name_cannot_write_the_headers_of_a_letter(world: World) -> None:
    sponsor = a_person("Sponsor Sol")
    build.a_live_campaign(sponsor.as_actor(), title="Lamp\r\nBcc: everybody@example.org")
    world.work()

    assert all("\n" not in subject for subject in build.subjects(sponsor.email))
