"""State machines: the table decides, nothing else."""

from __future__ import annotations

from enum import StrEnum

import pytest

from marketplace.kernel.errors import IllegalMove
from marketplace.kernel.machines import Machine


class State(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    LIVE = "live"
    CANCELLED = "cancelled"


LIFECYCLE = Machine.read(
    State,
    """
    draft      submit   in_review  owner
    in_review  approve  live       moderator
    in_review  return   draft      moderator

    live       cancel   cancelled  owner|moderator
    """,
)


def test_a_permitted_move_leads_where_the_table_says() -> None:
    assert LIFECYCLE.go(State.DRAFT, "submit", by=["owner"]) is State.IN_REVIEW
    assert LIFECYCLE.go(State.LIVE, "cancel", by={"moderator", "backer"}) is State.CANCELLED


def test_another_role_may_not_move_it() -> None:
    with pytest.raises(IllegalMove) as refusal:
        LIFECYCLE.go(State.IN_REVIEW, "approve", by=["owner"])
    assert refusal.value.allowed == ()


def test_the_refusal_names_what_is_allowed() -> None:
    with pytest.raises(IllegalMove) as refusal:
        LIFECYCLE.go(State.IN_REVIEW, "cancel", by=["moderator"])
    assert refusal.value.allowed == ("approve", "return")
    assert refusal.value.code == "illegal_move"
    assert refusal.value.facts["machine"] == "state"


def test_open_moves_come_in_table_order() -> None:
    assert LIFECYCLE.moves(State.IN_REVIEW, by=["moderator"]) == ("approve", "return")
    assert LIFECYCLE.moves(State.IN_REVIEW, by=["backer"]) == ()
    assert LIFECYCLE.can(State.DRAFT, "submit", by=["owner"])
    assert not LIFECYCLE.can(State.DRAFT, "submit", by=[])


def test_ends_are_the_states_nothing_leads_out_of() -> None:
    assert LIFECYCLE.ends() == {State.CANCELLED}


@pytest.mark.parametrize(
    "table",
    ["draft submit nowhere owner", "draft submit in_review", "draft a live x\ndraft a draft y"],
)
def test_a_wrong_table_is_noticed_when_it_is_read(table: str) -> None:
    with pytest.raises(ValueError):
        Machine.read(State, table)
