"""The lives of campaigns and pledges, as their tables tell them."""

from __future__ import annotations

import pytest

from marketplace.campaigns.forms import REFUSALS
from marketplace.campaigns.states import (
    CAMPAIGN,
    FILTERS,
    OUTSTANDING,
    PLEDGE,
    PUBLIC,
    CampaignState,
    PledgeState,
)
from marketplace.campaigns.views.showing import CAMPAIGN_TAGS, PLEDGE_TAGS
from marketplace.kernel.errors import IllegalMove


def test_every_state_has_a_word_and_a_shape() -> None:
    assert set(CAMPAIGN_TAGS) == {state.value for state in CampaignState}
    assert set(PLEDGE_TAGS) == {state.value for state in PledgeState}


def test_visitors_can_narrow_the_list_to_public_states_only() -> None:
    assert {state for states in FILTERS.values() for state in states} == {
        state.value for state in PUBLIC
    }


def test_a_payment_can_arrive_after_the_pledge_was_given_up() -> None:
    given_up = (PledgeState.EXPIRED, PledgeState.CANCELLED, PledgeState.LAPSED)
    under_way = (PledgeState.AWAITING_PAYMENT, PledgeState.CHARGING, PledgeState.DECLINED)
    for state in (*given_up, *under_way):
        assert PLEDGE.go(state, "return", by={"provider"}) == PledgeState.REFUNDING


def test_money_that_is_counted_left_its_state_by_settlement_or_by_its_backer() -> None:
    ways = {edge.move for edge in PLEDGE.edges if edge.source == PledgeState.HELD}

    assert ways <= {"cancel", "return", "release", "charge_back"}


def test_what_is_promised_is_paid_or_ends_and_never_goes_to_the_sponsor_unpaid() -> None:
    ways = {edge.target for edge in PLEDGE.edges if edge.source in OUTSTANDING} - OUTSTANDING

    assert ways == {
        *(PledgeState.HELD, PledgeState.REFUNDING),  # paid, in time or too late
        *(PledgeState.CANCELLED, PledgeState.LAPSED),
    }


@pytest.mark.parametrize(
    ("state", "move", "who"),
    [
        (CampaignState.DRAFT, "approve", "moderator"),
        (CampaignState.IN_REVIEW, "approve", "owner"),
        (CampaignState.LIVE, "withdraw", "owner"),
        (CampaignState.LIVE, "close", "owner"),
        (CampaignState.FUNDED, "miss", "settlement"),
        (CampaignState.CANCELLED, "submit", "owner"),
    ],
)
def test_what_the_table_does_not_list_is_refused(state: CampaignState, move: str, who: str) -> None:
    with pytest.raises(IllegalMove):
        CAMPAIGN.go(state, move, by={who})


def test_every_refusal_sentence_ends_like_a_sentence() -> None:
    for code, text in REFUSALS.items():
        assert str(text).endswith("."), code
