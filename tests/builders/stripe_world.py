"""The site banking with Stripe: the same world as with the simulator, another bank beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any, Final, cast
from uuid import UUID

from flask import Flask

from marketplace import wiring
from marketplace.escrow import gateway, queries
from marketplace.escrow.queries import Instruction
from marketplace.infra.database import db
from marketplace.simulator.teller import GOOD_CARD, Teller
from tests.builders.escrow import World
from tests.builders.stripe import Stripe, a_gateway, a_stripe
from tests.standin import courier

ROUNDS_MAX: Final = 20
LOST: Final = 0.1


class StripeWorld(World):
    """What `World` does, done on Stripe's pages."""

    def __init__(self, app: Flask, account: Stripe) -> None:
        nothing = cast("Any", None)  # no Harbour Escrow here, and no line to it
        super().__init__(app, nothing, nothing)
        self.account = account
        self.chance: Random | None = None

    def be_disorderly(self, seed: int) -> None:
        """From now on notices come shuffled, three times each, and one in ten never."""
        self.chance, self.account.copies = Random(seed), 3

    @property
    def teller(self) -> Teller:
        """Onboarding, in the simulator's words: every account number is good here."""
        return cast("Teller", _Counter(self.account))

    def deliver(self) -> None:
        """Stripe's notices arrive, and all waiting jobs are done, until nothing more follows."""
        for _ in range(ROUNDS_MAX):
            self._mix()
            arrived = courier.deliver(self.account, self.post)
            self.work()
            if not arrived:
                break

    def _mix(self) -> None:
        if self.chance is not None:
            self.chance.shuffle(self.account.notices)
            for notice in self.account.notices:
                if "done" not in notice and self.chance.random() < LOST:
                    notice["done"] = 0

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        answer = self.app.test_client().post(path, data=body, headers=dict(headers))
        db.session.rollback()
        return answer.status_code

    def pay(self, instruction_id: UUID, card: str = GOOD_CARD) -> None:
        """Pay, or save a card, on the page of something that was dispatched."""
        ref = queries.instruction(instruction_id).provider_ref
        db.session.rollback()
        assert ref is not None
        self.account.pay(ref, card)

    def dispute(self, paid: Instruction, reason: str | None = None) -> str:
        assert reason is None
        assert paid.payment_ref is not None
        charge = self.account.objects[paid.payment_ref]["latest_charge"]
        return str(self.account.dispute(charge)["id"])

    def send_back(self, transfer: Instruction) -> None:
        """Somebody at Stripe's desk takes a transfer back."""
        assert transfer.provider_ref is not None
        self.account.reverse({"amount": str(transfer.amount_minor)}, transfer.provider_ref)

    def fail_payout(self, payout: Instruction) -> None:
        assert payout.provider_ref is not None
        self.account.fail_payout(payout.provider_ref)


class _Counter:
    """What builders do at the simulator's counter."""

    def __init__(self, account: Stripe) -> None:
        self._account = account

    def onboard(self, payee_ref: str, _account_number: str = "") -> None:
        self._account.onboard(payee_ref)

    def restrict(self, payee_ref: str) -> None:
        self._account.onboard(payee_ref, "restricted")


@contextmanager
def a_stripe_market(app: Flask) -> Iterator[StripeWorld]:
    """The site with Stripe beside it; at the end nothing wrong may have been asked of it."""
    former = gateway.current()
    with a_stripe(ready=None) as account:
        gateway.install(a_gateway(account, retries=2, timeout_s=10))
        wiring.tell_everybody()
        try:
            yield StripeWorld(app, account)
        finally:
            gateway.install(former)
        assert account.mistakes == []
