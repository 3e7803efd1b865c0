"""What a sponsor writes: rows of a list, two windows, saving while typing, versions."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest

from marketplace.campaigns.queries.told import told
from marketplace.campaigns.services import drafting, moderating, picturing
from marketplace.identity.queries import PersonRow
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders import digital
from tests.builders.identity import a_person
from tests.page_client import Page
from tests.pages.campaigns.addresses import desk_path
from tests.pages.campaigns.conftest import Enter, Reader


@pytest.fixture
def draft(sponsor: PersonRow) -> UUID:
    return build.a_draft(sponsor.as_actor())


def typed(page: Page, tail: str, **words: str) -> dict[str, Any]:
    """What the script sends of a form while it is typed in."""
    return {**page.form(tail).fields.to_dict(), **words}


def autosaved(reader: Reader, draft: UUID, part: str, data: dict[str, Any]) -> tuple[int, Any]:
    answer = reader.client.post(desk_path(draft, f"/autosave/{part}"), data=data)
    return answer.status_code, answer.get_json()


def told_of(draft: UUID) -> Any:
    found = told(draft)
    db.session.rollback()
    return found


def test_lists_are_written_row_by_row_and_count_for_how_far_the_draft_is(
    reader: Reader, draft: UUID
) -> None:
    assert "5 of 10 parts, 50 %; 5 of the 5 that are needed" in reader.get(desk_path(draft)).plain

    rows: dict[str, Any] = {
        "title_1": "Clay",
        "amount_1": "600",
        "title_2": "Kiln",
        "amount_2": "300",
    }
    more = reader.follow(
        reader.send(
            reader.get(desk_path(draft, "/budget")), "/budget", press=("stay", "yes"), **rows
        )
    )
    for words in ("All lines together", "EUR 900.00", "Platform fee, 5.00 %", "EUR 50.00"):
        assert words in more.plain
    assert more.form("/budget").fields["title_4"] == ""
    lacking = reader.follow(
        reader.send(more, "/budget", press=("up", "2"), title_3="Post", amount_3="90")
    )
    assert "More than the goal by EUR 40.00" in lacking.plain
    assert [line.title for line in told_of(draft).budget] == ["Kiln", "Clay", "Post"]

    answers: dict[str, Any] = {"question_1": "Is it safe?", "answer_1": "As a candle."}
    reader.send(reader.get(desk_path(draft, "/faq")), "/faq", **answers)
    steps: dict[str, Any] = {
        "month_1": "2026-09",
        "title_1": "Lamps",
        "month_2": "2026-06",
        "title_2": "Kiln",
    }
    tasks = reader.follow(
        reader.send(reader.get(desk_path(draft, "/timeline")), "/timeline", **steps)
    )
    assert "8 of 10 parts, 80 %" in tasks.plain

    preview = reader.get(tasks.links["Preview"])
    for words in (
        "The largest part of the goal, 60 %, is for: Clay",
        "By September 2026: Lamps",
        "2. Kiln June 2026 expected",
        "Is it safe? As a candle.",
    ):
        assert words in preview.plain


@pytest.mark.parametrize(
    ("part", "rows", "sentence"),
    [
        ("faq", {"question_2": "Is it safe?"}, "Answer the question, or empty it."),
        ("budget", {"title_1": "Clay"}, "Enter the amount, or empty the line."),
        ("budget", {"title_1": "Clay", "amount_1": "a lot"}, "“a lot” is not an amount."),
        ("timeline", {"title_1": "Kiln", "month_1": "soon"}, "Enter year and month"),
        ("timeline", {"title_1": "Kiln", "month_1": "2020-01"}, "This month is over."),
    ],
)
def test_half_a_row_is_said_beside_its_field_and_kept(
    reader: Reader, draft: UUID, part: str, rows: dict[str, Any], sentence: str
) -> None:
    before = told_of(draft)

    page = reader.send(reader.get(desk_path(draft, f"/{part}")), f"/{part}", status=422, **rows)

    assert page.errors[0].startswith(sentence)
    for name, words in rows.items():
        assert page.form(f"/{part}").fields[name] == words
    assert told_of(draft) == before


def test_two_windows_do_not_replace_each_other_in_silence(reader: Reader, draft: UUID) -> None:
    first, second = reader.get(desk_path(draft, "/risks")), reader.get(desk_path(draft, "/risks"))
    reader.send(first, "/risks", risks="The kiln may crack in winter.")

    refused = reader.send(second, "/risks", status=422, risks="The kiln may crack in summer.")

    assert refused.errors[0].startswith("This was saved somewhere else")
    assert "The kiln may crack in winter. summer." in refused.text
    assert refused.form("/risks").fields["risks"] == "The kiln may crack in summer."
    reader.send(refused, "/risks")
    assert build.campaign(draft).risks == "The kiln may crack in summer."


def test_a_page_is_saved_as_it_is_typed(reader: Reader, draft: UUID) -> None:
    page = reader.get(desk_path(draft, "/risks"))
    assert page.form("/risks").element.get("data-autosave") == desk_path(draft, "/autosave/risks")

    status, answer = autosaved(reader, draft, "risks", typed(page, "/risks", risks="It may"))
    assert (status, answer["said"]) == (200, f"Saved by itself at {clock.now():%H:%M} UTC.")
    on = typed(page, "/risks", risks="It may crack.", seen=answer["seen"])
    _status, latest = autosaved(reader, draft, "risks", on)
    assert build.campaign(draft).risks == "It may crack."

    stale = typed(page, "/risks", risks="Something else.")
    assert autosaved(reader, draft, "risks", stale)[0] == 409
    empty = autosaved(reader, draft, "risks", {**stale, "risks": "", "seen": latest["seen"]})
    assert empty[0] == 422
    assert empty[1]["said"].startswith("Not saved yet. Say what can go wrong.")
    assert build.campaign(draft).risks == "It may crack."
    assert autosaved(reader, draft, "rewards", on)[0] == 404


def test_a_version_is_looked_at_and_gone_back_to(
    reader: Reader, sponsor: PersonRow, draft: UUID, enter: Enter
) -> None:
    drafting.write_risks(sponsor.as_actor(), draft, risks="The kiln may burst.", now=clock.now())
    versions = reader.get(reader.get(desk_path(draft)).links["Versions"])
    assert "As it stands" in versions.text
    former = [words for words in versions.links if words.startswith("Version ")][1]

    page = reader.get(versions.links[former])
    assert "The kiln may burst. crack." in page.text
    reader.follow(reader.send(page, "/back"))
    assert build.campaign(draft).risks == "The kiln may crack."
    assert "says the same as this version" in reader.get(page.path).text

    stranger = enter(a_person("Mal"))
    stranger.get(desk_path(draft, "/versions"), status=404)
    stranger.get(page.path, status=404)


def test_the_story_shows_pictures_of_its_own_and_none_from_elsewhere(
    reader: Reader, sponsor: PersonRow, draft: UUID
) -> None:
    page = reader.get(desk_path(draft, "/story"))
    (line,) = ["".join(code.itertext()) for code in page.tree.iter("code")]
    name = line.split('"')[1]
    story = build.STORY + f'<img src="{name}"><img src="https://pixel.example/1.gif" alt="">'

    page = reader.follow(reader.send(page, "/story", story=story))

    assert "taken out: img https://pixel.example/1.gif" in page.text
    assert f'<img src="{name}" alt="A clay lamp">' in page.form("/story").fields["story"]
    assert "pixel.example" not in reader.get(desk_path(draft, "/preview")).markup
    cover = build.campaign(draft).cover_id
    assert cover is not None
    with pytest.raises(Refusal, match="picture_in_story"):
        picturing.remove_picture(sponsor.as_actor(), draft, cover, clock.now())


def test_a_piece_of_sound_is_played_on_the_page_and_by_nobody_else_before(
    reader: Reader, draft: UUID, enter: Enter, passer_by: Reader
) -> None:
    sound, captions = digital.a_tone(), digital.CAPTIONS
    page = reader.get(desk_path(draft, "/film"))
    missing = reader.send(page, "/film", status=422, title="The kiln")
    assert missing.errors == ["Choose a file to upload."]
    sent: dict[str, Any] = {
        "file": (io.BytesIO(sound), "kiln.wav"),
        "captions": (io.BytesIO(captions), "kiln.vtt"),
    }

    shown = reader.follow(reader.send(page, "/film", title="The kiln", **sent))

    player = next(iter(shown.tree.iter("video")))
    played = reader.client.get(player.get("src", ""), headers={"Range": "bytes=0-9"})
    assert (played.status_code, played.data) == (206, sound[:10])
    track = next(iter(shown.tree.iter("track"))).get("src", "")
    assert b"(a clarinet)" in reader.client.get(track).data
    assert player.get("src", "") in reader.get(desk_path(draft, "/preview")).markup
    address = f"/projects/{public_id('cmp', draft)}/film/play"
    passer_by.get(address, status=404)
    enter(a_person("Mal")).get(player.get("src", ""), status=404)

    gone = reader.follow(reader.send(shown, "/film/remove"))
    assert not list(gone.tree.iter("video"))
    reader.get(player.get("src", ""), status=404)


def test_a_film_is_played_to_moderators_while_they_decide_and_to_everybody_after(
    reader: Reader, sponsor: PersonRow, draft: UUID, enter: Enter, passer_by: Reader
) -> None:
    sound = digital.a_tone()
    page = reader.get(desk_path(draft, "/film"))
    reader.send(page, "/film", title="The kiln", file=(io.BytesIO(sound), "kiln.wav"))
    build.submitted(draft, sponsor.as_actor())
    moderator = a_person("Mo Derator", role="moderator")
    ref = public_id("cmp", draft)

    case = enter(moderator).get(f"/staff/moderation/{ref}")
    player = next(iter(case.tree.iter("audio"))).get("src", "")
    assert player == f"/staff/moderation/{ref}/film/play"
    reader.get(player, status=403)
    moderating.approve(moderator.as_actor(), draft, clock.now())

    shown = passer_by.get(f"/projects/{ref}")
    player = next(iter(shown.tree.iter("audio"))).get("src", "")
    assert passer_by.client.get(player).data == sound


def test_a_film_is_refused_that_is_none_or_has_no_captions(reader: Reader, draft: UUID) -> None:
    page = reader.get(desk_path(draft, "/film"))

    refused = reader.send(
        page, "/film", status=422, title="x", file=(io.BytesIO(b"MZ\x90\x00" * 50), "film.mp4")
    )

    assert refused.errors
    assert told_of(draft).film is None


def test_a_draft_begins_with_what_another_one_says(reader: Reader, draft: UUID) -> None:
    page = reader.get(reader.get(desk_path(draft)).links["Start another like it"])
    assert "What is not" in page.text
    missing = reader.send(page, "/copy", status=422, title=" ")
    assert missing.errors == ["Enter a title."]

    made = reader.follow(reader.send(missing, "/copy", title="A second lamp"))

    assert made.h1.startswith("A second lamp")
    assert "4 of the 5 that are needed" in made.plain


def test_what_nobody_can_promise_keeps_a_draft_from_being_submitted(
    reader: Reader, sponsor: PersonRow, draft: UUID
) -> None:
    story = build.STORY + "<p>Delivery in May is <b>guaranteed</b>, 我們保證。</p>"
    drafting.write_story(sponsor.as_actor(), draft, story=story, now=clock.now())
    tasks = reader.get(desk_path(draft))
    assert "Delivery in May is guaranteed" in tasks.text

    refused = reader.send(
        reader.get(desk_path(draft, "/submit")), "/submit", status=422, agreed="y"
    )

    first, second = refused.errors
    assert first.startswith("The story says “guaranteed”, which nobody can promise")
    assert "“保證”" in second
    assert build.campaign(draft).state == "draft"
