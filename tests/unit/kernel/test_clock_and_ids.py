"""One clock, ids that sort by time and are checked when they come back."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from marketplace.kernel import clock, ids
from marketplace.kernel.errors import NotFound

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_frozen_clock_stands_still_until_it_is_moved() -> None:
    with clock.frozen(AT) as hand:
        assert clock.now() == AT
        assert clock.today().isoformat() == "2026-03-02"
        assert hand.advance(days=30) == AT + timedelta(days=30)
        assert clock.now() == AT + timedelta(days=30)
        hand.set(AT)
        assert clock.now() == AT


def test_frozen_clocks_give_the_former_one_back() -> None:
    with clock.frozen(AT):
        with pytest.raises(RuntimeError), clock.frozen(AT + timedelta(days=1)):
            raise RuntimeError
        assert clock.now() == AT
    assert abs(clock.now() - clock.wall()) < timedelta(minutes=1)


def test_times_are_kept_in_utc() -> None:
    east = datetime(2026, 3, 2, 1, 0, tzinfo=timezone(timedelta(hours=8)))
    with clock.frozen(east):
        assert clock.now().utcoffset() == timedelta(0)
        assert clock.today().isoformat() == "2026-03-01"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        clock.Hand(datetime(2026, 3, 2))  # noqa: DTZ001 - that is the point


def test_measuring_never_goes_backwards() -> None:
    assert clock.monotonic() <= clock.monotonic()


def test_a_new_id_is_a_version_seven_uuid_of_the_business_time() -> None:
    with clock.frozen(AT):
        made = ids.new_id()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(AT.timestamp() * 1000)


def test_ids_sort_by_time() -> None:
    with clock.frozen(AT) as hand:
        first = ids.new_id()
        hand.advance(milliseconds=1)
        second = ids.new_id()
    assert first < second
    assert ids.public_id("pl", first) < ids.public_id("pl", second)


def test_two_demo_worlds_get_the_same_ids() -> None:
    made = []
    for _ in range(2):
        former = ids.use_entropy(random.Random(7))
        with clock.frozen(AT):
            made.append([ids.new_id(), ids.new_id()])
        ids.use_entropy(former)
    assert made[0] == made[1]
    assert made[0][0] != made[0][1]


def test_a_public_id_comes_back_as_the_id() -> None:
    for number in (0, 1, 2**127, 2**128 - 1):
        text = ids.public_id("cmp", UUID(int=number))
        assert text.startswith("cmp_")
        assert ids.parse_public_id("cmp", text) == UUID(int=number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cmp",
        "cmp_",
        "pl_00000000000000000000000001",
        "00000000000000000000000001",
        "cmp_0000000000000000000000001",
        "cmp_000000000000000000000000001",
        "cmp_0000000000000000000000000i",
        "cmp_0000000000000000000000000A",
        "cmp_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "cmp_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "cmp_0000000000000000000000000１",
        "cmp_00000000-0000-0000-0000-00",
        " cmp_00000000000000000000000001",
        "cmp_00000000000000000000000001\n",
    ],
)
def test_whatever_is_not_one_of_our_ids_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        ids.parse_public_id("cmp", text)
