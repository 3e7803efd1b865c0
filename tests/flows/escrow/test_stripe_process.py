"""The stand-in as a process of its own: its pages, its notices over the network, its memory."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.servers import free_port
from marketplace.escrow.adapters.stripe import StripeGateway
from marketplace.escrow.gateway import Faulty, Seen, Standing
from marketplace.escrow.orders import (
    CheckoutOrder,
    PayeeOrder,
    RefundOrder,
    TopUpOrder,
    TransferOrder,
    VerificationOrder,
)
from marketplace.escrow.states import Kind
from marketplace.kernel import clock
from marketplace.kernel.ids import new_id, public_id
from marketplace.kernel.money import Money
from tests.builders.processes import a_part, served, wait_until
from tests.builders.stripe import KEY
from tests.standin import cards

AMOUNT = Money.of("50.00", "EUR")
SECRET = "whsec_of_the_process"


@dataclass
class Site:
    """Stands where our site would: takes notices, or is away."""

    url: str = ""
    away: bool = False
    got: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], answer: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {"Stripe-Signature": environ.get("HTTP_STRIPE_SIGNATURE", "")}
        if not self.away:
            self.got.append((environ["PATH_INFO"], body, headers))
        answer("503 Away" if self.away else "200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for _, body, _ in self.got]


@dataclass
class Standin:
    """The running stand-in and how it is reached."""

    url: str
    site: Site
    gateway: StripeGateway
    log: Path

    def control(self, **said: Any) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.post(f"{self.url}/control", json=said).json()
        return answer

    def click(self, path: str, **form: str) -> httpx.Response:
        return httpx.post(path if path.startswith("http") else self.url + path, data=form)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with served(site) as url:
        site.url = url
        yield site


@pytest.fixture
def start(site: Site, tmp_path: Path) -> Callable[[], Any]:
    port = free_port()

    def run() -> Any:
        command = ["tests.standin", "--port", str(port), "--site", site.url, "--secret", SECRET]
        command += ["--data", str(tmp_path / "state.json"), "--pending", "0", "--late", "1"]
        return a_part(command, {}, tmp_path / "standin.log")

    return run


def reach(site: Site, part: Any, log: Path) -> Standin:
    wait_until(lambda: "STRIPE_API_BASE=" in part.said, lambda: part.said)
    url = re.findall(r"STRIPE_API_BASE=(\S+)", part.said)[-1]
    wait_until(lambda: _answers(url), lambda: part.said)
    return Standin(url, site, StripeGateway(KEY, (SECRET,), url, retries=0), log)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/control").is_success
    except httpx.HTTPError:
        return False


def an_order() -> tuple[str, str]:
    operation = public_id("ins", new_id())
    return operation, operation


def a_page(gateway: StripeGateway, *, setup: bool = False) -> Seen:
    until = clock.now() + timedelta(hours=1)
    back = "http://localhost/back"
    order = CheckoutOrder(*an_order(), AMOUNT, "A pledge", "campaign:1", back, back, until)
    return gateway.open_setup(order) if setup else gateway.open_checkout(order)


def test_people_pay_save_and_are_turned_down_on_its_pages(
    site: Site, start: Callable[[], Any], tmp_path: Path
) -> None:
    with start() as part:
        stripe = reach(site, part, tmp_path)
        opened = a_page(stripe.gateway)
        assert opened.url
        page = httpx.get(opened.url)
        assert "A pledge" in page.text
        assert "wechat_pay" in page.text
        assert stripe.click(opened.url, card=cards.DECLINED).status_code == 422
        asked = stripe.click(opened.url, card=cards.STEP_UP)
        assert "confirmed" in asked.text
        paid = stripe.click(opened.url, way=cards.STEP_UP, confirmed="yes")
        assert (paid.status_code, paid.headers["Location"]) == (303, "http://localhost/back")
        assert stripe.gateway.read(Kind.CHECKOUT, opened.ref).standing is Standing.SUCCEEDED

        saving = a_page(stripe.gateway, setup=True)
        assert saving.url
        assert "alipay" not in httpx.get(saving.url).text
        assert stripe.click(saving.url, way=cards.GOOD).status_code == 303

        order = PayeeOrder("pye_1", "pye_1", None, "Paula", "p@example.test", "http://localhost/me")
        onboarding = stripe.gateway.onboard(order)
        assert stripe.click(onboarding.url, standing="active").status_code == 303
        again = httpx.get(onboarding.url)
        assert (again.status_code, again.headers["Location"]) == (303, "http://localhost/me")
        assert stripe.gateway.payee(onboarding.payee.ref).ready

        person = VerificationOrder(*an_order(), "p@example.test", "http://localhost/me")
        shown = stripe.gateway.verify_person(person)
        assert shown.url
        assert stripe.click(shown.url, readable="yes").status_code == 303
        assert stripe.gateway.verification(shown.ref).standing is Standing.SUCCEEDED

        wait_until(lambda: stripe.control()["waiting"] == 0, lambda: str(site.kinds()))
        for path, body, headers in site.got:
            delivery = stripe.gateway.verify_delivery(body, headers, clock.now())
            assert path.endswith("/thin") is delivery.kind.startswith("v2.")
        assert stripe.control()["mistakes"] == []


def test_notices_are_posted_until_they_arrive_and_as_often_as_asked(
    site: Site, start: Callable[[], Any], tmp_path: Path
) -> None:
    with start() as part:
        stripe = reach(site, part, tmp_path)
        site.away = True
        stripe.gateway.top_up(TopUpOrder(*an_order(), AMOUNT))
        assert stripe.control()["waiting"] == 1
        site.away = False
        wait_until(lambda: site.kinds() == ["topup.succeeded"], lambda: str(site.kinds()))

        stripe.control(copies=3)
        stripe.gateway.top_up(TopUpOrder(*an_order(), AMOUNT))
        wait_until(lambda: len(site.got) == 4, lambda: str(site.kinds()))


def test_a_killed_one_goes_on_with_all_it_knew(
    site: Site, start: Callable[[], Any], tmp_path: Path
) -> None:
    with start() as part:
        stripe = reach(site, part, tmp_path)
        site.away = True
        order = TopUpOrder(*an_order(), AMOUNT)
        first = stripe.gateway.top_up(order)
        opened = a_page(stripe.gateway)
        part.kill()
    site.away = False

    with start() as part:
        stripe = reach(site, part, tmp_path)
        assert stripe.gateway.top_up(order) == first  # the key is remembered
        assert stripe.gateway.balances()[0].available == AMOUNT
        assert stripe.click(f"/pay/{opened.ref}", way=cards.GOOD).status_code == 303
        wait_until(lambda: "topup.succeeded" in site.kinds(), lambda: str(site.kinds()))


def test_what_happens_at_its_desk_is_told(
    site: Site, start: Callable[[], Any], tmp_path: Path
) -> None:
    with start() as part:
        stripe = reach(site, part, tmp_path)
        stripe.gateway.top_up(TopUpOrder(*an_order(), Money.of("200.00", "EUR")))
        opened = a_page(stripe.gateway)
        stripe.click(f"/pay/{opened.ref}", way=cards.REFUND_RETURNS)
        payment = str(stripe.gateway.read(Kind.CHECKOUT, opened.ref).payment_ref)
        refund = stripe.gateway.refund(RefundOrder(*an_order(), payment, AMOUNT, "why"))

        wait_until(lambda: "refund.failed" in site.kinds(), lambda: str(site.kinds()))
        assert stripe.gateway.read(Kind.REFUND, refund.ref).standing is Standing.RETURNED
        charge = re.findall(r"/do/dispute/(ch_\w+)", httpx.get(stripe.url).text)[0]
        assert stripe.click(f"/do/dispute/{charge}").status_code == 303
        dispute = re.findall(r"/do/win/(du_\w+)", httpx.get(stripe.url).text)[0]
        stripe.click(f"/do/win/{dispute}")
        wait_until(lambda: "charge.dispute.closed" in site.kinds(), lambda: str(site.kinds()))
        assert not stripe.gateway.dispute(dispute).withdrawn


class TestKeys:
    def test_a_failure_that_began_is_repeated_for_ever(
        self, site: Site, start: Callable[[], Any], tmp_path: Path
    ) -> None:
        with start() as part:
            stripe = reach(site, part, tmp_path)
            stripe.control(trouble=["sticky_done"])
            order = TopUpOrder(*an_order(), AMOUNT)

            for _ in range(3):
                with pytest.raises(Faulty):
                    stripe.gateway.top_up(order)

            found = stripe.gateway.find(Kind.TOP_UP, order.operation_id)
            assert found is not None
            assert len(stripe.gateway.movements("").movements) == 1

    def test_a_refusal_is_not_kept(
        self, site: Site, start: Callable[[], Any], tmp_path: Path
    ) -> None:
        with start() as part:
            stripe = reach(site, part, tmp_path)
            payee = stripe.gateway.onboard(
                PayeeOrder("pye_1", "pye_1", None, "Paula", "p@example.test", "http://localhost/")
            )
            stripe.click(payee.url, standing="active")
            operation, key = an_order()
            order = TransferOrder(operation, key, payee.payee.ref, AMOUNT, "c", "Release")
            with pytest.raises(Exception, match="insufficient"):
                stripe.gateway.transfer(order)
            stripe.gateway.top_up(TopUpOrder(*an_order(), AMOUNT))

            assert stripe.gateway.transfer(order).standing is Standing.SUCCEEDED

    def test_two_at_once_under_one_key_are_one(
        self, site: Site, start: Callable[[], Any], tmp_path: Path
    ) -> None:
        with start() as part:
            stripe = reach(site, part, tmp_path)
            body = {"amount": "5000", "currency": "eur"}
            client = stripe.gateway._stripe
            ready = threading.Barrier(8)

            def place(_number: int) -> str:
                ready.wait()
                try:
                    made = client.v1.topups.create(
                        {"amount": int(body["amount"]), "currency": body["currency"]},
                        {"idempotency_key": "one-key", "max_network_retries": 0},
                    )
                except Exception as error:  # noqa: BLE001 - whatever the SDK makes of it
                    return str(getattr(error, "http_status", error))
                return str(made.id)

            with ThreadPoolExecutor(8) as people:
                answers = set(people.map(place, range(8)))

            assert len({each for each in answers if each.startswith("tu_")}) == 1
            assert answers - {"409"} == {each for each in answers if each.startswith("tu_")}
            assert len(stripe.gateway.movements("").movements) == 1
