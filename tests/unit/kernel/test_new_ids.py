"""Fresh ids: of their time, in their order, never twice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

from marketplace.kernel import clock
from marketplace.kernel.ids import new_id

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_ids_of_one_moment_sort_in_the_order_in_which_they_were_made() -> None:
    with clock.frozen(AT):
        made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_tells_its_version_and_its_millisecond() -> None:
    with clock.frozen(AT):
        found = new_id()
    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    assert found.int >> 80 == int(AT.timestamp() * 1000)


def test_a_later_moment_sorts_later() -> None:
    with clock.frozen(AT) as hand:
        early = [new_id() for _ in range(100)]
        hand.set(AT + timedelta(milliseconds=1))
        late = [new_id() for _ in range(100)]
    assert max(early) < min(late)


def test_threads_never_make_the_same_id() -> None:
    made: list[UUID] = []

    def make() -> None:
        made.extend([new_id() for _ in range(2_000)])

    with clock.frozen(AT):
        threads = [threading.Thread(target=make) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(made)) == len(made) == 16_000


def test_ids_cannot_be_guessed_from_their_neighbours() -> None:
    with clock.frozen(AT):
        ends = {new_id().int & ((1 << 48) - 1) for _ in range(1_000)}
    assert len(ends) == 1_000
