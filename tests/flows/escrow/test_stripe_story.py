"""A whole story with Stripe: paid, given back, paid out, and the proof at the end."""

from __future__ import annotations

from typing import Any

from flask import Flask

from marketplace.escrow import queries
from marketplace.escrow.reconcile import reconcile
from marketplace.escrow.services import dispatching, payees
from marketplace.infra import jobs
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.builders.escrow import a_checkout, a_refund, a_top_up, a_transfer, known
from tests.builders.identity import a_person
from tests.builders.stripe import a_stripe, banking_with, signed

AMOUNT = Money.of("50.00", "EUR")


def test_money_goes_in_back_and_out_and_the_proof_is_clean(app: Flask, hand: clock.Hand) -> None:
    with a_stripe() as account, banking_with(account):
        client = app.test_client()

        def tell(kind: str, thing: dict[str, Any]) -> None:
            ref = f"evt_{kind}_{thing['id']}"
            body = account.event(kind, thing, ref=ref)
            answer = client.post("/webhooks/stripe", data=body, headers=signed(body))
            assert answer.get_data(as_text=True) == "stored\n"

        def paid(subject: Any = None) -> Any:
            planned = a_checkout(AMOUNT)
            ref = dispatching.dispatch(planned).provider_ref
            assert ref is not None
            tell("checkout.session.completed", account.pay(ref))
            _work()
            return known(planned)

        a_top_up(Money.of("10.00", "EUR"))
        kept, returned = paid(), paid()
        hand.advance(days=3)
        person = a_person("Paula Payee").id
        payees.start_onboarding(person, "/account")
        tell("v2.core.account.updated", {"id": "acct", "object": "nothing"})
        _work()
        payees.refresh(person)
        a_refund(returned)
        release = a_transfer(person, AMOUNT, kept.account_id)
        _work()

        assert known(release).state == "succeeded"
        assert {kept.state, returned.state} == {"succeeded"}
        reconcile()
        hand.advance(hours=1)
        result = reconcile()
        assert result.differences == (), [str(one) for one in result.differences]
        assert [held.available for held in result.cash] == [Money.of("6.50", "EUR")]
        assert queries.terms().label == "Stripe"


def _work() -> None:
    jobs.run_due()
    db.session.rollback()
