'''State machines written as tables: from, move, to, who.

    LIFECYCLE = Machine.read(State, """
        draft      submit   in_review  owner
        in_review  approve  live       moderator
        in_review  return   draft      moderator
        live       cancel   cancelled  owner|moderator
    """)
    campaign.state = LIFECYCLE.go(campaign.state, "approve", by={"moderator"})

The table is the one source for permission, buttons, documentation and the property test.
'''

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from marketplace.kernel.errors import IllegalMove

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Edge(Generic[S]):
    """One permitted move."""

    source: S
    move: str
    target: S
    who: frozenset[str]


class Machine(Generic[S]):
    """All permitted moves of one kind of thing."""

    def __init__(self, name: str, states: type[S], edges: Iterable[Edge[S]]) -> None:
        self.name = name
        self.states = states
        self.edges = tuple(edges)
        self._by_key = {(edge.source, edge.move): edge for edge in self.edges}
        if len(self._by_key) != len(self.edges):
            raise ValueError(f"{name}: the same move is listed twice from one state")

    @classmethod
    def read(cls, states: type[S], table: str, *, name: str = "") -> Machine[S]:
        """Read a table of `from move to who|who` lines; unknown states are a ValueError."""
        edges = [_edge(states, line) for line in table.splitlines() if line.strip()]
        return cls(name or states.__name__.lower(), states, edges)

    def go(self, state: S, move: str, *, by: Iterable[str]) -> S:
        """Return the state after `move`, or raise `IllegalMove` with what is allowed.

        `by` holds the roles the actor has towards this thing (`owner`, `moderator`, `clock`).
        """
        roles = frozenset(by)
        edge = self._by_key.get((state, move))
        if edge is None or edge.who.isdisjoint(roles):
            raise IllegalMove(self.name, state.value, move, self.moves(state, by=roles))
        return edge.target

    def moves(self, state: S, *, by: Iterable[str]) -> tuple[str, ...]:
        """Return the moves open to someone with the roles `by`, in table order."""
        roles = frozenset(by)
        return tuple(
            edge.move
            for edge in self.edges
            if edge.source == state and not edge.who.isdisjoint(roles)
        )

    def can(self, state: S, move: str, *, by: Iterable[str]) -> bool:
        """Whether `move` is open from `state` to someone with the roles `by`."""
        return move in self.moves(state, by=by)

    def ends(self) -> frozenset[S]:
        """Return the states nothing leads out of."""
        return frozenset(self.states) - {edge.source for edge in self.edges}


def _edge(states: type[S], line: str) -> Edge[S]:
    source, move, target, who = line.split()
    return Edge(states(source), move, states(target), frozenset(who.split("|")))
