"""The finance desk's page of a running loan: a charge is let off by two officers."""

from __future__ import annotations

from flask import Flask

from marketplace.identity import queries as identity
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from tests.builders.identity import an_actor, signed_in
from tests.builders.served import Rules, a_served_loan, broken, go_to
from tests.page_client import PageClient


def enter(app: Flask, actor: Actor) -> PageClient:
    person = identity.person(actor.known())
    assert person is not None
    return signed_in(PageClient(app), person)


def test_one_officer_proposes_and_another_lets_the_charge_off(app: Flask, hand: clock.Hand) -> None:
    served = a_served_loan(hand, rules=Rules(late_fee_minor=500))
    go_to(hand, served.position().rows[0].due)
    hand.advance(days=3)
    maker, checker = (an_actor(name, role="finance_officer") for name in ("Mia", "Cho"))
    address = f"/staff/finance/loans/{public_id('ln', served.id)}"
    first, second = enter(app, maker), enter(app, checker)

    page = first.get(address)
    assert "Late fee" in page.text
    wrong = first.send(page, "/waivers", amount="5.00", reason=" ", status=422)
    assert wrong.errors == ["Write the reason."]
    first.send(page, "/waivers", amount="5.00", reason="The bank was shut.")
    own = first.get(address)
    assert not any("/agree" in form.action for form in own.forms)

    second.send(second.get(address), "/agree")

    assert served.position().arrears.charges.is_zero
    assert "Let off" in second.get(address).text
    assert broken() == []


def test_who_only_looks_may_not_propose(app: Flask, hand: clock.Hand) -> None:
    served = a_served_loan(hand)
    stranger = enter(app, an_actor("Sam Stranger"))
    stranger.get(f"/staff/finance/loans/{public_id('ln', served.id)}", status=403)
