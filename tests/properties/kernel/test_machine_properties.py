"""Whatever is asked of a machine: only its table is ever walked."""

from __future__ import annotations

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.errors import IllegalMove
from marketplace.kernel.machines import Edge, Machine


class State(StrEnum):
    A = "a"
    B = "b"
    C = "c"
    D = "d"


states = st.sampled_from(State)
moves = st.sampled_from(["go", "back", "stop"])
roles = st.sets(st.sampled_from(["owner", "staff", "clock"]))


@st.composite
def machines(draw: st.DrawFn) -> Machine[State]:
    keys = draw(st.lists(st.tuples(states, moves), unique=True))
    table = [
        Edge(source, move, draw(states), frozenset(draw(roles.filter(bool))))
        for source, move in keys
    ]
    return Machine("thing", State, table)


@given(machines(), states, st.lists(st.tuples(moves, roles), max_size=30))
def test_a_walk_only_takes_edges_open_to_the_role(
    machine: Machine[State], state: State, walk: list[tuple[str, set[str]]]
) -> None:
    for move, by in walk:
        fitting = [
            edge
            for edge in machine.edges
            if edge.source == state and edge.move == move and not edge.who.isdisjoint(by)
        ]
        assert machine.can(state, move, by=by) == bool(fitting)
        if fitting:
            state = machine.go(state, move, by=by)
            assert state == fitting[0].target
        else:
            with pytest.raises(IllegalMove) as refusal:
                machine.go(state, move, by=by)
            assert refusal.value.allowed == machine.moves(state, by=by)


@given(machines(), states)
def test_nothing_leads_out_of_an_end(machine: Machine[State], state: State) -> None:
    if state in machine.ends():
        assert machine.moves(state, by=["owner", "staff", "clock"]) == ()


@given(machines())
def test_a_table_can_be_written_and_read_back(machine: Machine[State]) -> None:
    table = "\n".join(
        f"{edge.source} {edge.move} {edge.target} {'|'.join(sorted(edge.who))}"
        for edge in machine.edges
    )
    assert Machine.read(State, table).edges == machine.edges
