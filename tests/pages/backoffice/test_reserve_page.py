"""The page of the refund reserve: what is missing, and what two officers do about it."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.escrow.services import mirroring
from tests.builders import campaigns as build
from tests.builders.disputes import balance
from tests.builders.escrow import World
from tests.builders.identity import a_finance_officer, a_person, signed_in
from tests.builders.tables import table
from tests.page_client import PageClient

PATH = "/staff/finance/reserve"


@pytest.fixture
def second(app: Flask) -> PageClient:
    return signed_in(PageClient(app), a_finance_officer("Fred Second"))


def test_it_says_what_is_needed_there_and_missing(officer: PageClient, market: World) -> None:
    build.pledged(market, build.a_live_campaign(), "100")
    mirroring.mirror()

    page = officer.get(PATH)

    [row] = table(page, "What may be needed, and what there is")
    assert row["There"] == "EUR 0.00"
    assert row["Needed"] == row["Missing"] != "EUR 0.00"


def test_what_one_proposes_another_agrees_to(
    officer: PageClient, second: PageClient, market: World
) -> None:
    officer.send(officer.get(PATH), "/reserve", kind="top_up", currency="EUR", amount="30.00")
    assert "Another finance officer must decide" in officer.get(PATH).text

    second.send(second.get(PATH), "/approve")
    market.deliver()

    assert balance("refund_reserve") == 3_000
    [row] = table(second.get(PATH), "Our own orders")
    assert (row["State"], row["Proposed by"]) == ("Done", "Flo Finance")


def test_a_payout_of_more_than_is_ours_is_refused(officer: PageClient, market: World) -> None:
    page = officer.send(
        officer.get(PATH), "/reserve", status=422, kind="payout", currency="EUR", amount="30.00"
    )

    assert "That is more than is ours and free" in page.text
    assert market.told == []


def test_others_do_not_see_it(visitor: PageClient) -> None:
    signed_in(visitor, a_person("Stan Stranger"))

    visitor.get(PATH, status=403)
