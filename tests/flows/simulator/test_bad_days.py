"""The fault panel: the bank fails as often as somebody asked for, and the platform copes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import html5lib
import psycopg
import pytest

from marketplace.kernel import clock
from marketplace.simulator.faults import ChosenFaults, Fault
from tests.builders.simulator import Customer, a_bank


@pytest.fixture
def customer(
    database_url: str,
    hand: clock.Hand,
    owner_connection: psycopg.Connection[Any],
    clean_database: None,
) -> Iterator[Customer]:
    bank = a_bank(database_url)
    yield Customer(replace(bank, faults=ChosenFaults(bank.store)))
    bank.store.close()


def let(customer: Customer, fault: str, times: str = "1") -> Any:
    return customer.http.post("/faults", data={"fault": fault, "times": times})


def opened(customer: Customer, key: str = "k1") -> Any:
    return customer.post("/topups", key, operation_id="op1", amount_minor=5_000, currency="EUR")


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("outage", 503, "outage"), ("busy", 429, "busy")]
)
def test_a_call_is_refused_so_many_times_and_nothing_happens(
    customer: Customer, fault: str, status: int, code: str
) -> None:
    let(customer, fault, "2")

    answers = [opened(customer) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["code"] == code
    assert customer.money() == (5_000, 0)


def test_a_lost_answer_has_had_its_effect(customer: Customer) -> None:
    let(customer, "lost_answer")

    lost, again = opened(customer), opened(customer)

    assert (lost.status_code, again.status_code) == (502, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert customer.money() == (5_000, 0)


@pytest.mark.parametrize(
    ("fault", "first", "after_a_minute"),
    [("twice", 2, 2), ("late", 0, 1), ("disorder", 1, 1)],
)
def test_notices_come_otherwise_than_expected(
    customer: Customer, hand: clock.Hand, fault: str, first: int, after_a_minute: int
) -> None:
    customer.paid()
    let(customer, fault)
    arrived: list[bytes] = []

    def take(body: bytes, _headers: Any) -> int:
        arrived.append(body)
        return 200

    customer.teller.deliver_pending(take)
    at_once = len(arrived)
    hand.advance(minutes=1)
    customer.teller.deliver_pending(take)

    assert (at_once, len(arrived)) == (first, after_a_minute)


def test_the_panel_says_what_goes_wrong_and_how_to_end_it(customer: Customer) -> None:
    let(customer, "outage", "7")
    page = customer.http.get("/faults").text
    let(customer, "outage", "0")

    html5lib.HTMLParser(strict=True).parse(page)
    assert '<td class="n">7</td>' in page
    assert "Nothing: it is a good day." in customer.http.get("/faults").text
    assert opened(customer).status_code == 200


@pytest.mark.parametrize(
    ("fault", "times"),
    [("earthquake", "1"), ("", "1"), ("busy", ""), ("busy", "-1"), ("busy", "1001"), ("busy", "٣")],
)
def test_what_there_is_not_is_refused_beside_the_field(
    customer: Customer, fault: str, times: str
) -> None:
    answer = let(customer, fault, times)

    html5lib.HTMLParser(strict=True).parse(answer.text)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<title>Error:" in answer.text
    assert ChosenFaults(customer.bank.store).chosen() == {}


def test_every_fault_can_be_chosen(customer: Customer) -> None:
    page = customer.http.get("/faults").text

    for fault in Fault:
        assert f'value="{fault}"' in page
        assert let(customer, fault, "1").status_code == 303
    assert set(ChosenFaults(customer.bank.store).chosen()) == set(Fault)
