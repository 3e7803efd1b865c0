"""The bank's own pages in a real browser: axe finds nothing, they fit, and a card is saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Browser

from marketplace.kernel import clock
from marketplace.simulator.app import create_app
from tests.browser.test_every_page import Judge, served
from tests.builders.simulator import Customer, a_bank

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def customer(
    database_url: str,
    hand: clock.Hand,
    owner_connection: psycopg.Connection[Any],
    clean_database: None,
) -> Iterator[Customer]:
    bank = a_bank(database_url, bad_days=True)
    yield Customer(bank)
    bank.store.close()


def path_of(answer: Any) -> str:
    return urlsplit(str(answer["url"])).path


def test_every_page_of_the_bank_is_accessible_and_fits(
    customer: Customer, chromium: Browser
) -> None:
    customer.http.post("/faults", data={"fault": "busy", "times": "1"})
    customer.get("/balances")
    customer.teller.dispute(str(customer.paid()["charge"]["id"]))
    payee = customer.ready_payee()
    back = "http://localhost/back"
    asked = {"operation_id": "v", "email": "ada@x.test", "return_url": back}
    verification = customer.post("/verifications", **asked).json()
    onboarding = customer.post(f"/payees/{payee}/onboarding", return_url=back).json()
    paths = [
        "/",
        "/log",
        "/desk",
        "/simulator/faults",
        "/pay/co_nothing",
        path_of(customer.checkout()),
        path_of(customer.checkout(mode="setup")),
        path_of(customer.paid()),
        path_of(verification),
        path_of(onboarding),
    ]
    customer.http.post("/faults", data={"fault": "sticky", "percent": "20", "minutes": "60"})

    with served(create_app(customer.bank)) as address, chromium.new_context() as context:
        judge = Judge(context.new_page())
        for path in paths:
            judge.judge(f"{address}{path}")

    complaints = [text for text in judge.complaints if "/pay/co_nothing: Failed" not in text]
    assert complaints == [], "\n".join(complaints)


def test_a_card_is_saved_with_the_keyboard_alone(customer: Customer, chromium: Browser) -> None:
    with served(create_app(customer.bank)) as address, chromium.new_context() as context:
        opened = customer.checkout(mode="setup", return_url=f"{address}/log")
        page = context.new_page()
        page.goto(f"{address}{path_of(opened)}")
        page.get_by_label("Test card number").press_sequentially("4000 0000 0000 0002")
        page.keyboard.press("Enter")
        assert "Nothing has been saved." in page.get_by_role("alert").inner_text()

        page.get_by_label("Test card number").fill("4242 4242 4242 4242")
        page.keyboard.press("Enter")

        page.wait_for_url("**/log")
    assert customer.get(f"/setups/{opened['id']}")["state"] == "saved"
