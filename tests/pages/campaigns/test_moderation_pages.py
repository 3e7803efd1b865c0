"""The moderators' queue and one case beside its decision."""

from __future__ import annotations

from uuid import UUID

import pytest

from marketplace.campaigns.services import drafting, submitting
from marketplace.identity.queries import PersonRow
from marketplace.kernel import clock
from marketplace.kernel.ids import new_id, public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, a_person
from tests.builders.moderation import take_effect
from tests.pages.campaigns.conftest import Enter, Reader

APPROVE, RETURN = ("decision", "approve"), ("decision", "return")


@pytest.fixture
def reader(enter: Enter) -> Reader:
    return enter(a_moderator())


def case(campaign_id: UUID) -> str:
    return f"/staff/moderation/{public_id('cmp', campaign_id)}"


def waiting(sponsor: PersonRow, title: str = "A lamp for every window") -> UUID:
    draft = build.a_draft(sponsor.as_actor(), title=title, tiers=[build.a_tier("25", 50)])
    return build.submitted(draft, sponsor.as_actor())


def test_the_queue_is_worked_from_the_longest_waiting(
    world: World, reader: Reader, sponsor: PersonRow, hand: clock.Hand
) -> None:
    assert "Nothing waits. Well done." in reader.get("/staff/moderation").text
    waiting(sponsor, "First come")
    hand.advance(hours=1)
    second = waiting(sponsor, "Second come")
    queue = reader.get("/staff/moderation")
    assert queue.text.index("First come") < queue.text.index("Second come")

    page = reader.get(queue.links["First come"])

    for part in (
        "1 of 2 in the queue",
        "Sponsor Sol",
        "0 launched",
        "EUR 950.00 to the sponsor",
        "burns for a night",
        "The kiln may crack.",
        "One lamp",
        "50 of 50 left",
    ):
        assert part in page.plain, part
    assert page.links["Next in the queue"] == case(second)
    keys = {element.get("accesskey") for element in page.tree.iter() if element.get("accesskey")}
    assert {"a", "r", "n"} <= keys

    done = reader.follow(reader.send(page, "/staff/moderation/", press=APPROVE))
    assert "“First come” goes live in ten seconds." in done.text
    assert "It takes effect within ten seconds" in reader.get(page.path).text
    undone = reader.follow(reader.send(done, "/undo"))
    assert "Undone. The case waits again." in undone.text
    take_effect(world, hand)
    assert "1 of 2 in the queue" in reader.get(page.path).text

    done = reader.follow(reader.send(reader.get(page.path), "/staff/moderation/", press=APPROVE))
    take_effect(world, hand)
    late = reader.follow(reader.send(done, "/undo"))
    assert "The ten seconds are over" in late.text
    assert "Approved" in late.text
    assert "“Second come”" not in late.text
    assert "Already decided" in reader.get(page.path).text


def test_a_return_needs_its_reason_and_words(
    world: World, reader: Reader, sponsor: PersonRow, hand: clock.Hand
) -> None:
    made = waiting(sponsor)
    page = reader.get(case(made))

    empty = reader.send(page, "/staff/moderation/", status=422, press=RETURN)
    assert empty.errors == [
        "Choose the reason from the list.",
        "Say why, so that the sponsor knows what to change.",
    ]
    half = reader.send(
        page, "/staff/moderation/", status=422, press=RETURN, reason="Show a real lamp."
    )
    assert half.errors == ["Choose the reason from the list."]
    assert half.form("/staff/moderation/").fields["reason"] == "Show a real lamp."
    assert build.campaign(made).state == "in_review"

    reader.send(
        half, "/staff/moderation/", press=RETURN, code="pictures_unfit", reason="Show a real lamp."
    )
    take_effect(world, hand)
    assert build.campaign(made).state == "draft"


def test_what_changed_since_last_time_is_highlighted(
    world: World, reader: Reader, enter: Enter, sponsor: PersonRow, hand: clock.Hand
) -> None:
    made = waiting(sponsor)
    reader.send(
        reader.get(case(made)),
        "/staff/moderation/",
        press=RETURN,
        code="risks_too_thin",
        reason="Say what you do when it cracks.",
    )
    take_effect(world, hand)
    told = enter(sponsor).get(f"/my/campaigns/{public_id('cmp', made)}")
    for part in ("The risks are not told honestly", "Say what you do when it cracks."):
        assert part in told.text
    now = clock.now()
    drafting.write_risks(
        sponsor.as_actor(), made, risks="The kiln may crack; we have a second one.", now=now
    )
    build.submitted(made, sponsor.as_actor())

    page = reader.get(case(made))

    assert "What changed since it was returned" in page.text
    marked = [
        ("".join(mark.itertext()), mark.tag)
        for mark in page.tree.iter()
        if mark.tag in {"ins", "del"}
    ]
    assert marked == [("crack.", "del"), ("crack; we have a second one.", "ins")]
    assert "changed-story" not in page.markup


def test_nothing_changed_is_said(
    world: World, reader: Reader, sponsor: PersonRow, hand: clock.Hand
) -> None:
    made = waiting(sponsor)
    reader.send(
        reader.get(case(made)), "/staff/moderation/", press=RETURN, code="other", reason="No."
    )
    take_effect(world, hand)
    build.submitted(made, sponsor.as_actor())

    assert "Nothing was changed since then" in reader.get(case(made)).text


def test_whoever_is_second_is_told_so(
    world: World, enter: Enter, reader: Reader, sponsor: PersonRow, hand: clock.Hand
) -> None:
    made = waiting(sponsor)
    slow = enter(a_moderator("Slow Sam"))
    page = slow.get(case(made))
    reader.send(reader.get(case(made)), "/staff/moderation/", press=APPROVE)

    late = slow.send(
        page, "/staff/moderation/", status=422, press=RETURN, code="other", reason="No."
    )

    assert "no longer possible" in late.errors[0]
    take_effect(world, hand)
    assert build.campaign(made).state == "live"
    assert "Already decided" in slow.get(case(made)).text


def test_nobody_decides_on_an_own_campaign(enter: Enter) -> None:
    both = a_moderator("Mo Derator")
    made = waiting(both)
    reader = enter(both)

    page = reader.get(case(made))

    assert "This is your own campaign" in page.text
    token = reader.get("/account/name").form("/name").fields["csrf_token"]
    data = {"csrf_token": token, "decision": "approve", "code": ""}
    refused = reader.post(case(made), data, status=422)
    assert "You cannot decide on your own campaign" in refused.text
    assert build.campaign(made).state == "in_review"


def test_the_desk_is_closed_to_everybody_else(
    enter: Enter, passer_by: Reader, sponsor: PersonRow
) -> None:
    made = waiting(sponsor)
    readers = [enter(sponsor), enter(a_person("Rae", role="first_reviewer"))]

    for reader in readers:
        token = reader.get("/account/name").form("/name").fields["csrf_token"]
        reader.get("/staff/moderation", status=403)
        reader.get(case(made), status=403)
        reader.post(case(made), {"csrf_token": token, "decision": "approve"}, status=403)
    passer_by.get(case(made), status=303)
    assert build.campaign(made).state == "in_review"


def test_drafts_and_inventions_are_not_found(reader: Reader, sponsor: PersonRow) -> None:
    draft = build.a_draft(sponsor.as_actor())

    for address in (case(draft), case(new_id()), "/staff/moderation/cmp_x"):
        reader.get(address, status=404)


def test_one_that_was_taken_back_says_so(reader: Reader, sponsor: PersonRow) -> None:
    made = waiting(sponsor)
    page = reader.get(case(made))
    submitting.withdraw(sponsor.as_actor(), made, clock.now())

    refused = reader.send(page, "/staff/moderation/", status=422, press=APPROVE)

    assert "no longer possible" in refused.errors[0]
    assert build.campaign(made).state == "draft"
