"""The site with a bank beside it, and all escrow can be asked to do, by its real commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from flask import Flask

from marketplace import wiring
from marketplace.escrow import events, gateway, queries
from marketplace.escrow.adapters.simulator import SimulatorGateway
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import dispatching, inbox, payees, planning
from marketplace.infra import jobs
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.infra.events import Event, subscribe
from marketplace.kernel import clock
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.simulator.bad_days import ChosenFaults
from marketplace.simulator.bank import Bank
from marketplace.simulator.teller import GOOD_CARD, Teller
from tests.builders.identity import a_person
from tests.builders.simulator import KEY, SECRET, SITE, a_bank, over_wsgi

EUR = "EUR"


class Wire(httpx.BaseTransport):
    """The line to the bank. `trouble` may break the next calls, before or after their effect."""

    def __init__(self, bank: Bank) -> None:
        self._line = httpx.WSGITransport(app=over_wsgi(bank))
        self.trouble: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self.keys: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append((request.method, request.url.path))
        if request.method == "POST":
            self.keys.append(request.headers.get("Idempotency-Key", ""))
        trouble = self.trouble.pop(0) if self.trouble else ""
        if trouble == "refused":
            raise httpx.ConnectError("no route", request=request)
        if trouble == "lost":
            raise httpx.ReadTimeout("lost on the way there", request=request)
        if trouble == "busy":
            told = {"code": "busy", "message": ""}
            return httpx.Response(429, json=told, headers={"Retry-After": "7"}, request=request)
        if trouble == "broken":
            return httpx.Response(500, json={"code": "", "message": ""}, request=request)
        response = self._line.handle_request(request)
        if trouble == "answer_lost":
            response.read()
            raise httpx.ReadTimeout("lost on the way back", request=request)
        if trouble == "garbled":
            return httpx.Response(200, content=b"<html>", request=request)
        return response


@dataclass
class World:
    """The site, its bank, the line between them, and what escrow has announced."""

    app: Flask
    bank: Bank
    wire: Wire
    told: list[Event] = field(default_factory=list)

    @property
    def teller(self) -> Teller:
        return Teller(self.bank)

    @property
    def faults(self) -> ChosenFaults:
        """What goes wrong at a bank of bad days: `choose`, `choose_all`, `start`, `good_day`."""
        assert isinstance(self.bank.faults, ChosenFaults)
        return self.bank.faults

    def told_of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.told if type(event) is kind]

    def deliver(self) -> None:
        """The bank's notices arrive, and all waiting jobs are done."""
        self.teller.deliver_pending(self.receive)
        self.work()

    def receive(self, body: bytes, headers: Mapping[str, str]) -> int:
        answer = self.app.test_client().post(
            "/webhooks/simulator", data=body, headers=dict(headers)
        )
        return answer.status_code

    def work(self) -> None:
        jobs.run_due()

    def bank_ref(self, instruction: Instruction) -> str:
        """What the bank calls it, whether we know or not."""
        with self.bank.work() as work:
            row = work.row(
                "SELECT id FROM simulator.checkout WHERE operation_id = %(op)s",
                op=instruction.operation_id,
            )
        assert row is not None
        return str(row["id"])

    def pay(self, instruction_id: UUID, card: str = GOOD_CARD) -> None:
        ref = queries.instruction(instruction_id).provider_ref
        db.session.rollback()
        assert ref is not None
        self.teller.pay(ref, card)

    def save_card(self, instruction_id: UUID, card: str = GOOD_CARD) -> None:
        """Save `card` on the page of a setup that was dispatched."""
        self.pay(instruction_id, card)

    def saved(
        self, amount: Money, card: str = GOOD_CARD, account: int | None = None
    ) -> Instruction:
        """A setup on which `card` has been saved, applied."""
        planned = a_setup(amount, account)
        dispatching.dispatch(planned)
        self.save_card(planned, card)
        self.deliver()
        return known(planned)

    def dispute(self, paid: Instruction, reason: str | None = None) -> str:
        """Who paid takes it back through their bank; returns the dispute's reference there."""
        assert paid.payment_ref is not None
        return str(self.teller.dispute(paid.payment_ref, reason)["id"])

    def send_back(self, transfer: Instruction) -> None:
        """The payee's bank sends a transfer back."""
        assert transfer.provider_ref is not None
        self.teller.return_transfer(transfer.provider_ref)

    def fail_payout(self, payout: Instruction) -> None:
        """A payout fails on its way, or comes back after it has arrived."""
        assert payout.provider_ref is not None
        self.teller.fail_payout(payout.provider_ref)

    def restrict(self, person_id: UUID) -> None:
        """The provider pays a person no more until they have been on its page again."""
        ref = payees.payee(person_id).provider_ref
        db.session.rollback()
        assert ref is not None
        self.teller.restrict(ref)

    def paid(self, amount: Money, account: int | None = None) -> Instruction:
        """A checkout that has been paid and applied."""
        planned = a_checkout(amount, account)
        dispatching.dispatch(planned)
        self.pay(planned)
        self.deliver()
        return known(planned)


@contextmanager
def a_world(app: Flask, database_url: str, *, bad_days: bool = False) -> Iterator[World]:
    """Open a bank beside the site; afterwards the site is wired as it was.

    With `bad_days` the bank fails as is chosen at `world.faults`.
    """
    bank = a_bank(database_url, bad_days=bad_days)
    wire = Wire(bank)
    world = World(app, bank, wire)
    former = gateway.current()
    gateway.install(SimulatorGateway(SITE, KEY, SECRET, transport=wire))
    subscribe({kind: [listener(world.told, kind)] for kind in kinds_of_events()})
    try:
        yield world
    finally:
        gateway.install(former)
        wiring.tell_everybody()
        bank.store.close()


def kinds_of_events() -> list[type[Event]]:
    """Everything escrow can announce."""
    named = [each for each in vars(events).values() if isinstance(each, type)]
    return [each for each in named if issubclass(each, Event) and each is not Event]


def listener(told: list[Event], kind: type[Event]) -> Callable[[Event], None]:
    """A handler that only remembers what it was told."""

    def listen(event: Event) -> None:
        told.append(event)

    listen.__qualname__ = f"listen_to_{kind.__name__}"
    return listen


def known(instruction_id: UUID) -> Instruction:
    """The instruction as it stands."""
    found = queries.instruction(instruction_id)
    db.session.rollback()
    return found


@command
def an_account(kind: str = "escrow:campaign", currency: str = EUR) -> int:
    """A ledger account of somebody new."""
    return ledger.account(kind, currency, uuid4())


@command
def _plan_page(plan: Callable[..., InstructionId], **facts: Any) -> InstructionId:
    return plan(**facts)


def a_checkout(
    amount: Money,
    account: int | None = None,
    *,
    plan: Callable[..., InstructionId] = planning.plan_checkout,
    subject_id: UUID | None = None,
    person_id: UUID | None = None,
    life: timedelta = timedelta(hours=1),
) -> InstructionId:
    """A planned checkout of somebody new."""
    subject = subject_id or uuid4()
    return _plan_page(
        plan,
        purpose="pledge",
        subject_id=subject,
        person_id=person_id or a_person().id,
        amount=amount,
        credit_account=account or an_account(currency=amount.currency),
        description="Pledge to The Lighthouse",
        return_path="/back",
        cancel_path="/cancel",
        expires_at=clock.now() + life,
        cause=f"pledge:{subject}",
    )


def a_setup(amount: Money, account: int | None = None, **facts: Any) -> InstructionId:
    """A planned setup of somebody new: a card saved now, `amount` charged later."""
    return a_checkout(amount, account, plan=planning.plan_setup, **facts)


@command
def a_charge(saved: Instruction, amount: Money | None = None, sequence: int = 1) -> InstructionId:
    """A planned charge of what was saved."""
    return planning.plan_charge(
        of=saved.id,
        subject_id=saved.subject_id,
        amount=amount or saved.amount,
        credit_account=saved.account_id,
        purpose="pledge",
        cause=saved.cause,
        description="Pledge to The Lighthouse",
        sequence=sequence,
    )


@command
def a_refund(paid: Instruction, amount: Money | None = None, sequence: int = 1) -> InstructionId:
    """A planned refund of a paid checkout, whole or in part."""
    return planning.plan_refund(
        of=paid.id,
        subject_id=paid.subject_id,
        amount=amount or paid.amount,
        debit_account=paid.account_id,
        purpose="pledge",
        cause=paid.cause,
        reason="The goal was missed.",
        sequence=sequence,
    )


@command
def a_transfer(
    person_id: UUID, amount: Money, account: int, subject_id: UUID | None = None
) -> InstructionId:
    """A planned transfer to a person."""
    subject = subject_id or uuid4()
    return planning.plan_transfer(
        purpose="release",
        subject_id=subject,
        person_id=person_id,
        amount=amount,
        debit_account=account,
        cause=f"campaign:{subject}",
        description="Release",
    )


@command
def a_payout(amount: Money, account: int) -> InstructionId:
    """A planned payout of the platform's own money."""
    return planning.plan_payout(amount, debit_account=account, description="Our fees")


@command
def plan_top_up(amount: Money) -> InstructionId:
    return planning.plan_top_up(amount, description="Refund reserve")


def a_top_up(amount: Money) -> Instruction:
    """The platform's own money, put in."""
    return dispatching.dispatch(plan_top_up(amount))


def a_payee(world: World, number: str = "1000000001") -> UUID:
    """A person who has finished onboarding."""
    person_id = a_person("Paula Payee").id
    payees.start_onboarding(person_id, "/account")
    ref = payees.payee(person_id).provider_ref
    db.session.rollback()
    assert ref is not None
    world.teller.onboard(ref, number)
    world.deliver()
    return person_id


def provider_total(part: str, currency: str = EUR) -> int:
    """What the ledger says the provider holds, in minor units."""
    total = ledger_queries.total(f"provider:simulator:{part}", currency)
    db.session.rollback()
    return total


def work_inbox() -> int:
    return inbox.work_inbox()
