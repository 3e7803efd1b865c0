"""What backers and sponsors read when a bank takes a pledge back."""

from __future__ import annotations

from flask import Flask

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.disputes import decided, disputed
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_person, signed_in
from tests.builders.tables import table
from tests.page_client import PageClient


def test_the_backer_sees_it_where_the_money_is(app: Flask, world: World, hand: clock.Hand) -> None:
    a_top_up(build.euros(100))
    person = a_person("Bo Backer")
    pledge_id = build.pledged(world, build.a_live_campaign(), "40", backer=person.as_actor())
    found = disputed(world, pledge_id)
    backer, path = signed_in(PageClient(app), person), f"/pledges/{public_id('pl', pledge_id)}"

    page = backer.get(path)
    assert page.h1 == "Your bank took the payment back"
    assert "Your bank took the payment back" in page.text

    decided(world, hand, found.id, won=True)
    assert "Your bank decided that the payment was right" in backer.get(path).text


def test_what_the_bank_has_decided_to_keep_waits_for_nothing_more(
    app: Flask, world: World, hand: clock.Hand
) -> None:
    a_top_up(build.euros(100))
    person = a_person("Bo Backer")
    pledge_id = build.pledged(world, build.a_live_campaign(), "40", backer=person.as_actor())
    found = disputed(world, pledge_id)
    backer, path = signed_in(PageClient(app), person), f"/pledges/{public_id('pl', pledge_id)}"
    assert "Your bank decides; should it give the payment back" in backer.get(path).text

    decided(world, hand, found.id, won=False)
    text = backer.get(path).text

    assert "Nothing more: your bank has decided that it stays with you" in text
    assert "Your bank decides" not in text
    assert "may answer your bank" not in text


def test_the_sponsor_sees_it_in_plain_words_and_no_name(app: Flask, world: World) -> None:
    a_top_up(build.euros(100))
    sponsor = a_person("Sponsor Sol")
    made = build.a_live_campaign(sponsor.as_actor())
    disputed(world, build.pledged(world, made, "40"))

    page = signed_in(PageClient(app), sponsor).get(f"/my/campaigns/{public_id('cmp', made)}")

    [row] = table(page, "Taken back by banks")
    assert (row["Amount"], row["Reason"]) == ("EUR 40.00", "They say they did not pay")
    assert (row["State"], row["Charged to you"]) == ("We answer the bank", "EUR 0.00")
