from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from marketplace.kernel.money import Money
from marketplace.simulator.bodies import Body
from marketplace.simulator.cards import CARDS, find_card
from marketplace.simulator.courier import backoff
from marketplace.simulator.faults import Fault
from marketplace.simulator.fees import charge_fee
from marketplace.simulator.refusals import Denied
from marketplace.simulator.signing import signature


@pytest.mark.parametrize(
    ("amount", "fee"),
    [
        (Money.of("50.00", "EUR"), Money.of("0.95", "EUR")),
        (Money.of("10.00", "EUR"), Money.of("0.39", "EUR")),
        (Money.of("1.25", "EUR"), Money.of("0.27", "EUR")),  # 0.0175 + 0.25 = 0.2675
        (Money(1000, "JPY"), Money(14, "JPY")),  # 14 + a quarter yen
        (Money.of("10.000", "KWD"), Money.of("0.390", "KWD")),
        (Money(1, "EUR"), Money(1, "EUR")),
    ],
)
def test_a_charge_costs_one_point_four_percent_and_a_quarter(amount: Money, fee: Money) -> None:
    assert charge_fee(amount) == fee


def test_a_test_card_is_known_however_it_is_spaced() -> None:
    assert find_card("4242 4242-4242 4242") == CARDS["4242424242424242"]


def test_any_other_number_is_no_card() -> None:
    assert find_card("4111111111111111") is None


def test_each_outcome_has_its_card() -> None:
    refusals = {card.refusal for card in CARDS.values()}

    assert refusals == {None, "card_declined", "insufficient_funds", "expired_card"}
    assert any(card.steps_up for card in CARDS.values())


def test_every_card_and_every_fault_is_in_the_manual() -> None:
    manual = (Path(__file__).resolve().parents[3] / "docs/simulator.md").read_text(encoding="utf-8")
    numbers = [" ".join(re.findall("....", number)) for number in CARDS]

    assert [number for number in numbers if f"`{number}`" not in manual] == []
    assert [fault for fault in Fault if f"`{fault}`" not in manual] == []


def test_a_signature_is_made_of_time_and_body() -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    stamp = int(at.timestamp())
    digest = hmac.new(b"s", f"{stamp}.{{}}".encode(), hashlib.sha256).hexdigest()

    assert signature("s", b"{}", at) == f"t={stamp},v1={digest}"


def test_pauses_between_deliveries_double_up_to_an_hour() -> None:
    assert [backoff(n) for n in (1, 2, 3)] == [timedelta(seconds=s) for s in (1, 2, 4)]
    assert backoff(60) == timedelta(hours=1)


@pytest.mark.parametrize("amount", [b"-1", b"0", b"1.5", b"true", b'"5"', b"null", b"1e400"])
def test_an_amount_that_is_no_positive_whole_number_is_refused(amount: bytes) -> None:
    body = Body(b'{"amount_minor": %s, "currency": "EUR"}' % amount, "amount_minor currency")

    with pytest.raises(Denied) as denied:
        body.money()

    assert (denied.value.status, denied.value.code) == (400, "parameter")


@pytest.mark.parametrize("raw", [b"[]", b"nonsense", b"\xff", b'{"other": 1}'])
def test_a_body_that_is_not_the_asked_object_is_refused(raw: bytes) -> None:
    with pytest.raises(Denied):
        Body(raw, "amount_minor")
