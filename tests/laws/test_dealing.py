"""Each worker begins with its share of the long modules, and no test is lost or taken twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.dealing import dealt

MODULES = {"quick": "abcdef", "long": "LM", "longest": "XYZ", "medium": "m", "quick too": "gh"}
SECONDS = {"quick": 0.0, "long": 200.0, "longest": 900.0, "medium": 100.0, "quick too": 0.0}


def test_one_worker_takes_the_longest_module_first_and_the_quick_ones_in_their_order() -> None:
    assert "".join(dealt(MODULES, SECONDS, 1)) == "XYZLMmabcdefgh"


def test_two_workers_share_the_long_modules_and_have_as_many_tests() -> None:
    order = "".join(dealt(MODULES, SECONDS, 2))
    assert (order[:7], order[7:]) == ("XYZabcd", "LMmefgh")


@given(
    st.dictionaries(
        st.integers(0, 20),
        st.tuples(st.lists(st.integers(), max_size=6), st.sampled_from([0.0, 10.0, 300.0])),
        max_size=12,
    ),
    st.integers(1, 8),
)
def test_every_test_is_dealt_once_and_long_modules_stay_whole(
    given_modules: dict[int, tuple[list[int], float]], workers: int
) -> None:
    modules = {
        key: [(key, n) for n, _ in enumerate(tests)] for key, (tests, _) in given_modules.items()
    }
    order = dealt(modules, {key: seconds for key, (_, seconds) in given_modules.items()}, workers)
    assert sorted(order) == sorted(test for tests in modules.values() for test in tests)
    for key, (_, seconds) in given_modules.items():
        if seconds and modules[key]:
            first = order.index(modules[key][0])
            assert order[first : first + len(modules[key])] == modules[key]
