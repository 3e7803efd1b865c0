from __future__ import annotations

import html5lib
import pytest

from marketplace.kernel import clock
from marketplace.simulator.cards import CARDS
from tests.builders.simulator import BACK, CANCEL, Customer


def strictly(text: str) -> str:
    """Parse as a browser would and fail on any mistake."""
    html5lib.HTMLParser(strict=True).parse(text)
    assert text.count("<h1") == 1
    assert "<script" not in text
    assert "style=" not in text
    return text


def test_the_page_says_what_is_paid_and_how_to_leave(customer: Customer) -> None:
    opened = customer.checkout(1_234_500)

    page = strictly(customer.http.get(f"/pay/{opened['id']}").text)

    assert "EUR 12,345.00" in page
    assert CANCEL in page


def test_a_good_card_pays_and_leads_back(customer: Customer) -> None:
    opened = customer.checkout()

    answer = customer.http.post(f"/pay/{opened['id']}", data={"card": "4242 4242 4242 4242"})

    assert (answer.status_code, answer.headers["location"]) == (303, BACK)
    assert customer.money() == (0, 4_905)


def test_wallet_and_bank_pay_too(customer: Customer) -> None:
    for way in ("wallet", "bank"):
        opened = customer.checkout()
        assert customer.http.post(f"/pay/{opened['id']}", data={"way": way}).status_code == 303

    assert customer.money() == (0, 2 * 4_905)


def test_a_refused_card_is_named_beside_the_field_and_kept(customer: Customer) -> None:
    opened = customer.checkout()

    answer = customer.http.post(f"/pay/{opened['id']}", data={"card": "4000000000000002"})

    page = strictly(answer.text)
    assert answer.status_code == 422
    assert "You have not been charged" in page
    assert 'value="4000000000000002"' in page
    assert "<title>Error:" in page


def test_an_unknown_number_is_refused(customer: Customer) -> None:
    opened = customer.checkout()

    answer = customer.http.post(f"/pay/{opened['id']}", data={"card": "4111"})

    assert answer.status_code == 422


def test_a_step_up_card_asks_once_more(customer: Customer) -> None:
    opened = customer.checkout()
    card = {"card": "4000002760003184"}

    asked = customer.http.post(f"/pay/{opened['id']}", data=card)
    before = customer.money()
    confirmed = customer.http.post(f"/pay/{opened['id']}", data=card | {"confirmed": "yes"})

    assert "Yes, it is me" in strictly(asked.text)
    assert before == (0, 0)
    assert confirmed.status_code == 303


def test_a_card_is_saved_and_nothing_charged(customer: Customer) -> None:
    opened = customer.checkout(mode="setup")

    page = strictly(customer.http.get(f"/pay/{opened['id']}").text)
    answer = customer.http.post(f"/pay/{opened['id']}", data={"card": "4242 4242 4242 4242"})
    saved = strictly(customer.http.get(f"/pay/{opened['id']}").text)

    assert "You are not charged now" in page
    assert "cannot be saved" in page
    assert 'value="wallet"' not in page
    assert (answer.status_code, answer.headers["location"]) == (303, BACK)
    assert "Your card is saved" in saved
    assert customer.money() == (0, 0)


@pytest.mark.parametrize("data", [{"way": "wallet"}, {"way": "bank"}, {"card": "4000000000000002"}])
def test_what_cannot_be_saved_is_refused_with_the_reason(
    customer: Customer, data: dict[str, str]
) -> None:
    opened = customer.checkout(mode="setup")

    answer = customer.http.post(f"/pay/{opened['id']}", data=data)

    assert answer.status_code == 422
    assert "Nothing has been saved." in strictly(answer.text)
    assert customer.get(f"/setups/{opened['id']}")["state"] == "open"


def test_an_expired_page_saves_no_card(customer: Customer, hand: clock.Hand) -> None:
    opened = customer.checkout(mode="setup")
    hand.advance(hours=2)

    assert "Nothing can be saved here any more" in strictly(
        customer.http.get(f"/pay/{opened['id']}").text
    )


def test_a_person_shows_who_they_are_at_the_second_try(customer: Customer) -> None:
    url = customer.post("/verifications", operation_id="v", email="a@x.test", return_url=BACK)
    url = url.json()["url"]

    strictly(customer.http.get(url).text)
    nothing = customer.http.post(url)
    blurred = customer.http.post(url, data={"papers": "unreadable"})
    again = strictly(customer.http.get(url).text)
    good = customer.http.post(url, data={"papers": "good"})

    assert nothing.status_code == 422
    assert "Choose which papers you show" in strictly(nothing.text)
    assert (blurred.status_code, blurred.headers["location"]) == (303, BACK)
    assert "could not be read" in again
    assert good.status_code == 303
    assert "We know who you are" in strictly(customer.http.get(url).text)


def test_a_card_to_be_saved_may_ask_once_more_too(customer: Customer) -> None:
    opened = customer.checkout(mode="setup")
    card = {"card": "4000 0025 0000 3155"}

    asked = strictly(customer.http.post(f"/pay/{opened['id']}", data=card).text)
    customer.http.post(f"/pay/{opened['id']}", data=card | {"confirmed": "yes"})
    means = customer.get(f"/setups/{opened['id']}")["means"]
    charged = customer.post(
        "/charges", operation_id="c", means_id=means["id"], amount_minor=5_000, currency="EUR"
    )

    assert "Confirm the card" in asked
    assert means["ending"] == "3155"
    assert charged.json()["state"] == "succeeded"


def test_the_way_back_is_allowed_by_the_pages_policy(customer: Customer) -> None:
    opened = customer.checkout()

    policy = customer.http.get(f"/pay/{opened['id']}").headers["Content-Security-Policy"]

    assert "form-action 'self' http://localhost" in policy
    assert "default-src 'none'" in policy


def test_an_expired_checkout_says_so(customer: Customer, hand: clock.Hand) -> None:
    opened = customer.checkout()
    hand.advance(hours=2)

    page = strictly(customer.http.get(f"/pay/{opened['id']}").text)
    late = customer.http.post(f"/pay/{opened['id']}", data={"card": "4242424242424242"})

    assert "You have not been charged" in page
    assert "You have not been charged" in late.text
    assert customer.money() == (0, 0)


def test_a_paid_checkout_shows_that_it_is_paid(customer: Customer) -> None:
    paid = customer.paid()

    assert "Paid" in strictly(customer.http.get(f"/pay/{paid['id']}").text)


def test_a_wrong_link_is_a_calm_page(customer: Customer) -> None:
    answer = customer.http.get("/pay/co_nothing")

    assert answer.status_code == 404
    strictly(answer.text)


def test_a_payee_finishes_onboarding(customer: Customer) -> None:
    asked = {"operation_id": "p", "reference": "r", "name": "Ada", "email": "ada@x.test"}
    payee = customer.post("/payees", **asked).json()["id"]
    url = customer.post(f"/payees/{payee}/onboarding", return_url=BACK).json()["url"]

    strictly(customer.http.get(url).text)
    wrong = customer.http.post(url, data={"name": "", "account_number": "12"})
    right = customer.http.post(url, data={"name": "Ada", "account_number": "1000 0000 01"})

    assert wrong.status_code == 422
    assert strictly(wrong.text).count("Enter ") >= 4
    assert (right.status_code, right.headers["location"]) == (303, BACK)
    assert customer.get(f"/payees/{payee}")["state"] == "ready"


def test_an_onboarding_link_wears_out(customer: Customer, hand: clock.Hand) -> None:
    asked = {"operation_id": "p", "reference": "r", "name": "Ada", "email": "ada@x.test"}
    payee = customer.post("/payees", **asked).json()["id"]
    url = customer.post(f"/payees/{payee}/onboarding", return_url=BACK).json()["url"]

    hand.advance(hours=1)

    assert customer.http.get(url).status_code == 410


def test_the_front_page_says_what_it_costs(customer: Customer) -> None:
    page = strictly(customer.http.get("/").text)

    assert "1.4 %" in page
    assert "EUR 0.95" in page
    assert page.count('class="number"') == len(CARDS)
    strictly(customer.http.get("/log").text)
