"""A sponsor's payouts: page, CSV and paper say what the ledger says."""

from __future__ import annotations

import re

from marketplace.campaigns.queries import one, standing
from marketplace.campaigns.services import inspecting
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.books import accounted, prove
from tests.builders.disputes import decided, disputed
from tests.builders.escrow import World
from tests.builders.holdback import Success
from tests.builders.identity import a_person
from tests.page_client import Page
from tests.pages.campaigns.conftest import Enter

PATH = "/my/campaigns/payouts"


def paid_out(found: Success) -> str:
    minor = standing.standing(one.campaign(found.campaign_id)).paid_out
    db.session.rollback()
    return str(Money(minor, "EUR"))


def accounts(found: Success) -> str:
    """What the ledger has as our fee of a campaign and as paid to its sponsor."""
    has = accounted(found.campaign_id)
    return f"{Money(has.fee, 'EUR')} {Money(has.paid_out, 'EUR')}"


def totals(page: Page) -> str:
    """What the page says of both, in its last row."""
    found = re.search(r"Total (EUR [0-9.]+ EUR [0-9.]+)", page.plain)
    assert found, page.plain
    return found[1]


def test_payouts_add_up_to_what_left_the_ledger_for_the_sponsor(
    world: World, hand: clock.Hand, enter: Enter, found: Success
) -> None:
    holdback.ship(found)
    inspecting.accept(found.backer, found.first, clock.now())
    world.work()
    hand.advance(days=1)
    runner.run(clock.now())
    build.arrive(world, hand)
    reader = enter(found.sponsor)

    page = reader.get(PATH)

    for part in ("EUR 240.00", "EUR 12.00", "EUR 30.00", "EUR 1.50", "EUR 13.50"):
        assert part in page.plain, part
    assert paid_out(found) == "EUR 256.50"
    assert "Total EUR 13.50 EUR 256.50" in page.plain
    sheet = reader.get(page.links["Save as CSV"]).response.get_data(as_text=True)
    assert [line.split(",")[9] for line in sheet.splitlines()[1:]] == ["28.50", "228.00"]
    paper = reader.get(page.links["Save as PDF"]).response
    assert paper.mimetype == "application/pdf"
    assert paper.get_data().startswith(b"%PDF-")
    prove(world)


def test_what_a_bank_took_back_stands_with_the_fee_we_returned_and_sums_are_the_accounts(
    world: World, hand: clock.Hand, enter: Enter, found: Success
) -> None:
    reader = enter(found.sponsor)

    disputed(world, found.pledges[2])
    build.arrive(world, hand)
    page = reader.get(PATH)
    assert "Taken back by a bank" in page.plain
    assert "EUR -100.00 EUR -5.00 EUR -95.00 EUR -95.00" in page.plain
    assert totals(page) == accounts(found) == "EUR 7.00 EUR 133.00"

    holdback.ship(found)
    inspecting.accept(found.backer, found.first, clock.now())
    world.work()
    page = reader.get(PATH)
    assert "EUR 30.00 EUR 1.50 EUR 28.50 EUR 0.00 Goes with the next" in page.plain
    assert totals(page) == accounts(found) == "EUR 8.50 EUR 133.00"

    hand.advance(days=1)
    runner.run(clock.now())
    build.arrive(world, hand)
    page = reader.get(PATH)
    assert "EUR 30.00 EUR 1.50 EUR 28.50 EUR 28.50 Paid out" in page.plain
    assert totals(page) == accounts(found) == "EUR 8.50 EUR 161.50"

    decided(world, hand, disputed(world, found.pledges[0]).id, won=True)
    page = reader.get(PATH)
    assert "given back to your wallet" in page.plain
    assert totals(page) == accounts(found) == "EUR 8.50 EUR 161.50"
    prove(world)


def test_what_no_bank_took_in_time_stands_as_what_is_in_the_wallet(
    world: World, hand: clock.Hand, enter: Enter, found: Success
) -> None:
    world.restrict(found.sponsor.known())
    world.deliver()
    holdback.ship(found)
    for _day in range(78):  # to the last day of the oldest payment
        hand.advance(days=1)
        runner.run(clock.now())
        world.work()

    page = enter(found.sponsor).get(PATH)

    assert "EUR 57.00 EUR 0.00 EUR 57.00 EUR 57.00 In your wallet: no bank took it" in page.plain
    assert totals(page) == accounts(found) == "EUR 15.00 EUR 285.00"
    prove(world)


def test_who_was_never_paid_reads_when_that_will_be(world: World, enter: Enter) -> None:
    del world

    page = enter(a_person("Sponsor Sol")).get(f"{PATH}?format=csv")

    assert "No payout yet" in page.text
