"""The sponsor's drafting table: every page of it, with what is typed wrong kept."""

from __future__ import annotations

import io
from typing import Any

import pytest

from marketplace.campaigns.queries import one
from marketplace.campaigns.services import drafting, submitting
from marketplace.identity.queries import PersonRow
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import new_id, public_id
from tests.builders import campaigns as build
from tests.builders.identity import a_person, an_actor
from tests.page_client import Page
from tests.pages.campaigns.addresses import desk_path
from tests.pages.campaigns.conftest import Enter, Reader


def upload(data: bytes, name: str = "lamp.png") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def test_a_campaign_goes_from_nothing_to_the_moderators_queue(
    reader: Reader, sponsor: PersonRow
) -> None:
    empty = reader.get("/my/campaigns")
    assert "No campaign yet" in empty.text
    begun = reader.follow(
        reader.send(
            reader.get(empty.links["Start your first campaign"]),
            "/new",
            title="A lamp for every window",
            category="design",
        )
    )
    assert begun.h1.startswith("A lamp for every window")
    assert begun.text.count("To do") == 5
    (draft,) = one.own_campaigns(sponsor.id)
    db.session.rollback()

    def fill(tail: str, **typed: Any) -> Page:
        return reader.follow(reader.send(reader.get(desk_path(draft.id, tail)), tail, **typed))

    fill("/basics", tagline="Light without a wire.")
    fill("/story", story=build.STORY)
    fill("/funding", currency="EUR", goal="1,000", deadline="2026-04-01T18:00")
    fill("/pictures", picture=upload(build.picture_bytes()), alt="A clay lamp", focus="top")
    fill(
        "/rewards/new",
        title="One lamp",
        description="Fired.",
        price="25",
        quantity="50",
        delivery="2027-03",
    )
    ready = fill("/risks", risks="The kiln may crack.")
    assert "To do" not in ready.text
    assert ready.text.count("Done") >= 6

    preview = reader.get(ready.links["Preview"])
    for part in ("This is a preview", "Light without a wire.", "One lamp", "EUR 1,000.00"):
        assert part in preview.plain
    assert preview.response.headers["Cache-Control"] == "no-store"

    submit = reader.get(desk_path(draft.id, "/submit"))
    for part in ("EUR 1,000.00", "5.00 %", "EUR 50.00", "EUR 950.00", "frozen"):
        assert part in submit.plain
    not_agreed = reader.send(submit, "/submit", status=422)
    assert not_agreed.errors == ["Confirm that you have read what happens to the money."]
    waiting = reader.follow(reader.send(not_agreed, "/submit", agreed="y"))
    assert "A moderator is looking at it" in waiting.text
    again = reader.follow(reader.send(not_agreed, "/submit", agreed="y"))
    assert again.h1 == waiting.h1

    back = reader.follow(reader.send(waiting, "/withdraw"))
    assert "Taken back" in back.text
    assert build.campaign(draft.id).state == "draft"


def test_a_draft_begins_in_the_language_that_its_writer_reads(
    reader: Reader, sponsor: PersonRow
) -> None:
    reader.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-TW, en;q=0.5"
    reader.send(reader.get("/my/campaigns/new"), "/new", title="燈", category="design")
    (draft,) = one.own_campaigns(sponsor.id)
    db.session.rollback()
    basics = reader.get(desk_path(draft.id, "/basics"))
    assert basics.form("/basics").fields["language"] == "zh-Hant"
    reader.send(basics, "/basics", tagline="Licht ohne Draht.", language="de")
    assert build.campaign(draft.id).language == "de"


BAD = [
    ("/basics", {"title": " ", "tagline": "x", "category": "design"}, "Enter a title."),
    ("/basics", {"title": "x" * 81, "tagline": "x"}, "Use 80 characters or fewer."),
    ("/basics", {"category": "weapons"}, "Not a valid choice."),
    ("/basics", {"language": "tlh"}, "Not a valid choice."),
    ("/story", {"story": "  "}, "Tell the story."),
    ("/story", {"story": "x" * 60_001}, "Use 60000 characters or fewer."),
    ("/risks", {"risks": ""}, "Say what can go wrong. Backers have a right to know."),
    ("/funding", {"goal": "-1"}, "The amount must be more than zero."),
    ("/funding", {"goal": "NaN"}, "“NaN” is not an amount."),
    ("/funding", {"goal": "1e309"}, "“1e309” is not an amount."),
    ("/funding", {"goal": "１０００"}, "“１０００” is not an amount."),
    ("/funding", {"goal": "9223372036854775808"}, "That is more than can be held."),
    ("/funding", {"goal": "99"}, "The goal must be at least EUR 100.00."),
    ("/funding", {"goal": "0.001"}, "EUR has 2 decimals."),
    ("/funding", {"currency": "XXX"}, "Not a valid choice."),
    ("/funding", {"deadline": ""}, "Enter a day and time"),
    ("/funding", {"deadline": "soon"}, "Enter a day and time"),
    ("/funding", {"deadline": "2026-03-02T08:00"}, "The deadline is in the past."),
    ("/funding", {"deadline": "2036-03-02T08:00"}, "The deadline can be at most 60 days"),
    ("/rewards/new", {"title": "", "price": "25"}, "Enter a title."),
    ("/rewards/new", {"title": "x", "price": "0"}, "The amount must be more than zero."),
    ("/rewards/new", {"title": "x", "price": "25", "quantity": "many"}, "Enter a whole number"),
    ("/rewards/new", {"title": "x", "price": "25", "quantity": "５"}, "Enter a whole number"),
    ("/rewards/new", {"title": "x", "price": "25", "quantity": "-1"}, "Enter a whole number"),
    ("/rewards/new", {"title": "x", "price": "25", "quantity": "0"}, "Enter a whole number from"),
    ("/rewards/new", {"title": "x", "price": "25", "quantity": "9" * 30}, "Use 12 characters"),
    ("/rewards/new", {"title": "x", "price": "25", "delivery": "soon"}, "Enter year and month"),
    ("/rewards/new", {"title": "x", "price": "25", "delivery": "2020-01"}, "The delivery month"),
    ("/pictures", {"alt": "x"}, "Choose a picture to upload."),
]


@pytest.mark.parametrize(("tail", "typed", "sentence"), BAD)
def test_what_is_wrong_is_said_beside_its_field_and_kept(
    reader: Reader, sponsor: PersonRow, tail: str, typed: dict[str, str], sentence: str
) -> None:
    made = build.a_draft(sponsor.as_actor())
    before = build.campaign(made)

    page = reader.send(reader.get(desk_path(made, tail)), tail, status=422, **typed)  # type: ignore[arg-type]

    said = [error.replace("\xa0", " ") for error in page.errors]
    assert any(error.startswith(sentence) for error in said), said
    assert page.title.startswith("Error: ")
    kept = page.form(tail).fields
    for name, text in typed.items():
        if text not in {
            "weapons",
            "tlh",
            "XXX",
            "soon",
        }:  # a choice that does not exist cannot be kept
            assert kept[name].split() == text.split()
    assert build.campaign(made) == before


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "This file is not a JPEG"),
        (b"<script>alert(1)</script>", "lamp.png", "This file is not a JPEG"),
        (build.picture_bytes(kind="GIF"), "lamp.jpg", "This file is not a JPEG"),
        (build.picture_bytes()[:200], "lamp.png", "This file is not a JPEG"),
        (build.picture_bytes(100, 100), "lamp.png", "The picture is too small"),
        (b"", "lamp.png", "Choose a picture to upload."),
    ],
)
def test_a_file_that_is_not_the_picture_it_says_is_refused(
    reader: Reader, sponsor: PersonRow, data: bytes, name: str, sentence: str
) -> None:
    made = build.a_draft(sponsor.as_actor())
    page = reader.get(desk_path(made, "/pictures"))

    refused = reader.send(
        page, "/pictures", status=422, picture=upload(data, name), alt="Kept words", focus="top"
    )

    assert refused.errors[0].startswith(sentence)
    assert refused.form("/pictures").fields["alt"] == "Kept words"
    assert refused.form("/pictures").fields["focus"] == "top"
    assert len(one.picture_ids(made)) == 1
    db.session.rollback()


def test_a_picture_without_words_is_refused_before_it_is_drawn(
    reader: Reader, sponsor: PersonRow
) -> None:
    made = build.a_draft(sponsor.as_actor())
    page = reader.get(desk_path(made, "/pictures"))

    refused = reader.send(
        page, "/pictures", status=422, picture=upload(build.picture_bytes(500)), alt=" "
    )

    assert refused.errors[0].startswith("Say in a few words what the picture shows")


def test_what_was_taken_out_of_a_story_is_said(reader: Reader, sponsor: PersonRow) -> None:
    made = build.a_draft(sponsor.as_actor())
    story = build.STORY + "<script>alert(1)</script><img src=x onerror=alert(2)>"

    page = reader.follow(reader.send(reader.get(desk_path(made, "/story")), "/story", story=story))

    assert "taken out: script, img x" in page.text
    assert "alert(" not in page.markup
    assert "Something was taken out" in page.text
    assert "burns for a night" in page.text


def test_pictures_are_described_made_the_cover_and_removed(
    reader: Reader, sponsor: PersonRow
) -> None:
    made = build.a_draft(sponsor.as_actor())
    page = reader.follow(
        reader.send(
            reader.get(desk_path(made, "/pictures")),
            "/pictures",
            picture=upload(build.picture_bytes(600)),
            alt="A second lamp",
        )
    )
    first, second = one.picture_ids(made)
    db.session.rollback()

    page = reader.follow(reader.send(page, f"{public_id('pic', second)}/cover"))
    assert build.campaign(made).cover_id == second
    words = reader.get(desk_path(made, f"/pictures/{public_id('pic', second)}"))
    assert words.form("/pictures/").fields["alt"] == "A second lamp"
    bad = reader.send(words, "/pictures/", status=422, alt=" ")
    assert bad.errors
    page = reader.follow(reader.send(words, "/pictures/", alt="At night", focus="bottom-left"))
    assert "At night" in page.text
    page = reader.follow(reader.send(page, f"{public_id('pic', second)}/remove"))
    assert "At night" not in page.text
    assert build.campaign(made).cover_id == first


def test_rewards_are_listed_changed_and_removed(reader: Reader, sponsor: PersonRow) -> None:
    made = build.a_draft(sponsor.as_actor(), tiers=[build.a_tier("25", 50)])
    (reward,) = build.reward_ids(made)
    page = reader.get(desk_path(made, "/rewards"))
    assert "50 of 50 left" in page.text

    form = reader.get(desk_path(made, f"/rewards/{public_id('rwd', reward)}"))
    fields = form.form("/rewards/").fields
    assert (fields["price"], fields["quantity"], fields["delivery"]) == ("25.00", "50", "2027-03")
    page = reader.follow(reader.send(form, "/rewards/", price="30", quantity="", delivery=""))
    assert "EUR 30.00" in page.plain
    assert "No limit" in page.text
    page = reader.follow(reader.send(page, "/remove"))
    assert "No rewards yet" in page.text


def test_rewards_wait_for_the_currency(reader: Reader, sponsor: PersonRow) -> None:
    made = drafting.start_draft(
        sponsor.as_actor(), title="A lamp", category="tech", form_key="k", now=clock.now()
    )

    page = reader.follow(reader.get(desk_path(made, "/rewards/new"), status=303))
    assert "Set the goal first" in page.text
    page = reader.follow(reader.get(desk_path(made, "/preview"), status=303))
    assert "Set the goal first" in page.text
    submit = reader.get(desk_path(made, "/submit"))
    for part in ("Add a title", "Tell the story", "Add a cover picture", "Set the goal"):
        assert part in submit.text
    refused = reader.send(submit, "/submit", status=422, agreed="y")
    assert len(refused.errors) == 5


def test_a_draft_is_discarded_after_asking(reader: Reader, sponsor: PersonRow) -> None:
    made = build.a_draft(sponsor.as_actor())

    asked = reader.get(desk_path(made, "/discard"))
    assert "Nobody else has ever seen it" in asked.text
    gone = reader.follow(reader.send(asked, "/discard"))

    assert "A lamp" not in gone.text.replace("The draft is discarded", "")
    assert build.campaign(made).state == "cancelled"


@pytest.mark.parametrize("tail", ["/basics", "/story", "/funding", "/risks", "/rewards/new"])
def test_what_is_in_review_is_locked_and_says_so(
    reader: Reader, sponsor: PersonRow, tail: str
) -> None:
    made = build.a_draft(sponsor.as_actor())
    form = reader.get(desk_path(made, tail))
    build.submitted(made, sponsor.as_actor())
    before = build.campaign(made)

    typed = {"title": "Other", "price": "25"} if tail == "/rewards/new" else {}
    refused = reader.send(form, tail, status=422, **typed)  # type: ignore[arg-type]

    assert "has left the drafting table" in refused.text
    assert build.campaign(made) == before
    submitting.withdraw(sponsor.as_actor(), made, clock.now())


PAGES = (
    *("", "/basics", "/story", "/funding", "/risks", "/pictures", "/rewards", "/rewards/new"),
    *("/preview", "/submit", "/discard", "/updates/new"),
)


def test_somebody_elses_draft_is_not_found_anywhere(enter: Enter, reader: Reader) -> None:
    made = build.a_draft(an_actor("Other Ola"), tiers=[build.a_tier()])
    (reward,) = build.reward_ids(made)
    cover = build.campaign(made).cover_id
    assert cover is not None
    rwd, pic = public_id("rwd", reward), public_id("pic", cover)
    token = reader.get("/my/campaigns/new").form("/new").fields["csrf_token"]
    moderator = enter(a_person("Mo", role="moderator"))

    for tail in (*PAGES, f"/rewards/{rwd}", f"/pictures/{pic}"):
        reader.get(desk_path(made, tail), status=404)
        moderator.get(desk_path(made, tail), status=404)
        reader.get(desk_path(new_id(), tail), status=404)
    posts = ("/withdraw", f"/rewards/{rwd}/remove", f"/pictures/{pic}/cover")
    for tail in (*PAGES[1:8], *posts, f"/pictures/{pic}/remove", "/submit", "/discard"):
        if tail != "/rewards":
            reader.post(desk_path(made, tail), {"csrf_token": token}, status=404)
    assert build.campaign(made).state == "draft"


def test_pictures_and_rewards_of_another_draft_are_not_found_in_ones_own(
    reader: Reader, sponsor: PersonRow
) -> None:
    mine = build.a_draft(sponsor.as_actor())
    theirs = build.a_draft(an_actor("Other Ola"), tiers=[build.a_tier()])
    (reward,) = build.reward_ids(theirs)
    cover = build.campaign(theirs).cover_id
    assert cover is not None
    token = reader.get("/my/campaigns/new").form("/new").fields["csrf_token"]

    for tail in (
        f"/rewards/{public_id('rwd', reward)}",
        f"/pictures/{public_id('pic', cover)}",
        "/rewards/rwd_x",
        "/pictures/pic_x",
    ):
        reader.get(desk_path(mine, tail), status=404)
        reader.post(desk_path(mine, f"{tail}/remove"), {"csrf_token": token}, status=404)
