"""What the database says is taken of a line is the sum over its draws, whatever became of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.loans.states import UNDER_WAY, LoanState
from tests.builders import credit_lines as lines
from tests.builders import loans as build

DRAWS, EACH = 5, 100_000
# Not being disbursed: the database lets that begin only with a signed contract.
STATES = sorted(
    (UNDER_WAY - {LoanState.DISBURSING})
    | {LoanState.ACTIVE, LoanState.PAID_OFF, LoanState.EXPIRED, LoanState.REFUNDED}
)


@dataclass
class Drawn:
    """A line of 5,000.00 with five draws of 1,000.00."""

    line_id: UUID
    loans: list[UUID]


@pytest.fixture
def drawn(app: Flask, database_url: str) -> Iterator[Drawn]:
    with build.a_market(app, database_url):
        cast = build.Cast()
        line_id = lines.a_line(cast)
        yield Drawn(line_id, [lines.drawn(cast, line_id, "1000") for _ in range(DRAWS)])


@command
def become(loan_id: UUID, state: str, repaid_minor: int) -> None:
    """Let a draw be somewhere in its life, so much of it repaid."""
    sql = "UPDATE loan SET state = %s, principal_repaid_minor = %s WHERE id = %s"
    execute(sql, (state, repaid_minor, loan_id))


@command
def limit(line_id: UUID, minor: int) -> None:
    execute("UPDATE credit_line SET limit_minor = %s WHERE id = %s", (minor, line_id))


LIVES = st.lists(
    st.tuples(st.sampled_from(STATES), st.integers(0, EACH)), min_size=DRAWS, max_size=DRAWS
)


@given(LIVES, st.integers(1, 600_000))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_used_under_way_and_available_are_the_sums_over_the_draws(
    drawn: Drawn, lives: list[tuple[LoanState, int]], most: int
) -> None:
    for loan_id, (state, repaid) in zip(drawn.loans, lives, strict=True):
        become(loan_id, state.value, repaid)
    limit(drawn.line_id, most)

    use = lines.line(drawn.line_id).use

    used = sum(EACH - repaid for state, repaid in lives if state is LoanState.ACTIVE)
    under_way = EACH * sum(state in UNDER_WAY for state, _repaid in lives)
    assert (use.used.minor, use.under_way.minor) == (used, under_way)
    assert use.available.minor == max(0, most - used - under_way)
