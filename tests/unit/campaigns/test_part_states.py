"""The lives of parts, milestones and fulfilments, as their tables tell them."""

from __future__ import annotations

import pytest

from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.states.fulfilments import (
    FULFILMENT,
    OBJECTION,
    UNDECIDED,
    UNHELD,
    FulfilmentState,
    ObjectionState,
)
from marketplace.campaigns.states.parts import MILESTONE, PART, MilestoneState, PartState
from marketplace.kernel.errors import IllegalMove


def test_a_part_moves_money_by_settlement_or_the_provider_alone() -> None:
    assert {role for edge in PART.edges for role in edge.who} == {"settlement", "provider"}


def test_what_was_released_or_returned_is_not_decided_again() -> None:
    for state in (PartState.RELEASED, PartState.RETURNED, PartState.DIVIDED):
        moves = set(PART.moves(state, by={"settlement", "provider"}))

        assert moves <= {"charge_back", "undo"}


def test_no_sponsor_accepts_and_no_backer_ships() -> None:
    by_owner = {edge.move for edge in FULFILMENT.edges if "owner" in edge.who}
    by_backer = {edge.move for edge in FULFILMENT.edges if "backer" in edge.who}

    assert (by_owner, by_backer) == ({"ship"}, {"accept", "object"})


def test_silence_accepts_only_what_was_shipped() -> None:
    assert {edge.source for edge in FULFILMENT.edges if edge.move == "lapse"} == {
        FulfilmentState.SHIPPED
    }


def test_what_was_not_sent_by_the_last_day_is_owed_and_what_was_sent_is_decided() -> None:
    of = {state: FULFILMENT.go(state, "release", by={"settlement"}) for state in UNDECIDED}

    assert of == {
        FulfilmentState.TO_SHIP: FulfilmentState.OWED,
        FulfilmentState.SHIPPED: FulfilmentState.RELEASED,
        FulfilmentState.OBJECTED: FulfilmentState.RELEASED,
    }


def test_what_is_owed_is_sent_and_received_but_nothing_is_left_to_object_with() -> None:
    assert FULFILMENT.go(FulfilmentState.OWED, "ship", by={"owner"}) is FulfilmentState.SENT
    for state in UNHELD:
        assert FULFILMENT.moves(state, by={"backer"}) == ("accept",)
        assert FULFILMENT.moves(state, by={"settlement"}) == ("void",)


def test_an_objection_is_decided_by_somebody_else_than_who_proposed() -> None:
    whose = {edge.move: set(edge.who) for edge in OBJECTION.edges}

    assert (whose["propose"], whose["agree"]) == ({"moderator"}, {"finance_officer"})
    assert OBJECTION.moves(ObjectionState.OPEN, by={"finance_officer"}) == ()


@pytest.mark.parametrize("state", [MilestoneState.PLANNED, MilestoneState.GRANTED])
def test_only_what_is_claimed_can_be_granted(state: MilestoneState) -> None:
    with pytest.raises(IllegalMove):
        MILESTONE.go(state, "grant", by={"settlement"})


def test_payouts_are_nobody_elses_right() -> None:
    assert {right.value for right in Right} == {
        *("story", "rewards", "talk", "fulfil", "see_money", "see_backers"),
    }
