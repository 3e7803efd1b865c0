"""The desk at which finance officers answer what banks take back."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask

from marketplace.escrow import gateway
from marketplace.escrow.services import answering
from marketplace.kernel import clock
from tests.builders import campaigns as build
from tests.builders.disputes import dispute, disputed
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_finance_officer, a_person, an_actor, signed_in
from tests.builders.tables import table
from tests.page_client import PageClient

LIST = "/staff/finance/disputes"


def a_dispute(market: World, amount: str, hand: clock.Hand | None = None) -> UUID:
    """The dispute of a pledge that is held."""
    a_top_up(build.euros(500))
    made = build.a_live_campaign(tiers=[build.a_tier("25")])
    [reward_id] = build.reward_ids(made)
    backer = an_actor("Bo Backer")
    pledge_id = build.pledged(market, made, amount, reward_id=reward_id, backer=backer)
    if hand is not None:
        hand.advance(hours=1)
    return disputed(market, pledge_id).id


@pytest.fixture
def second(app: Flask) -> PageClient:
    return signed_in(PageClient(app), a_finance_officer("Fred Second"))


def path_of(dispute_id: UUID) -> str:
    return f"{LIST}/{dispute(dispute_id).ref}"


def test_the_list_says_what_it_bought_how_long_is_left_and_what_is_recovered(
    officer: PageClient, market: World
) -> None:
    dispute_id = a_dispute(market, "80")

    page = officer.get(LIST)

    [row] = table(page, "Disputes, the most urgent first")
    assert row["Reason"] == "They say they did not pay"
    assert row["Time to answer"].endswith("days left")
    assert row["What it had bought"] == "Bo Backer → A lamp for every window"
    assert (row["Amount"], row["Recovered"]) == ("EUR 80.00", "EUR 80.00")
    assert path_of(dispute_id) in page.links.values()


def test_the_evidence_is_filled_with_what_we_know(
    officer: PageClient, market: World, hand: clock.Hand
) -> None:
    path = path_of(a_dispute(market, "80", hand))

    page = officer.get(path)

    for fact in (
        "Customer: Bo Backer",
        "Reward: One lamp, delivery aimed at 2027-03-01",
        "Paid on the provider's own page: 2026-03-02",
        "Agreed to the payment, signed in: 2026-03-02",
        "Letters we sent to the customer:",
    ):
        assert fact in page.text


def test_an_officer_contests_and_the_bank_has_it(officer: PageClient, market: World) -> None:
    dispute_id = a_dispute(market, "80")

    officer.send(officer.get(path_of(dispute_id)), "/contest", evidence="The parcel arrived.")
    market.work()

    found = dispute(dispute_id)
    assert (found.state, found.evidence) == ("under_review", "The parcel arrived.")
    assert found.answer_sent_at is not None
    again = officer.get(path_of(dispute_id))
    assert "Contested by" in again.text


def test_an_empty_answer_is_refused(officer: PageClient, market: World) -> None:
    dispute_id = a_dispute(market, "80")

    page = officer.send(officer.get(path_of(dispute_id)), "/contest", status=422, evidence="  ")

    assert "Say what we know" in page.text
    assert dispute(dispute_id).answer is None


def test_a_small_one_is_conceded_by_one_officer(officer: PageClient, market: World) -> None:
    dispute_id = a_dispute(market, "80")

    officer.send(officer.get(path_of(dispute_id)), "/concede")
    market.work()

    assert dispute(dispute_id).state == "lost"


def test_a_large_one_takes_two(officer: PageClient, second: PageClient, market: World) -> None:
    dispute_id = a_dispute(market, "300")
    path = path_of(dispute_id)

    form = officer.get(path)
    officer.send(form, "/concede")
    assert "Another finance officer must agree" in officer.get(path).text
    own = officer.send(form, "/concede", status=422)
    assert "You proposed this yourself" in own.text
    assert dispute(dispute_id).answer is None

    second.send(second.get(path), "/concede")
    market.work()

    assert dispute(dispute_id).state == "lost"


def test_an_answer_whose_call_is_lost_is_sent_by_the_sweep(
    officer: PageClient, market: World
) -> None:
    dispute_id = a_dispute(market, "80")
    market.wire.trouble = ["lost"]

    officer.send(officer.get(path_of(dispute_id)), "/contest", evidence="The parcel arrived.")
    with pytest.raises(gateway.NoAnswer):
        market.work()

    answering.send_waiting()

    assert dispute(dispute_id).state == "under_review"


def test_others_find_nothing(app: Flask, market: World) -> None:
    path = path_of(a_dispute(market, "80"))
    stranger = signed_in(PageClient(app), a_person("Stan Stranger"))

    stranger.get(path, status=403)
