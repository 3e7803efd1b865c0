"""The pages on which officers look at a difference and explain it, four eyes upon it."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.escrow.queries import differences
from marketplace.escrow.reconcile import reconcile
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.simulator import funds
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_finance_officer, a_person, signed_in
from tests.builders.tables import table
from tests.page_client import PageClient

PROOF = "/staff/finance/reconciliation"


@pytest.fixture
def path(market: World) -> str:
    """A refund made by hand in the provider's dashboard."""
    a_top_up(Money.of("100.00", "EUR"))
    with market.bank.work() as work:
        assert funds.pay_out(work, funds.Source("refund", "by_hand", "", 3_000, "EUR"))
    reconcile()
    line = differences.standing("simulator")[0]
    db.session.rollback()
    return f"/staff/finance/differences/{public_id('dif', line.id)}"


@pytest.fixture
def second(app: Flask) -> PageClient:
    return signed_in(PageClient(app), a_finance_officer("Fred Second"))


def test_the_proof_lists_it_with_age_owner_and_what_ends_it(
    officer: PageClient, path: str, hand: clock.Hand
) -> None:
    hand.advance(hours=5)

    page = officer.get(PROOF)

    row = table(page, "Differences")[0]
    assert (row["Type"], row["Age"], row["Owner"]) == ("Not ours", "5 hours", "Nobody yet")
    assert row["What ends it"].startswith("Find out what it is")
    assert "Ledger and provider differ" in page.text
    assert path in page.links.values()


def test_one_officer_proposes_another_approves_and_the_light_is_green_again(
    officer: PageClient, second: PageClient, path: str, market: World
) -> None:
    page = officer.get(path)
    entry = {row["Side"]: row["Account"] for row in table(page, "The entry")}
    assert entry == {"Debit": "suspense", "Credit": "provider"}
    officer.send(page, "/explain", note="Refunded by hand, ticket 4711")
    assert "Another finance officer must decide" in officer.get(path).text

    second.send(second.get(path), "/approve")
    reconcile()

    assert "Explained" in second.get(path).text
    assert table(second.get(PROOF), "Differences")[0]["What ends it"].startswith("Explained")
    assert "Ledger and provider differ" not in second.get(PROOF).text


def test_the_one_who_proposed_cannot_approve_whatever_they_post(
    officer: PageClient, path: str
) -> None:
    officer.send(officer.get(path), "/explain", note="Trust me")
    page = officer.get(path)
    (mark,) = differences.standing("simulator")[:1]
    db.session.rollback()
    posted = page.form("/reject").fields.to_dict() | {"read": mark.proposal_mark}

    page = officer.post(f"{path}/approve", posted, status=422)

    assert "You proposed this yourself" in page.text


def test_a_proposal_without_a_word_is_refused_beside_its_field(
    officer: PageClient, path: str
) -> None:
    page = officer.send(officer.get(path), "/explain", status=422, note=" ")

    assert page.errors
    assert "Say what it is and how you know" in page.text


def test_whoever_takes_it_is_its_owner(officer: PageClient, path: str) -> None:
    officer.send(officer.get(path), "/take")

    assert table(officer.get(PROOF), "Differences")[0]["Owner"] == "Flo Finance"


def test_nobody_else_may_see_it(visitor: PageClient, path: str) -> None:
    signed_in(visitor, a_person("Lea Lender"))

    visitor.get(path, status=403)
