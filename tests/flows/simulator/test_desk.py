"""The desk: what people and other banks do, done by hand."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.kernel import clock
from tests.builders.simulator import Customer
from tests.flows.simulator.test_hosted_pages import strictly


def topped_up(customer: Customer) -> None:
    customer.post("/topups", operation_id="ins_topup", amount_minor=5_000, currency="EUR")


def transfer(customer: Customer) -> Any:
    topped_up(customer)
    asked: dict[str, Any] = {
        "payee_id": customer.ready_payee(),
        "amount_minor": 1_000,
        "currency": "EUR",
    }
    return customer.post("/transfers", operation_id="ins_tr", **asked).json()


def payout(customer: Customer) -> Any:
    topped_up(customer)
    return customer.post(
        "/payouts", operation_id="ins_po", amount_minor=1_000, currency="EUR", description="Fees"
    ).json()


def test_any_payment_can_be_taken_back_once(customer: Customer) -> None:
    charge = customer.paid()["charge"]["id"]

    first = customer.http.post(f"/desk/dispute/{charge}")
    again = customer.http.post(f"/desk/dispute/{charge}")

    assert (first.status_code, again.status_code) == (303, 422)
    assert "That can no longer be done to it." in strictly(again.text)
    assert "waits for the platform" in strictly(customer.http.get("/desk").text)
    assert customer.money() == (-6_500, 4_905)


def test_a_card_that_takes_payments_back_finds_one_taken_back_by_hand(
    customer: Customer, hand: clock.Hand
) -> None:
    charge = customer.paid(card="4000000000000259")["charge"]["id"]
    customer.http.post(f"/desk/dispute/{charge}")
    hand.advance(days=4)

    customer.teller.deliver_pending(lambda _body, _headers: 200)

    assert customer.money() == (4_905 - 6_500, 0)


def test_a_refunded_payment_has_nothing_to_take_back(customer: Customer) -> None:
    paid = customer.paid()
    customer.post("/refunds", operation_id="r", charge_id=paid["charge"]["id"], amount_minor=5_000)

    assert customer.http.post(f"/desk/dispute/{paid['charge']['id']}").status_code == 422
    assert "Refunded" in customer.http.get("/desk").text


def test_a_transfer_is_sent_back_whole_and_once(customer: Customer) -> None:
    made = transfer(customer)["id"]

    answers = [customer.http.post(f"/desk/send-back/{made}").status_code for _ in range(2)]
    reversal = customer.post(f"/transfers/{made}/reversals", operation_id="rv", amount_minor=1)

    assert answers == [303, 422]
    assert customer.get(f"/transfers/{made}")["state"] == "returned"
    assert reversal.json()["code"] == "transfer_returned"
    assert customer.money() == (5_000, 0)


def test_a_transfer_taken_back_in_part_stays_where_it_is(customer: Customer) -> None:
    made = transfer(customer)["id"]
    customer.post(f"/transfers/{made}/reversals", operation_id="rv", amount_minor=1)

    assert customer.http.post(f"/desk/send-back/{made}").status_code == 422
    assert customer.money() == (4_001, 0)


def test_a_payout_fails_on_its_way_and_once(customer: Customer) -> None:
    made = payout(customer)["id"]

    answers = [customer.http.post(f"/desk/fail/{made}").status_code for _ in range(2)]

    assert answers == [303, 422]
    assert customer.get(f"/payouts/{made}")["state"] == "failed"
    assert customer.money() == (5_000, 0)


def test_who_may_no_longer_be_paid_comes_back_by_onboarding(customer: Customer) -> None:
    payee = customer.ready_payee()
    topped_up(customer)

    customer.http.post(f"/desk/restrict/{payee}")
    asked: dict[str, Any] = {
        "payee_id": payee,
        "amount_minor": 1_000,
        "currency": "EUR",
        "operation_id": "tr",
    }
    refused = customer.post("/transfers", **asked)
    page = strictly(customer.http.get("/desk").text)
    customer.teller.onboard(payee)

    assert refused.json()["code"] == "payee_not_ready"
    assert "Not paid until they have been" in page
    assert customer.post("/transfers", **asked).status_code == 200


def test_one_is_found_by_its_reference_here_or_at_the_platform(customer: Customer) -> None:
    made, other = transfer(customer), customer.paid()

    by_ours = customer.http.get("/desk", params={"q": "ins_tr"}).text
    by_theirs = customer.http.get("/desk", params={"q": other["charge"]["id"]}).text

    assert made["id"] in by_ours
    assert other["charge"]["id"] not in by_ours
    assert other["charge"]["id"] in by_theirs


@pytest.mark.parametrize("act", ["dispute", "send-back", "fail", "restrict"])
def test_nothing_is_done_to_what_there_is_not(customer: Customer, act: str) -> None:
    assert customer.http.post(f"/desk/{act}/xx_nothing").status_code == 422
