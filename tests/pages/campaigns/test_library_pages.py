"""A backer's library and its player; a sponsor's page of files."""

from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.test import TestResponse

from marketplace.campaigns.queries import library
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.media.services.recordings import Said
from tests.builders import campaigns as build
from tests.builders.digital import CAPTIONS, a_tone, add, delivered
from tests.builders.disputes import disputed
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_person
from tests.page_client import Page, PageClient, alone
from tests.pages.campaigns.conftest import Enter
from tests.unit.media.test_files import EXECUTABLE, a_zip


def ask(reader: PageClient, path: str, **headers: str) -> TestResponse:
    return alone(reader.client.get, path, headers=headers)


def played(page: Page) -> str:
    """Where the first player of a page takes its sound from."""
    return next(str(one.get("src")) for one in page.tree.iter() if one.tag in {"audio", "video"})


class Played:
    """Somebody with an album in the library."""

    def __init__(self, world: World, hand: clock.Hand, enter: Enter) -> None:
        self.world = world
        self.sponsor, self.person = a_person("Sponsor Sol"), a_person("Backer Bo")
        a_top_up(build.euros(200))
        self.made, self.pledge_id, self.song = delivered(
            world, hand, self.sponsor.as_actor(), self.person.as_actor()
        )
        self.path = f"/my/library/{public_id('pl', self.pledge_id)}"
        self.reader = enter(self.person)
        self.data = a_tone()


@pytest.fixture
def bo(world: World, hand: clock.Hand, enter: Enter) -> Played:
    return Played(world, hand, enter)


class TestPlaying:
    def test_the_library_leads_to_the_player(self, bo: Played) -> None:
        page = bo.reader.get("/my/library")
        album = bo.reader.get(page.links["A lamp for every window"])

        assert album.path == bo.path
        answer = ask(bo.reader, played(album))
        assert (answer.status_code, answer.mimetype) == (200, "audio/wav")
        assert answer.data == bo.data
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer.headers["Cache-Control"]

    @pytest.mark.parametrize(
        ("asked", "start", "stop"),
        [("bytes=0-", 0, None), ("bytes=100-199", 100, 200), ("bytes=-10", -10, None)],
    )
    def test_any_part_of_it_is_answered_alone(
        self, bo: Played, asked: str, start: int, stop: int | None
    ) -> None:
        src = played(bo.reader.get(bo.path))

        answer = ask(bo.reader, src, Range=asked)

        assert answer.status_code == 206
        assert answer.data == bo.data[start:stop]
        assert answer.headers["Content-Range"].endswith(f"/{len(bo.data)}")

    def test_what_is_past_its_end_is_416(self, bo: Played) -> None:
        answer = ask(bo.reader, played(bo.reader.get(bo.path)), Range="bytes=99999999-")

        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(bo.data)}"

    def test_going_on_with_another_file_begins_anew(self, bo: Played) -> None:
        src = played(bo.reader.get(bo.path))

        other = ask(bo.reader, src, Range="bytes=5-9", **{"If-Range": '"another"'})
        same = ask(bo.reader, src, Range="bytes=5-9", **{"If-Range": other.headers["ETag"]})

        assert (other.status_code, same.status_code) == (200, 206)

    def test_its_link_is_worth_nothing_to_anybody_else(self, bo: Played, enter: Enter) -> None:
        src = played(bo.reader.get(bo.path))
        stranger = enter(a_person("Otto Other"))

        assert ask(stranger, src).status_code == 403
        assert ask(enter(bo.sponsor), src).status_code == 403
        assert "/sign-in" in ask(PageClient(bo.world.app), src).headers["Location"]
        assert ask(bo.reader, src[:-3] + "abc").status_code == 403
        assert ask(bo.reader, src.replace("/play/", "/save/")).status_code == 403
        stranger.get(bo.path, status=404)

    def test_a_link_holds_ten_minutes_unless_playing_began(
        self, bo: Played, hand: clock.Hand
    ) -> None:
        unused, begun = (played(bo.reader.get(bo.path)) for _ in range(2))
        assert ask(bo.reader, begun, Range="bytes=0-99").status_code == 206

        hand.advance(minutes=10)
        assert ask(bo.reader, unused).status_code == 403
        assert ask(bo.reader, begun, Range="bytes=100-199").status_code == 206

        hand.advance(hours=6)
        assert ask(bo.reader, begun, Range="bytes=100-199").status_code == 403
        assert [one.kind for one in library.used(bo.pledge_id)] == ["play"]

    def test_after_a_refund_every_link_is_dead_and_the_page_says_why(self, bo: Played) -> None:
        page = bo.reader.get(bo.path)
        saved = bo.reader.send(page, public_id("file", bo.song))
        assert ask(bo.reader, saved.location).status_code == 200

        disputed(bo.world, bo.pledge_id)

        assert ask(bo.reader, played(page)).status_code == 403
        assert ask(bo.reader, saved.location).status_code == 403
        assert "no longer once the pledge was refunded" in bo.reader.get(bo.path, status=403).text
        assert "Nothing here yet" in bo.reader.get("/my/library").text


class TestSaving:
    def test_it_is_a_file_with_its_name_and_counts_once(self, bo: Played) -> None:
        page = bo.reader.get(bo.path)
        assert "5 of 5 times left" in page.text

        saved = bo.reader.send(page, public_id("file", bo.song))
        answer = ask(bo.reader, saved.location)

        assert answer.data == bo.data
        assert answer.headers["Content-Disposition"].startswith(
            'attachment; filename="The-silo.wav"'
        )
        assert ask(bo.reader, saved.location, Range="bytes=9-").status_code == 206
        assert "4 of 5 times left" in bo.reader.get(bo.path).text

    def test_the_sixth_time_is_explained(self, bo: Played) -> None:
        page = bo.reader.get(bo.path)
        for number in range(5):
            bo.reader.send(page, public_id("file", bo.song), form_key=f"key{number}")

        refused = bo.reader.send(page, public_id("file", bo.song), status=422, form_key="key6")

        assert "You have saved this file 5 times" in refused.errors[0]
        assert played(refused)


def test_a_film_brings_its_captions_and_words(world: World, hand: clock.Hand, enter: Enter) -> None:
    sponsor, person = a_person("Sponsor Sol"), a_person("Backer Bo")
    made, pledge_id, _song = delivered(world, hand, sponsor.as_actor(), person.as_actor())
    [reward_id] = build.reward_ids(made)
    film = b"\x00\x00\x00\x18ftypisom" + b"\x00" * 100
    said = Said(CAPTIONS, "en", transcript="A clarinet, and a pigeon.")
    add(sponsor.as_actor(), made, reward_id, film, title="How it was made", said=said)
    reader = enter(person)

    page = reader.get(f"/my/library/{public_id('pl', pledge_id)}")

    assert "A clarinet, and a pigeon." in page.text
    [track] = list(page.tree.iter("track"))
    assert (track.get("kind"), track.get("srclang")) == ("captions", "en")
    answer = ask(reader, track.get("src", ""))
    assert answer.mimetype == "text/vtt"
    assert "(a clarinet)" in answer.text
    assert ask(enter(sponsor), track.get("src", "")).status_code == 403


class TestSponsor:
    def test_what_was_sent_is_judged_and_shown(self, world: World, enter: Enter) -> None:
        del world
        sponsor = a_person("Sponsor Sol")
        made = build.a_draft(sponsor.as_actor(), tiers=[build.a_tier("12", title="Album")])
        path = f"/my/campaigns/{public_id('cmp', made)}/files"
        reader = enter(sponsor)
        [reward_id] = build.reward_ids(made)
        before = _shelf()

        def send(data: bytes, name: str, *, status: int, **typed: Any) -> Page:
            page = reader.get(path)
            told = {"reward": public_id("rwd", reward_id), "title": "The silo", **typed}
            return reader.send(page, "/files", status=status, file=(io.BytesIO(data), name), **told)

        bomb = a_zip(("silence.wav", bytes(20_000_000)), packed=8)
        for data, name, words in (
            (EXECUTABLE, "song.mp3", "none of the kinds"),
            (bomb, "album.zip", "unpack to far more"),
            (b"", "empty.mp3", "Choose a file"),
        ):
            assert words in send(data, name, status=422).text
        assert _shelf() == before
        assert "Give it a title" in send(a_tone(), "a.wav", status=422, title=" ").text
        assert _shelf() == before

        send(a_tone(), "whatever.exe", status=303)

        assert "audio/wav" in reader.get(path).text
        reader.send(reader.get(path), "/remove")
        assert "Nothing yet" in reader.get(path).text
        enter(a_person("Mal")).get(path, status=404)


def _shelf() -> int:
    from marketplace.infra import settings, streams

    folder = settings.current_settings().data_dir / streams.SHELF
    return sum(1 for place in folder.rglob("*") if place.is_file())
