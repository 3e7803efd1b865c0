"""The bank keeps its promises: what it answers, what it holds, when money moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.kernel import clock
from marketplace.simulator.refusals import Denied
from tests.builders.simulator import Customer


def test_an_unknown_key_is_not_served(customer: Customer) -> None:
    answer = customer.http.get("/v1/balances", headers={"Authorization": "Bearer other"})

    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")


class TestCheckouts:
    def test_a_paid_checkout_holds_the_money_pending_less_the_fee(self, customer: Customer) -> None:
        paid = customer.paid(5_000)

        assert paid["state"] == "paid"
        assert paid["charge"]["fee_minor"] == 95
        assert customer.money() == (0, 4_905)

    def test_money_is_available_after_two_days(self, customer: Customer, hand: clock.Hand) -> None:
        customer.paid(5_000)

        hand.advance(days=2)

        assert customer.money() == (4_905, 0)

    def test_paying_twice_charges_once(self, customer: Customer) -> None:
        opened = customer.checkout()

        first, second = (customer.teller.pay(opened["id"]) for _ in range(2))

        assert first["charge"] == second["charge"]
        assert customer.money() == (0, 4_905)

    @pytest.mark.parametrize(
        ("card", "reason"),
        [
            ("4000000000000002", "card_declined"),
            ("4000000000009995", "insufficient_funds"),
            ("4000000000000069", "expired_card"),
        ],
    )
    def test_a_refused_card_leaves_the_checkout_open(
        self, customer: Customer, card: str, reason: str
    ) -> None:
        opened = customer.checkout()

        with pytest.raises(Denied) as denied:
            customer.teller.pay(opened["id"], card)

        assert denied.value.code == reason
        assert customer.get(f"/checkouts/{opened['id']}")["state"] == "open"

    def test_nobody_pays_after_its_time(self, customer: Customer, hand: clock.Hand) -> None:
        opened = customer.checkout()
        hand.advance(hours=1)

        with pytest.raises(Denied, match="over"):
            customer.teller.pay(opened["id"])

        assert customer.get(f"/checkouts/{opened['id']}")["state"] == "expired"

    def test_an_expired_checkout_cannot_be_paid_and_a_paid_one_not_expired(
        self, customer: Customer
    ) -> None:
        opened, paid = customer.checkout(), customer.paid()

        closed = customer.post(f"/checkouts/{opened['id']}/expire").json()
        refused = customer.post(f"/checkouts/{paid['id']}/expire")

        assert closed["state"] == "expired"
        assert (refused.status_code, refused.json()["code"]) == (409, "already_paid")


class TestRefunds:
    def refund(self, customer: Customer, paid: dict, minor: int = 5_000):  # type: ignore[no-untyped-def, type-arg]  # noqa: ANN201 - JSON
        return customer.post(
            "/refunds", operation_id="re1", charge_id=paid["charge"]["id"], amount_minor=minor
        )

    def test_it_waits_until_enough_is_available(self, customer: Customer, hand: clock.Hand) -> None:
        paid = customer.paid(5_000)
        refund = self.refund(customer, paid).json()
        assert refund["state"] == "pending"

        hand.advance(days=2)
        customer.bank.tick()
        still = customer.get(f"/refunds/{refund['id']}")["state"]
        customer.post("/topups", operation_id="tu1", amount_minor=95, currency="EUR")
        customer.bank.tick()

        assert still == "pending"  # the fee is missing
        assert customer.get(f"/refunds/{refund['id']}")["state"] == "succeeded"
        assert customer.money() == (0, 0)

    def test_no_more_than_was_charged_comes_back(self, customer: Customer) -> None:
        paid = customer.paid(5_000)
        self.refund(customer, paid, 4_000)

        refused = self.refund(customer, paid, 1_001)

        assert (refused.status_code, refused.json()["code"]) == (422, "more_than_charged")

    def test_a_failing_refund_leaves_the_money_where_it_was(self, customer: Customer) -> None:
        paid = customer.paid(card="4000000000005126")

        refund = self.refund(customer, paid).json()

        assert (refund["state"], refund["failure"]) == ("failed", "account_closed")
        assert customer.money() == (0, 4_905)


class TestTransfers:
    def transfer(self, customer: Customer, payee: str, minor: int = 1_000, key: str = "k"):  # type: ignore[no-untyped-def]  # noqa: ANN201 - JSON
        return customer.post(
            "/transfers",
            key,
            operation_id="tr1",
            payee_id=payee,
            amount_minor=minor,
            currency="EUR",
        )

    def test_it_is_refused_until_money_is_available_and_then_made(
        self, customer: Customer, hand: clock.Hand
    ) -> None:
        payee = customer.ready_payee()
        customer.paid(5_000)
        early = self.transfer(customer, payee)

        hand.advance(days=2)
        late = self.transfer(customer, payee)  # under the same key: a refusal is not kept

        assert (early.status_code, early.json()["code"]) == (402, "insufficient_available")
        assert late.json()["state"] == "paid"
        assert customer.money() == (3_905, 0)

    def test_a_payee_who_has_not_finished_is_not_paid(self, customer: Customer) -> None:
        payee = customer.post(
            "/payees", operation_id="p", reference="r", name="Ada", email="a@x.test"
        ).json()

        refused = self.transfer(customer, payee["id"])

        assert refused.json()["code"] == "payee_not_ready"

    def test_a_closed_account_is_never_paid(self, customer: Customer) -> None:
        refused = self.transfer(customer, customer.ready_payee("10000002"))

        assert (refused.status_code, refused.json()["code"]) == (422, "account_closed")

    def test_a_reversal_brings_money_back_but_not_more(self, customer: Customer) -> None:
        customer.post("/topups", operation_id="t", amount_minor=1_000, currency="EUR")
        made = self.transfer(customer, customer.ready_payee()).json()

        back = customer.post(
            f"/transfers/{made['id']}/reversals", operation_id="rv", amount_minor=600
        ).json()
        more = customer.post(
            f"/transfers/{made['id']}/reversals", operation_id="rv2", amount_minor=401
        )

        assert back["state"] == "paid"
        assert more.json()["code"] == "more_than_transferred"
        assert customer.money() == (600, 0)


class TestAnswersGivenOnce:
    body = {"operation_id": "t", "amount_minor": 100, "currency": "EUR"}  # noqa: RUF012 - not changed

    def test_the_same_key_and_request_get_the_same_answer(self, customer: Customer) -> None:
        first = customer.post("/topups", "k1", **self.body)
        second = customer.post("/topups", "k1", **self.body)

        assert first.text == second.text
        assert second.headers["Idempotent-Replayed"] == "true"
        assert customer.money() == (100, 0)

    def test_the_same_key_for_another_request_is_refused(self, customer: Customer) -> None:
        customer.post("/topups", "k1", **self.body)

        other = customer.post("/topups", "k1", **(self.body | {"amount_minor": 101}))

        assert (other.status_code, other.json()["code"]) == (409, "key_reused")
        assert customer.money() == (100, 0)

    def test_a_key_is_forgotten_after_a_day(self, customer: Customer, hand: clock.Hand) -> None:
        customer.post("/topups", "k1", **self.body)

        hand.advance(hours=24)
        customer.post("/topups", "k1", **self.body)

        assert customer.money() == (200, 0)

    def test_a_refusal_is_not_kept(self, customer: Customer) -> None:
        refused = customer.post("/topups", "k1", **(self.body | {"amount_minor": 0}))
        done = customer.post("/topups", "k1", **self.body)

        assert (refused.status_code, done.status_code) == (400, 200)

    def test_an_unknown_name_in_a_request_is_refused(self, customer: Customer) -> None:
        refused = customer.post("/topups", None, **self.body, payment_method_types=["card"])

        assert refused.status_code == 400
        assert "payment_method_types" in refused.json()["message"]


def test_everything_is_found_by_its_operation(customer: Customer) -> None:
    opened = customer.checkout(operation_id="ins_1")

    found = customer.get("/operations/ins_1")["things"]

    assert [thing["id"] for thing in found] == [opened["id"]]
    assert customer.get("/operations/ins_2")["things"] == []


def test_movements_are_numbered_and_read_on_from_a_position(customer: Customer) -> None:
    customer.paid(5_000)
    customer.post("/topups", operation_id="t", amount_minor=100, currency="EUR")

    everything = customer.get("/movements")["movements"]
    rest = customer.get("/movements", after="1")["movements"]

    assert [(m["position"], m["kind"], m["fee_minor"]) for m in everything] == [
        (1, "charge", 95),
        (2, "topup", 0),
    ]
    assert [m["kind"] for m in rest] == ["topup"]


def test_the_banks_own_clock_can_run_ahead(customer: Customer) -> None:
    customer.paid(5_000)

    moved = customer.post("/clock", offset_seconds=int(timedelta(days=3).total_seconds())).json()

    assert moved["offset_seconds"] == 259_200
    assert customer.money() == (4_905, 0)


def test_requests_are_logged(customer: Customer) -> None:
    customer.checkout()

    logged = customer.get("/requests")["requests"]

    assert (logged[0]["method"], logged[0]["path"]) == ("POST", "/v1/checkouts")
