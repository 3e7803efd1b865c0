"""The fault panel: the bank fails as often as somebody asked for, and the platform copes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import html5lib
import psycopg
import pytest

from marketplace.kernel import clock
from marketplace.simulator.bad_days import ChosenFaults, fell
from marketplace.simulator.faults import Chance, Fault
from marketplace.simulator.parcels import Parcel
from marketplace.simulator.signing import HEADER, signature
from tests.builders.simulator import SECRET, Customer, a_bank


@pytest.fixture
def customer(
    database_url: str,
    hand: clock.Hand,
    owner_connection: psycopg.Connection[Any],
    clean_database: None,
) -> Iterator[Customer]:
    bank = a_bank(database_url, bad_days=True)
    yield Customer(bank)
    bank.store.close()


def let(customer: Customer, fault: str, times: str = "1", **more: str) -> Any:
    return customer.http.post("/faults", data={"fault": fault, "times": times, **more})


def opened(customer: Customer, key: str = "k1") -> Any:
    return customer.post("/topups", key, operation_id="op1", amount_minor=5_000, currency="EUR")


def faults_of(customer: Customer) -> ChosenFaults:
    assert isinstance(customer.bank.faults, ChosenFaults)
    return customer.bank.faults


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("outage", 503, "outage"),
        ("busy", 429, "busy"),
        ("broken", 500, "broken"),
        ("conflict", 409, "key_in_use"),
    ],
)
def test_a_call_is_refused_so_many_times_and_nothing_happens(
    customer: Customer, fault: str, status: int, code: str
) -> None:
    let(customer, fault, "2")

    answers = [opened(customer) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["code"] == code
    assert customer.money() == (5_000, 0)


@pytest.mark.parametrize(
    ("fault", "before_the_second"),
    [("drop_before", 0), ("crash_before", 0), ("drop_after", 5_000), ("crash_after", 5_000)],
)
def test_the_line_goes_dead_before_or_after_the_effect(
    customer: Customer, fault: str, before_the_second: int
) -> None:
    let(customer, fault)

    dead = opened(customer)
    held = customer.money()[0]
    again = opened(customer)

    assert (dead.headers["Content-Length"], dead.content) == ("1", b"")  # it promised a byte
    assert held == before_the_second
    assert again.json()["state"] == "paid"
    assert customer.money() == (5_000, 0)


def test_a_lost_answer_has_had_its_effect(customer: Customer) -> None:
    let(customer, "lost_answer")

    lost, again = opened(customer), opened(customer)

    assert (lost.status_code, again.status_code) == (502, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert customer.money() == (5_000, 0)


def test_a_sticky_key_answers_500_for_a_while_although_it_is_done(customer: Customer) -> None:
    let(customer, "sticky", size="2")

    answers = [opened(customer).status_code for _ in range(4)]

    assert answers == [500, 500, 500, 200]
    assert customer.get("/operations/op1")["things"][0]["state"] == "paid"
    assert customer.money() == (5_000, 0)


def test_a_good_day_ends_everything_and_frees_the_keys_that_stuck(customer: Customer) -> None:
    let(customer, "sticky", size="50")
    opened(customer)
    let(customer, "outage", "", percent="100")

    customer.http.post("/faults/good-day")

    assert faults_of(customer).chosen() == {}
    assert opened(customer).status_code == 200


def test_what_has_no_effect_to_lose_is_answered(customer: Customer) -> None:
    for fault in ("sticky", "drop_after", "lost_answer", "conflict", "crash_after"):
        let(customer, fault, "1")

    assert customer.http.get("/v1/balances").status_code == 200
    assert len(faults_of(customer).chosen()) == 5


def test_an_outage_lasts_until_a_moment_and_closes_the_pages_too(
    customer: Customer, hand: clock.Hand
) -> None:
    waiting = customer.checkout()
    let(customer, "outage", "", minutes="30")

    during = [opened(customer).status_code for _ in range(3)]
    page = customer.http.get(f"/pay/{waiting['id']}")
    hand.advance(minutes=30)

    assert during == [503, 503, 503]
    assert page.status_code == 503
    assert "closed" in page.text
    assert opened(customer).status_code == 200
    assert customer.http.get(f"/pay/{waiting['id']}").status_code == 200


def test_a_slow_call_is_done_all_the_same(customer: Customer) -> None:
    let(customer, "slow", "1", size="1")

    started = clock.wall()
    answer = opened(customer)

    assert answer.status_code == 200
    assert clock.wall() - started >= timedelta(seconds=1)


def test_the_same_seed_goes_wrong_in_the_same_places(customer: Customer) -> None:
    faults = faults_of(customer)

    def run(seed: int) -> list[int]:
        chances = {Fault.BUSY: Chance(percent=30), Fault.BROKEN: Chance(percent=30)}
        faults.choose_all(chances, seed=seed)
        return [customer.http.get("/v1/balances").status_code for _ in range(60)]

    first, second, other = run(7), run(7), run(8)

    assert first == second
    assert first != other
    assert set(first) == {200, 429, 500}


def test_a_chance_in_a_hundred_comes_about_as_often(customer: Customer) -> None:
    falls = [fell(1, Fault.BUSY, str(number)) < 20 for number in range(5_000)]

    assert 900 < sum(falls) < 1_100


@pytest.mark.parametrize(
    ("fault", "first", "after_a_minute"),
    [
        ("twice", 2, 2),
        ("late", 0, 1),
        ("disorder", 1, 1),
        ("lost_notice", 0, 0),
        ("crash_courier", 1, 2),
    ],
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


@pytest.mark.parametrize("fault", ["forged", "stale"])
def test_what_is_not_genuine_comes_first_and_what_became_of_it_is_told(
    customer: Customer, fault: str
) -> None:
    customer.paid()
    customer.paid()
    let(customer, fault, "2")
    genuine: list[bool] = []

    def take(body: bytes, headers: Any) -> int:
        stamp = int(headers[HEADER].split(",")[0][2:])
        right = headers[HEADER] == signature(SECRET, body, clock.now())
        genuine.append(right)
        assert right or fault == "forged" or int(clock.now().timestamp()) - stamp == 600
        return 200 if right else 400

    arrived = customer.teller.deliver_pending(take)

    assert genuine == [False, True, False, True]
    assert arrived == 2
    assert "checkout.paid: the platform answered 400" in customer.http.get("/faults").text


def test_shuffled_notices_are_shuffled_the_same_way_again(customer: Customer) -> None:
    parcels = [Parcel(n, "topup.paid", b"{}", 1) for n in range(1, 30)]
    faults = faults_of(customer)
    faults.choose(Fault.DISORDER, Chance(times=2))

    first, second = faults.parcels(parcels), faults.parcels(parcels)

    assert first == second
    assert first != parcels
    assert sorted(first, key=lambda one: one.position) == parcels


def test_the_panel_says_what_goes_wrong_and_how_to_end_it(customer: Customer) -> None:
    let(customer, "outage", "7")
    let(customer, "busy", "", percent="25", minutes="90")
    let(customer, "sticky", "1", size="4")
    page = customer.http.get("/simulator/faults").text
    for fault in ("outage", "busy", "sticky"):
        let(customer, fault, "0")

    html5lib.HTMLParser(strict=True).parse(page)
    assert "the next 7 times" in page
    assert "25 in a hundred, until" in page
    assert "the next time, 4 more tries" in page
    assert "Nothing: it is a good day." in customer.http.get("/faults").text
    assert opened(customer).status_code == 200


def test_the_panel_says_what_went_wrong(customer: Customer) -> None:
    let(customer, "lost_answer")
    opened(customer)

    page = customer.http.get("/faults").text

    html5lib.HTMLParser(strict=True).parse(page)
    assert "Lost answer: it is done, and the answer is 502" in page
    assert "POST /v1/topups" in page
    assert "1 call has met a bad day" in page


def test_a_seed_can_be_set_on_the_panel(customer: Customer) -> None:
    answer = customer.http.post("/faults/seed", data={"seed": "42"})
    refused = customer.http.post("/faults/seed", data={"seed": "luck"})

    assert answer.status_code == 303
    assert refused.status_code == 422
    assert faults_of(customer).mood() == (42, 0)


@pytest.mark.parametrize(
    ("fault", "times", "more"),
    [
        ("earthquake", "1", {}),
        ("", "1", {}),
        ("busy", "", {}),
        ("busy", "-1", {}),
        ("busy", "1001", {}),
        ("busy", "٣", {}),
        ("busy", "1", {"percent": "20"}),
        ("busy", "", {"percent": "0"}),
        ("busy", "", {"percent": "101"}),
        ("busy", "", {"minutes": "0"}),
        ("slow", "1", {"size": "101"}),
    ],
)
def test_what_there_is_not_is_refused_beside_the_field(
    customer: Customer, fault: str, times: str, more: dict[str, str]
) -> None:
    answer = let(customer, fault, times, **more)

    html5lib.HTMLParser(strict=True).parse(answer.text)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<title>Error:" in answer.text
    assert faults_of(customer).chosen() == {}


def test_every_fault_can_be_chosen(customer: Customer) -> None:
    page = customer.http.get("/faults").text

    for fault in Fault:
        assert f'value="{fault}"' in page
        assert let(customer, fault, "1").status_code == 303
    assert set(faults_of(customer).chosen()) == set(Fault)


class TestControl:
    """The panel for programs."""

    def put(self, customer: Customer, **body: Any) -> Any:
        return customer.http.put("/simulator/faults.json", json=body)

    def test_all_that_goes_wrong_is_said_at_once(
        self, customer: Customer, hand: clock.Hand
    ) -> None:
        let(customer, "busy", "5")

        said = self.put(
            customer,
            seed=9,
            faults={"drop_after": {"percent": 20}, "outage": {"seconds": 60, "size": 1}},
        ).json()

        until = (clock.now() + timedelta(seconds=60)).isoformat()
        assert said == customer.http.get("/simulator/faults.json").json()
        assert (said["seed"], said["calls"], said["done"]) == (9, 0, [])
        assert said["faults"] == {
            "drop_after": {"times": None, "percent": 20, "until": None, "size": 3},
            "outage": {"times": None, "percent": None, "until": until, "size": 1},
        }

    def test_naming_nothing_is_a_good_day(self, customer: Customer) -> None:
        let(customer, "busy", "5")

        assert self.put(customer, faults={}).json()["faults"] == {}
        assert opened(customer).status_code == 200

    def test_what_went_wrong_is_told(self, customer: Customer) -> None:
        self.put(customer, faults={"busy": {"times": 1}})
        opened(customer)

        done = customer.http.get("/simulator/faults.json").json()["done"]

        assert [(one["kind"], one["what"]) for one in done] == [("busy", "POST /v1/topups")]

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"faults": {"earthquake": {"times": 1}}},
            {"faults": {"busy": {}}},
            {"faults": {"busy": 3}},
            {"faults": {"busy": {"times": 0}}},
            {"faults": {"busy": {"times": 1, "percent": 1}}},
            {"faults": {"busy": {"percent": 101}}},
            {"faults": {"busy": {"percent": "20"}}},
            {"faults": {"busy": {"often": 20}}},
            {"faults": {}, "seed": "luck"},
        ],
    )
    def test_what_it_does_not_understand_changes_nothing(
        self, customer: Customer, body: dict[str, Any]
    ) -> None:
        let(customer, "busy", "5")

        assert self.put(customer, **body).status_code == 400
        assert faults_of(customer).chosen() == {Fault.BUSY: Chance(times=5)}

    def test_only_the_platform_may_ask(self, customer: Customer) -> None:
        stranger = {"Authorization": "Bearer other"}

        assert customer.http.get("/simulator/faults.json", headers=stranger).status_code == 401
        assert customer.http.put("/simulator/faults.json", headers=stranger).status_code == 401
