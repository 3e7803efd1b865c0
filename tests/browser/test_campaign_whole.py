"""Eight people live three campaigns: one succeeds, one misses its goal, one is ended mid-way.

What their pages say is held against the ledger's own accounts each time something has moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
from playwright.sync_api import FilePayload

from marketplace.kernel.ids import parse_public_id
from tests.browser.books import Books, amount_in, said, until_it_holds
from tests.browser.conftest import House
from tests.browser.people import Visitor, letters_to
from tests.browser.steps import (
    Idea,
    Visit,
    a_member,
    a_member_of_staff,
    back,
    decide_for,
    draft,
    offer,
    prove,
    submit,
    wait_for_decisions,
)
from tests.builders.digital import a_tone

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

STORY = (
    "<h2>Why now</h2><p>We have done this for three years in our own kitchen, for friends and for"
    " whoever asked. Everybody who has one asks for a second. With this money we make them for"
    " people we have never met, and write down what it cost us and how long it really took.</p>"
)
RISKS = "It may take longer than we think. Then we say so, and say until when."
ALBUM, BUS, LAMP = "An album from the silo", "A bus for the night", "A lamp without oil"
PHONE, DESKTOP = (390, 844), (1280, 800)
FEE, RAISED = Decimal("0.05"), Decimal("210.00")  # what the album raises


def an_idea(title: str, category: str, goal: str) -> Idea:
    return Idea(title, category, "Made once, and made well.", STORY, RISKS, goal)


@dataclass
class Cast:
    """The people of the story, and where its three campaigns are; half of them run no script."""

    house: House
    ada: Visitor
    mo: Visitor
    fin: Visitor
    bea: Visitor
    bo: Visitor
    cem: Visitor
    dia: Visitor
    eli: Visitor
    album: str = ""
    bus: str = ""
    lamp: str = ""

    @property
    def projects(self) -> tuple[str, ...]:
        return self.album, self.bus, self.lamp

    def pass_days(self, days: int) -> None:
        self.house.operator("clock", "advance", f"{days}d")


@dataclass(frozen=True)
class Bar:
    """What the Money tab says, in euros."""

    paid_in: Decimal
    held: Decimal
    held_back: Decimal
    returning: Decimal
    payable: Decimal
    paid_out: Decimal
    fee: Decimal
    refunded: Decimal

    @classmethod
    def of(cls, reader: Visitor, project: str) -> Bar:
        reader.go(f"{project}/money")
        labels = (
            *("Ever paid in", "Held", "Held back", "On its way back to backers"),
            *("Released, not paid out yet", "Paid out to the sponsor", "Platform fee", "Refunded"),
        )
        return cls(*(amount_in(reader.words, label) for label in labels))

    @property
    def whole(self) -> Decimal:
        """All parts together."""
        kept = self.held + self.held_back + self.returning + self.payable
        return kept + self.paid_out + self.fee + self.refunded


def agree(cast: Cast) -> None:
    """Hold the Money tabs against the ledger, account by account."""
    until_it_holds(lambda: _agree(cast))


def _agree(cast: Cast) -> None:
    books = Books(cast.house)
    earned = Decimal(0)
    for project in cast.projects:
        bar, owner = Bar.of(cast.eli, project), str(id_of(project))
        escrow, held_back, payable = (
            books.held(kind).get(owner, Decimal(0))
            for kind in ("escrow:campaign", "holdback:campaign", "sponsor:payable")
        )
        assert bar.held + bar.held_back + bar.returning == escrow + held_back
        assert (bar.payable, bar.whole) == (payable, bar.paid_in)
        earned += bar.fee
    assert earned == books.total("fees:platform")


def id_of(project: str) -> UUID:
    return parse_public_id("cmp", project.rpartition("/")[2])


def desk_of(project: str) -> str:
    """Where its sponsor looks after a project."""
    return project.replace("/projects", "/my/campaigns")


def fits(reader: Visitor, paths: Iterable[str]) -> None:
    """Look at pages on a phone and on a desktop: nothing may stand out of them."""
    for width, height in (PHONE, DESKTOP):
        reader.page.set_viewport_size({"width": width, "height": height})
        for path in paths:
            reader.go(path)
            wide = reader.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} px wide on {width}"


def write_three(ada: Visitor) -> None:
    """Ada drafts and submits them all; the album comes with tapes and with a song to play."""
    desks = {
        ALBUM: draft(ada, an_idea(ALBUM, "Music", "200.00")),
        BUS: draft(ada, an_idea(BUS, "Community", "5000.00")),
        LAMP: draft(ada, an_idea(LAMP, "Design", "100.00")),
    }
    offer(ada, desks[ALBUM], "A tape, numbered", "40.00", "2")
    offer(ada, desks[ALBUM], "The album to play", "12.00")
    ada.go(f"{desks[ALBUM]}/files")
    ada.choose("Reward it comes with", "The album to play")
    ada.page.get_by_label("Title", exact=True).fill("The silo at night")
    song = FilePayload(name="silo.wav", mimeType="audio/wav", buffer=a_tone())
    ada.page.get_by_label("File", exact=True).set_input_files(song)
    ada.press("Add the file")
    ada.reads("The silo at night")
    for desk in desks.values():
        submit(ada, desk)


def found(reader: Visitor, title: str) -> str:
    """Look a project up as strangers do; returns its page."""
    reader.go("/projects?sort=newest")
    reader.follow(title)
    return reader.path


def pledge_all(cast: Cast) -> dict[str, str]:
    """Five backers; the third comes too late for a tape. Returns their pledges' pages."""
    pledges = {
        "bea": back(cast.bea, cast.album, "40.00", "A tape, numbered"),
        "bo": back(cast.bo, cast.album, "40.00", "A tape, numbered"),
    }
    cast.cem.go(f"{cast.album}/pledge")
    cast.cem.reads("All taken: A tape, numbered.")
    pledges["cem"] = back(cast.cem, cast.album, "100.00", "The album to play")
    pledges["dia"] = back(cast.dia, cast.album, "30.00")
    pledges["bus"] = back(cast.eli, cast.bus, "33.33")
    pledges["lamp"] = back(cast.eli, cast.lamp, "60.00")
    back(cast.dia, cast.lamp, "25.00")
    return pledges


def end_the_lamp(cast: Cast, pledge: str) -> None:
    """The moderator freezes it, asks for its end, and the finance officer agrees."""
    place = f"/staff/suspensions/{cast.lamp.rpartition('/')[2]}"
    cast.mo.go(place)
    cast.mo.choose("Reason", "It promises what is not so")
    cast.mo.fill("What is wrong", "A drawing is shown, and no lamp.")
    cast.mo.press("Suspend: freeze its money")
    cast.bo.go(f"{cast.lamp}/pledge")
    cast.bo.reads("The campaign is suspended")
    assert Bar.of(cast.bo, cast.lamp).held == Decimal("85.00")
    cast.mo.fill("Why", "Nothing was shown for a week.")
    cast.mo.press("Ask for the end")
    cast.fin.go(place)
    cast.fin.press("Agree: end it, refund everyone")
    cast.eli.go(pledge)
    cast.eli.reloads_until("on its way back")
    cast.eli.go(cast.lamp)
    cast.eli.reads("This project was ended by us")


def see_the_decisions(cast: Cast, pledges: dict[str, str]) -> None:
    """The album is funded and paid in part, the bus goes back whole, the lamp has gone back."""
    until_it_holds(lambda: _decided(cast))
    cast.eli.go(pledges["bus"])
    cast.eli.reads("Your pledge was refunded")
    cast.ada.go(desk_of(cast.bus))
    cast.ada.reads("No fee is taken")


def _decided(cast: Cast) -> None:
    assert Bar.of(cast.eli, cast.bus).refunded == Decimal("33.33")
    assert Bar.of(cast.eli, cast.lamp).refunded == Decimal("85.00")
    album = Bar.of(cast.cem, cast.album)
    # Three tenths of what came with a reward wait until that has arrived.
    assert album.held_back == Decimal("54.00")
    assert album.fee == (RAISED - album.held_back) * FEE
    assert album.paid_out == RAISED - album.held_back - album.fee


def play_the_song(cast: Cast) -> None:
    """The library has it; nobody else can open its link."""
    cast.cem.go("/my/library")
    cast.cem.follow(ALBUM)
    player = cast.cem.page.locator("audio").first
    cast.cem.page.wait_for_function("document.querySelector('audio').readyState >= 1")
    source = player.get_attribute("src") or ""
    refused = cast.dia.context.request.get(f"{cast.house.address}{source}")
    assert refused.status == 403


def send_and_dispute(cast: Cast, pledges: dict[str, str]) -> str:
    """Two tapes and the song are sent; one tape is broken. Returns the case."""
    cast.ada.go(f"{desk_of(cast.album)}/fulfilment")
    for box in cast.ada.page.locator("form input[name=pledges]").all():
        box.check()
    cast.ada.fill("Carrier", "Post")
    cast.ada.press("Mark as sent")
    cast.bo.go(pledges["bo"])
    cast.bo.follow("Look at it, or say what is wrong")
    cast.bo.press("I have it, all is well")
    cast.bo.reads("Received")
    cast.bea.go(pledges["bea"])
    cast.bea.follow("Look at it, or say what is wrong")
    cast.bea.choose("What is wrong", "It arrived damaged")
    cast.bea.fill("Tell it in your words", "The tape is in two pieces.")
    cast.bea.press("Keep EUR 12.00 held")
    cast.bea.reads("Two of us look at your objection")
    cast.mo.go("/staff/objections")
    cast.mo.follow(ALBUM)
    cast.mo.reads("The tape is in two pieces.")
    cast.mo.fill("Goes back to the backer", "8.00")
    cast.mo.fill("Why", "The picture shows it; the booklet is whole.")
    cast.mo.press("Propose")
    return cast.mo.path


def decide(cast: Cast, case: str, pledges: dict[str, str]) -> None:
    """The finance officer agrees; what was not disputed is accepted by silence."""
    cast.fin.go(case)
    cast.fin.reads("the booklet is whole")
    cast.fin.press("Agree")
    cast.bea.go(pledges["bea"])
    cast.bea.reloads_until("EUR 8.00")
    cast.pass_days(18)
    until_it_holds(lambda: _all_paid(cast))


def _all_paid(cast: Cast) -> None:
    """All but what the dispute gave back is Ada's, less our fee; her payouts add up to it."""
    album, kept = Bar.of(cast.cem, cast.album), RAISED - Decimal("8.00")
    assert (album.refunded, album.held_back) == (Decimal("8.00"), Decimal(0))
    assert (album.fee, album.paid_out) == (kept * FEE, kept - kept * FEE)
    cast.ada.go("/my/campaigns/payouts")
    cast.ada.reads("Total")
    assert f"Total {said(album.fee)} {said(album.paid_out)}" in cast.ada.words


def read_the_mails(cast: Cast) -> None:
    mails = cast.house.mails
    bea = letters_to(mails, "bea.backer")
    for words in ("EUR 40.00", "Post", "EUR 8.00"):
        assert words in bea
    assert "EUR 33.33" in letters_to(mails, "eli-backer")
    ada = letters_to(mails, "ada-sponsor")
    for title in (ALBUM, BUS, LAMP):
        assert title in ada


def test_eight_people_live_a_success_a_miss_and_a_campaign_that_is_ended(
    house: House, visit: Visit
) -> None:
    house.operator("escrow", "top-up", "EUR", "50.00", "--apply")
    ada = a_member(house, visit, "Ada Sponsor")
    write_three(ada)
    mo = a_member_of_staff(house, visit, "moderator", "Mo Moderator", script=False)
    cases = decide_for(mo, ALBUM, BUS, LAMP)
    cast = Cast(
        house,
        ada=ada,
        mo=mo,
        fin=a_member_of_staff(house, visit, "finance_officer", "Fin Finance"),
        bea=visit(),
        bo=a_member(house, visit, "Bo Backer", script=False),
        cem=a_member(house, visit, "Cem Backer"),
        dia=a_member(house, visit, "Dia Backer", script=False),
        eli=a_member(house, visit, "Eli Backer"),
    )
    cast.bea.sign_up("Bea Backer", house.mails)
    ada.set_up_payouts()
    wait_for_decisions(mo, cases)
    cast.album, cast.bus, cast.lamp = (found(cast.eli, title) for title in (ALBUM, BUS, LAMP))
    pledges = pledge_all(cast)
    agree(cast)

    end_the_lamp(cast, pledges["lamp"])
    agree(cast)

    cast.pass_days(28)
    see_the_decisions(cast, pledges)
    agree(cast)

    play_the_song(cast)
    case = send_and_dispute(cast, pledges)
    agree(cast)

    decide(cast, case, pledges)
    agree(cast)

    read_the_mails(cast)
    fits(cast.cem, [f"{cast.album}/money", pledges["cem"], "/my/pledges"])
    desk = desk_of(cast.album)
    fits(cast.ada, [desk, f"{desk}/backers", f"{desk}/sources", f"{desk}/parts"])
    cast.ada.go(f"{desk}/sources")
    cast.ada.reads("From this site")
    prove(house)
