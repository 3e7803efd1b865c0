"""Who bears a chargeback: the table of ADR 0006."""

from __future__ import annotations

import pytest

from marketplace.campaigns.states import PledgeState
from marketplace.loans.states import CommitmentState
from marketplace.settlement.rules import Route, all_rules, rule


@pytest.mark.parametrize(
    ("purpose", "standing", "route"),
    [
        ("pledge", "held", Route.ESCROW),
        ("pledge", "refunding", Route.ESCROW),
        ("pledge", "surplus", Route.ESCROW),
        ("pledge", "released", Route.SPONSOR),
        ("pledge", "in_wallet", Route.WALLET),
        ("pledge", "refunded", Route.NOTHING),
        ("pledge", "charged_back", Route.NOTHING),
        ("commitment", "reserved", Route.ESCROW),
        ("commitment", "converted", Route.WALLET),
        ("commitment", "refunded", Route.NOTHING),
        ("bill", "paid", Route.BILL),
        ("bill", "shared", Route.WALLET),
        ("bill", "surplus", Route.ESCROW),
        ("wallet", "done", Route.WALLET),
    ],
)
def test_what_it_bought_says_who_bears_it(purpose: str, standing: str, route: Route) -> None:
    assert rule(purpose, standing).route is route


def test_what_is_not_counted_yet_waits_for_every_purpose() -> None:
    for purpose in ("pledge", "commitment", "bill", "wallet"):
        assert rule(purpose, "untold").route is Route.WAIT


def test_what_nobody_knows_is_our_loss_and_stops_nothing() -> None:
    assert rule("something", "new").route is Route.NOTHING


def test_every_state_money_can_be_in_has_its_line() -> None:
    paid = {PledgeState.HELD, PledgeState.RELEASED, PledgeState.REFUNDING, PledgeState.REFUNDED}
    lent = {
        CommitmentState.RESERVED,
        CommitmentState.CONVERTED,
        CommitmentState.REFUNDING,
        CommitmentState.REFUNDED,
    }

    known = set(all_rules())

    assert {("pledge", str(state)) for state in paid} <= known
    assert {("commitment", str(state)) for state in lent} <= known


def test_every_line_says_why() -> None:
    assert all(line.why for line in all_rules().values())
