"""What Stripe tells of payees' own accounts, and what operators set on the platform's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from marketplace.escrow import queries
from marketplace.escrow.services import dispatching, mirroring, payees
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.money import Money
from tests.builders import campaigns, loans
from tests.builders.escrow import known
from tests.builders.identity import an_actor
from tests.builders.stripe import THIN_SECRET, signed
from tests.builders.stripe_world import StripeWorld, a_stripe_market


@pytest.fixture
def world(app: Flask) -> Iterator[StripeWorld]:
    with a_stripe_market(app) as world:
        yield world


@pytest.fixture
def payee(world: StripeWorld) -> Actor:
    """Somebody who has finished onboarding."""
    person = an_actor("Paula Payee")
    loans.onboard(world, person)
    return person


def account_of(person: Actor) -> str:
    ref = payees.payee(person.known()).provider_ref
    db.session.rollback()
    assert ref is not None
    return ref


def knock(world: StripeWorld, event: dict[str, Any], *, thin: bool = False) -> tuple[int, str]:
    body = json.dumps(event).encode()
    headers = signed(body, THIN_SECRET) if thin else signed(body)
    path = "/webhooks/stripe/thin" if thin else "/webhooks/stripe"
    answer = world.app.test_client().post(path, data=body, headers=headers)
    return answer.status_code, answer.get_data(as_text=True).strip()


def an_event(world: StripeWorld, kind: str, account: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(world.account.event(kind, {"id": "acct_9"}))
    return event | {"account": account}


def kept() -> set[str]:
    found = {row.provider_event_id for row in queries.deliveries()}
    db.session.rollback()
    return found


def test_events_of_accounts_that_are_not_ours_are_refused_and_not_kept(world: StripeWorld) -> None:
    before = kept()

    by_account = knock(world, an_event(world, "account.updated", "acct_of_others"))
    thin = {
        "id": "evt_thin",
        "object": "v2.core.event",
        "type": "v2.core.account.updated",
        "livemode": False,
        "context": "acct_of_others",
        "related_object": {"id": "acct_of_others", "type": "v2.core.account", "url": "/v2"},
    }
    by_context = knock(world, thin, thin=True)

    assert by_account == by_context == (400, "wrong_account")
    assert kept() == before


def test_an_event_of_a_payees_account_has_them_looked_at_again(
    world: StripeWorld, payee: Actor
) -> None:
    ref = account_of(payee)
    world.account.objects[ref]["_standing"] = "restricted"  # and no thin event arrives

    assert knock(world, an_event(world, "account.updated", ref)) == (200, "stored")
    world.work()

    assert payees.payee(payee.known()).state == "pending"


def test_a_thin_event_makes_a_payee_ready_who_never_came_back_to_us(world: StripeWorld) -> None:
    person = an_actor("Paula Payee")
    payees.start_onboarding(person.known(), "/account/payouts")
    ref = account_of(person)
    assert payees.payee(person.known()).state == "pending"
    db.session.rollback()

    world.account.onboard(ref)
    world.deliver()

    assert payees.payee(person.known()).state == "ready"


def test_a_payout_a_payees_bank_sent_back_is_told_to_them(world: StripeWorld, payee: Actor) -> None:
    world.account.bounce(account_of(payee))

    world.deliver()

    assert any("sent EUR 1.00 back" in subject for subject in loans.letters_to(payee)), (
        loans.letters_to(payee)
    )


def test_how_a_payment_was_made_is_learned_from_the_statement(world: StripeWorld) -> None:
    made = campaigns.a_live_campaign(goal=Money.of("1000", "EUR"))
    planned = campaigns.place(made, "50.00").checkout_id
    dispatching.dispatch(planned)
    world.pay(planned, "alipay")
    world.deliver()
    assert (known(planned).state, known(planned).method) == ("succeeded", None)

    mirroring.mirror()

    assert known(planned).method == "alipay"


def test_a_platform_that_is_paid_out_unasked_is_shown_and_stopped(world: StripeWorld) -> None:
    ask = ["escrow", "manual-payouts"]
    runner = world.app.test_cli_runner()

    shown = runner.invoke(args=ask)
    done = runner.invoke(args=[*ask, "--apply"])
    again = runner.invoke(args=ask)

    assert (shown.exit_code, done.exit_code, again.exit_code) == (1, 0, 0)
    assert world.account.settings == {"interval": "manual"}
