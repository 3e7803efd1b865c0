from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from marketplace.kernel import clock
from marketplace.simulator import courier
from marketplace.simulator.signing import HEADER, signature
from tests.builders.simulator import SECRET, Customer


class Door:
    """Takes deliveries and answers with `status`."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.taken: list[tuple[bytes, Mapping[str, str]]] = []

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> int:
        self.taken.append((body, headers))
        return self.statuses.pop(0) if self.statuses else 200


def test_what_happens_is_told_once_and_signed(customer: Customer) -> None:
    paid = customer.paid()
    door = Door()

    arrived = customer.teller.deliver_pending(door)
    again = customer.teller.deliver_pending(door)

    body, headers = door.taken[0]
    event = json.loads(body)
    assert (arrived, again) == (1, 0)
    assert (event["type"], event["object"]["id"]) == ("checkout.paid", paid["id"])
    assert headers[HEADER] == signature(SECRET, body, clock.now())


def test_more_than_one_batch_is_carried_at_a_time(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "BATCH", 2)
    for _ in range(5):
        customer.paid()

    assert customer.teller.deliver_pending(Door()) == 5


def test_a_closed_door_is_tried_again_later(customer: Customer, hand: clock.Hand) -> None:
    customer.paid()
    door = Door(0, 503)

    results = []
    for pause in (0, 0, 1, 2):
        hand.advance(seconds=pause)
        results.append(customer.teller.deliver_pending(door))

    assert results == [0, 0, 0, 1]
    assert len({body for body, _ in door.taken}) == 1


def test_a_door_that_never_opens_is_given_up(customer: Customer, hand: clock.Hand) -> None:
    customer.paid()
    door = Door(*[500] * 100)

    for _ in range(40):
        customer.teller.deliver_pending(door)
        hand.advance(hours=1)

    assert len(door.taken) == 16


def test_time_itself_is_news(customer: Customer, hand: clock.Hand) -> None:
    customer.checkout()
    hand.advance(hours=2)
    door = Door()

    customer.teller.deliver_pending(door)

    assert [json.loads(body)["type"] for body, _ in door.taken] == ["checkout.expired"]
