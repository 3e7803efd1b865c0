"""A bank of one's own on the tests' database, and a customer of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import httpx
from flask import Flask

from marketplace.kernel import clock
from marketplace.simulator.app import create_app
from marketplace.simulator.bad_days import ChosenFaults
from marketplace.simulator.bank import Bank
from marketplace.simulator.faults import GoodDay
from marketplace.simulator.store import Store
from marketplace.simulator.teller import Teller

SITE = "http://bank.test"
KEY = "key-of-the-tests"
SECRET = "secret-of-the-tests"
BACK = "http://localhost/back"
CANCEL = "http://localhost/cancel"


def a_bank(
    database_url: str,
    source: Callable[[], datetime] = clock.now,
    *,
    bad_days: bool = False,
) -> Bank:
    """A bank without any history of its own; close its store afterwards.

    With `bad_days` it fails as is chosen at its `faults`; where it shall die, only its work does.
    """
    store = Store(database_url, source)
    return Bank(
        store,
        site=SITE,
        api_key=KEY,
        webhook_secret=SECRET,
        faults=ChosenFaults(store) if bad_days else GoodDay(),
    )


@cache
def _counter() -> Flask:
    # Made once: a thousand tests open a bank of their own, and all of them look the same.
    return create_app(cast("Bank", None))


def over_wsgi(bank: Bank) -> WSGIApplication:
    """The web application of `bank`."""
    app = _counter()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app.extensions["bank"] = bank
        return app.wsgi_app(environ, start_response)

    return answer


@dataclass
class Customer:
    """A platform that banks here, over the bank's own WSGI application."""

    bank: Bank
    http: httpx.Client = field(init=False)
    teller: Teller = field(init=False)
    calls: int = 0

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=SITE,
            transport=httpx.WSGITransport(app=over_wsgi(self.bank)),
            headers={"Authorization": f"Bearer {KEY}"},
        )
        self.teller = Teller(self.bank)

    def post(self, path: str, key: str | None = None, **body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post(f"/v1{path}", json=body, headers=headers)

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(f"/v1{path}", params=query).json()

    def checkout(self, amount_minor: int = 5_000, currency: str = "EUR", **more: Any) -> Any:
        self.calls += 1
        asked: dict[str, Any] = {
            "operation_id": f"op{self.calls}",
            "amount_minor": amount_minor,
            "currency": currency,
            "description": "A pledge",
            "bundle": "campaign:1",
            "return_url": BACK,
            "cancel_url": CANCEL,
            "expires_at": (clock.now() + timedelta(hours=1)).isoformat(),
        }
        return self.post("/checkouts", **(asked | more)).json()

    def paid(
        self, amount_minor: int = 5_000, currency: str = "EUR", card: str = "4242424242424242"
    ) -> Any:
        return self.teller.pay(self.checkout(amount_minor, currency)["id"], card)

    def ready_payee(self, number: str = "1000000001") -> str:
        asked = {"operation_id": "py1", "reference": "per_1", "name": "Ada", "email": "ada@x.test"}
        ref = str(self.post("/payees", **asked).json()["id"])
        self.teller.onboard(ref, number)
        return ref

    def money(self, currency: str = "EUR") -> tuple[int, int]:
        """Available and pending minor units."""
        for row in self.get("/balances")["balances"]:
            if row["currency"] == currency:
                return row["available_minor"], row["pending_minor"]
        return 0, 0
