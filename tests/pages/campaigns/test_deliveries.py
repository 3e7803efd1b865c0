"""The pages of what was promised: the backer's, the sponsor's board, the desk of objections."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marketplace.campaigns.services import addressing, inspecting
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.holdback import Success, fulfilment_of
from tests.builders.identity import a_person
from tests.pages.campaigns.addresses import desk_path
from tests.pages.campaigns.conftest import Enter

TITLE = "A lamp for every window"


def pledge_path(found: Success, tail: str = "") -> str:
    return f"/pledges/{public_id('pl', found.first)}{tail}"


def board_path(found: Success, tail: str = "") -> str:
    return desk_path(found.campaign_id, f"/fulfilment{tail}")


def test_the_backer_sees_where_each_part_is_and_accepts(
    world: World, enter: Enter, found: Success
) -> None:
    reader = enter(found.backer)
    before = reader.get(pledge_path(found)).plain
    assert "EUR 30.00 held by" in before
    assert " gets on success EUR 95.00" in before
    # What is expected comes last.
    assert before.rindex("Held by") < before.index("Delivery the sponsor aims at")
    holdback.ship(found, found.first, tracking="ABC 123")

    page = reader.get(reader.get(pledge_path(found)).links["Look at it, or say what is wrong"])
    for words in ("One lamp", "ABC 123", "EUR 30.00", "I have it, all is well"):
        assert words in page.plain
    after = reader.follow(reader.send(page, "/accept"))

    assert "Received" in after.text
    assert fulfilment_of(found.first) == "accepted"
    world.work()
    assert " got EUR 95.00" in reader.get(pledge_path(found)).plain
    prove(world)


def test_a_problem_goes_to_two_people_and_comes_back_decided(
    world: World, enter: Enter, found: Success
) -> None:
    holdback.ship(found, found.first)
    backer = enter(found.backer)
    page = backer.get(pledge_path(found, "/inspect"))
    wrong = backer.send(page, "/inspect", status=422, words="In pieces.")
    assert wrong.errors == ["Choose what is wrong."]
    backer.send(page, "/inspect", code="damaged", words="In pieces.")
    assert fulfilment_of(found.first) == "objected"
    assert "stays held until they have decided" in backer.get(pledge_path(found)).text

    moderator = enter(a_person("Mo Derator", role="moderator"))
    case = moderator.get(moderator.get("/staff/objections").links[TITLE])
    assert "In pieces." in case.text
    wrong = moderator.send(case, "/propose", status=422, back="31", reason="Seen.")
    assert wrong.errors == ["Enter an amount from zero to what is held."]
    moderator.send(case, "/propose", back="30", reason="The picture shows it.")
    officer = enter(a_person("Fin Officer", role="finance_officer"))
    shown = officer.get(case.path)
    assert "The picture shows it." in shown.text
    officer.send(shown, "/decide", press=("decision", "agree"))
    world.work()

    divided = backer.get(pledge_path(found)).plain
    assert "EUR 30.00 back with you" in divided
    assert " got EUR" not in divided
    assert "EUR 30.00" in officer.get("/staff/objections").plain
    assert "Decided: EUR 30.00 comes back to you" in build.letters_of(found.backer)
    prove(world)


def test_the_board_marks_as_sent_and_hands_out_the_sheet(
    world: World, enter: Enter, found: Success
) -> None:
    sponsor = enter(found.sponsor)
    page = sponsor.get(board_path(found))
    assert "Backer Bo · One lamp" in page.text
    assert sponsor.send(page, "/fulfilment", status=422).errors == ["Choose at least one."]

    sponsor.send(
        page, "/fulfilment", pledges=public_id("pl", found.first), carrier="Post", tracking="A1"
    )

    assert fulfilment_of(found.first) == "shipped"
    assert "A1" in sponsor.get(board_path(found, "?group=shipped")).text
    answer = sponsor.get(board_path(found, "?format=csv")).response
    sheet = answer.get_data(as_text=True)
    assert sheet.startswith("pledge,carrier,number")
    assert f"{public_id('pl', found.first)},Post,A1" in sheet
    world.work()
    assert f"“{TITLE}” has sent what it promised you" in build.letters_of(found.backer)


def test_numbers_are_taken_in_only_after_each_lines_fate_was_shown(
    enter: Enter, found: Success
) -> None:
    sponsor = enter(found.sponsor)
    first, second, third = (public_id("pl", each) for each in found.pledges)
    sheet = f"pledge;carrier;number\n{first};Post;1\n{second};Post;2\n{first};Post;3\n{third};;\n"
    page = sponsor.get(board_path(found, "/tracking"))

    shown = sponsor.send(page, "/tracking", status=200, lines=sheet)
    assert "Take 2 lines in" in shown.text
    for fate in ("Will be marked as sent", "Stands twice in the sheet", "No such pledge here"):
        assert fate in shown.text
    assert fulfilment_of(found.first) == "to_ship"
    sponsor.send(shown, "/tracking", lines=sheet, confirmed="y")
    assert fulfilment_of(found.first) == fulfilment_of(found.pledges[1]) == "shipped"
    again = sponsor.send(page, "/tracking", status=200, lines=sheet)
    assert "Take 1 line in" not in again.text
    assert "Known already" in again.text


def test_an_address_is_given_until_the_day_it_is_locked_and_forgotten_in_time(
    enter: Enter, found: Success, hand: clock.Hand
) -> None:
    backer, sponsor = enter(found.backer), enter(found.sponsor)
    where: dict[str, Any] = {
        "name": "Bo Backer",
        "street": "Lane 1",
        "city": "Graz",
        "country": "AT",
    }
    page = backer.get(backer.get(pledge_path(found)).links["Where shall it go?"])
    wrong = backer.send(page, "/address", status=422, **{**where, "country": ""})
    assert wrong.errors == ["Choose the country."]
    backer.send(page, "/address", **where)
    backer.send(page, "/address", **{**where, "street": "Lane 2"})

    sheet = sponsor.get(board_path(found, "?format=csv")).response.get_data(as_text=True)
    assert "Bo Backer,Lane 2,,Graz,AT" in sheet
    locks = sponsor.get(board_path(found, "/addresses"))
    assert "1 of 2 backers" in locks.text
    sponsor.send(locks, "/addresses", on=str(clock.today()))
    late = backer.send(page, "/address", status=422, **where)
    assert "The address stands" in late.text
    assert backer.get(pledge_path(found, "/address")).status == 200
    enter(found.backers[1]).get(pledge_path(found, "/address"), status=404)

    inspecting.accept(found.backer, found.first, clock.now())
    hand.advance(days=179)
    assert addressing.forget_addresses(clock.now()) == 0
    hand.advance(days=1)
    assert addressing.forget_addresses(clock.now()) == 1


def test_the_plan_is_written_while_drafting_and_milestones_are_shown_and_objected_to(
    world: World, enter: Enter, hand: clock.Hand
) -> None:
    a_top_up(build.euros(500))

    def planned(sponsor: Actor, campaign_id: UUID) -> None:
        reader = enter(sponsor)
        page = reader.get(desk_path(campaign_id, "/release"))
        wrong = reader.send(page, "/release", status=422, first="40")
        assert wrong.errors == ["The first part is at least 50 % and at most all of it."]
        milestone: dict[str, Any] = {"milestones-0-title": "Moulds cut", "milestones-0-share": "20"}
        reader.send(page, "/release", first="60", **milestone)

    found = holdback.a_success(world, hand, plan=planned)
    sponsor, backer = enter(found.sponsor), enter(found.backer)
    overview = sponsor.get(desk_path(found.campaign_id, "/parts"))
    assert "EUR 200.00" in overview.plain  # six tenths, and the fifth of who got no reward
    claim = sponsor.get(overview.links["Moulds cut"])
    sponsor.send(claim, "/milestones/", evidence="<p>Three moulds of steel.</p>")

    page = backer.get(backer.get(pledge_path(found)).links["See by what it shows"])
    assert "Three moulds of steel." in page.text
    backer.send(page, "/milestones/", words="I see no mould.")
    moderator = enter(a_person("Mo Derator", role="moderator"))
    case = moderator.get(moderator.get("/staff/objections").links[TITLE])
    moderator.send(case, "/propose", upheld="no", reason="The invoice shows it.")
    officer = enter(a_person("Fin Officer", role="finance_officer"))
    officer.send(officer.get(case.path), "/decide", press=("decision", "agree"))
    hand.advance(days=8)
    runner.run(clock.now())

    assert "Reached" in sponsor.get(desk_path(found.campaign_id, "/parts")).text
    prove(world)
