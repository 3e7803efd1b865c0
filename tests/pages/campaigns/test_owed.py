"""The pages of a reward whose share could be held no longer: the backer's and the board."""

from __future__ import annotations

from datetime import UTC, datetime

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.holdback import Success, fulfilment_of, on_the_last_day
from tests.pages.campaigns.addresses import desk_path
from tests.pages.campaigns.conftest import Enter

TITLE = "A lamp for every window"


def test_what_is_owed_stays_on_the_board_and_its_backer_reads_what_is_left_to_do(
    world: World, enter: Enter, found: Success, hand: clock.Hand
) -> None:
    on_the_last_day(found, world, hand)
    ref, backer, sponsor = public_id("pl", found.first), enter(found.backer), enter(found.sponsor)
    mine, board = f"/pledges/{ref}", desk_path(found.campaign_id, "/fulfilment")

    assert backer.get("/my/pledges").links[TITLE] == f"{mine}/address"
    page = backer.get(mine)
    words = page.plain
    assert words.index("Nothing of your pledge is held any more") < words.index("is still owed")
    for said in (
        "“One lamp” is still owed to you. It was promised for March 2027.",
        "With the sponsor. Nothing of it is held any more",
        "The sponsor still owes you what was promised",
        "It could be held no longer",
    ):
        assert said in words
    assert backer.get(page.links["ask the sponsor for an update"]).path == f"{mine}/ask-for-news"
    assert "/report" in page.links["report the project to us"]
    inspect = backer.get(page.links["Has it arrived? Say so here"])
    assert "no share is held any more" in inspect.text
    assert "Something is wrong" not in inspect.text
    assert backer.get(f"{mine}/address").form("/address").fields

    hand.set(datetime(2027, 4, 1, 9, tzinfo=UTC))
    backer, sponsor = enter(found.backer), enter(found.sponsor)
    assert "It was promised for March 2027: it is late." in backer.get(mine).plain

    shown = sponsor.get(board)
    assert "To send, nothing is held" in shown.text
    assert "For 2 of them nothing is held any more" in shown.plain
    parts = sponsor.get(desk_path(found.campaign_id, "/parts"))
    assert "Held by" not in parts.text
    sheet = f"{ref};Post;A1\n"
    tracking = sponsor.send(sponsor.get(f"{board}/tracking"), "/tracking", status=200, lines=sheet)
    assert "Will be marked as sent" in tracking.text
    assert fulfilment_of(found.first) == "owed"
    sponsor.send(tracking, "/tracking", lines=sheet, confirmed="y")
    assert f"{ref},Post,A1" in sponsor.get(f"{board}?format=csv").response.get_data(as_text=True)
    assert "On its way, nothing is held" in sponsor.get(f"{board}?group=shipped").text
    world.work()
    assert f"“{TITLE}” has sent what it promised you" in build.letters_of(found.backer)

    sent = backer.get(mine)
    assert "“One lamp” was sent on" in sent.plain
    assert "What was promised is on its way" in sent.plain
    after = backer.follow(backer.send(backer.get(f"{mine}/inspect"), "/accept"))
    assert "The sponsor sees that it arrived." in after.text
    assert "Received" in after.text
    assert fulfilment_of(found.first) == "accepted"
    prove(world)
