"""A bank that holds the money: its statements as files, and the site that banks with it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID
from xml.sax.saxutils import escape

from flask import Flask

from marketplace import wiring
from marketplace.escrow import gateway
from marketplace.escrow.adapters.bank import BankGateway, House
from marketplace.escrow.bank_files.orders import Account
from marketplace.escrow.gateway import Seen
from marketplace.escrow.orders import RefundOrder, TopUpOrder, TransferOrder
from marketplace.escrow.queries import bank
from marketplace.escrow.queries.bank import OrderRow
from marketplace.escrow.services import bank_orders, payees, statements
from marketplace.escrow.services.statements import Imported
from marketplace.infra import jobs, settings
from marketplace.infra.database import db
from marketplace.infra.events import Event, subscribe
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.money import Money
from tests.builders.escrow import kinds_of_events, listener
from tests.builders.identity import a_finance_officer, a_person

OURS = "DE89370400440532013000"
THEIRS = "GB82WEST12345698765432"
PAYEES = "NL91ABNA0417164300"
HOUSE = House(
    Account(OURS, "COBADEFFXXX", "Kindling escrow account"),
    bank="Hanse Depository Bank",
    currency="EUR",
    is_escrow_in_law=True,
    own_iban="FR1420041010050500013M02606",
)


@dataclass
class Booking:
    """One entry of a statement as the bank writes it."""

    ref: str
    minor: int
    text: str = ""
    end: str = ""
    returned: str = ""
    name: str = "Ada Lovelace"
    iban: str = THEIRS
    on: date | None = None

    def xml(self) -> str:
        side = "Dbtr" if self.minor > 0 else "Cdtr"
        sign = "CRDT" if self.minor > 0 else "DBIT"
        back = f"<RtrInf><Rsn><Cd>{self.returned}</Cd></Rsn></RtrInf>" if self.returned else ""
        return (
            f'<Ntry><Amt Ccy="EUR">{abs(self.minor) / 100:.2f}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{self.on or clock.now().date()}</Dt></BookgDt>"
            f"<AcctSvcrRef>{self.ref}</AcctSvcrRef><NtryDtls><TxDtls>"
            f"<Refs><EndToEndId>{self.end or 'NOTPROVIDED'}</EndToEndId></Refs>"
            f"<RltdPties><{side}><Pty><Nm>{escape(self.name)}</Nm></Pty></{side}>"
            f"<{side}Acct><Id><IBAN>{self.iban}</IBAN></Id></{side}Acct></RltdPties>"
            f"<RmtInf><Ustrd>{escape(self.text)}</Ustrd></RmtInf>{back}"
            "</TxDtls></NtryDtls></Ntry>"
        )


def a_camt(
    bookings: Sequence[Booking], *, opening: int = 0, account: str = OURS, number: int = 1
) -> str:
    """A CAMT.053 file with one statement."""
    closing = opening + sum(each.minor for each in bookings)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<Stmt><Id>2026-{number}</Id><Acct><Id><IBAN>{account}</IBAN></Id></Acct>"
        f"{_balance('OPBD', opening)}{_balance('CLBD', closing)}"
        f"{''.join(each.xml() for each in bookings)}</Stmt></BkToCstmrStmt></Document>"
    )


def _balance(code: str, minor: int) -> str:
    sign = "CRDT" if minor >= 0 else "DBIT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="EUR">{abs(minor) / 100:.2f}</Amt><CdtDbtInd>{sign}</CdtDbtInd></Bal>'
    )


@dataclass
class BankWorld:
    """The site beside a bank account: what was booked on it, and what escrow has announced."""

    app: Flask
    told: list[Event] = field(default_factory=list)
    balance: int = 0
    statements: int = 0

    def told_of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.told if type(event) is kind]

    def brings(self, *bookings: Booking, text: str | None = None) -> Imported:
        """An officer brings a statement with these bookings; everything queued is done."""
        self.statements += 1
        written = text or a_camt(bookings, opening=self.balance, number=self.statements)
        brought = statements.bring(
            "statement.xml", written, account=OURS, by=officer(), now=clock.now()
        )
        self.balance += sum(each.minor for each in bookings)
        jobs.run_due()
        return brought

    def reference(self, operation_id: str) -> str:
        """What the payer is asked to write."""
        found = bank.order_of(operation_id)
        db.session.rollback()
        assert found is not None
        assert found.reference is not None
        return found.reference


@contextmanager
def a_bank_world(app: Flask) -> Iterator[BankWorld]:
    """This process banks with `HOUSE` until the end of the block."""
    world, former, known = BankWorld(app), gateway.current(), settings.current_settings()
    settings.install(
        replace(
            known,
            escrow_provider="bank",
            bank_iban=OURS,
            bank_bic=HOUSE.account.bic,
            bank_holder=HOUSE.account.holder,
            bank_name=HOUSE.bank,
        )
    )
    gateway.install(BankGateway(HOUSE, "http://localhost"))
    subscribe({kind: [listener(world.told, kind)] for kind in kinds_of_events()})
    try:
        yield world
    finally:
        gateway.install(former)
        settings.install(known)
        wiring.tell_everybody()


def officer() -> Actor:
    return a_finance_officer().as_actor()


def a_bank_payee(iban: str = PAYEES) -> UUID:
    """A person who has told their account."""
    person_id = a_person("Paula Payee").id
    payees.start_onboarding(person_id, "/account")
    ref = payees.payee(person_id).provider_ref
    db.session.rollback()
    assert ref is not None
    bank_orders.tell_account(
        int(ref.partition("_")[2]), holder="Paula Payee", iban=iban, now=clock.now()
    )
    payees.refresh(person_id)
    return person_id


def cents(minor: int) -> Money:
    return Money(minor, "EUR")


class PromptBank(BankGateway):
    """The bank's adapter with officers who carry each order to the bank and back at once."""

    def __init__(self) -> None:
        super().__init__(HOUSE, "http://localhost")

    def refund(self, order: RefundOrder) -> Seen:
        return self._carried(super().refund(order))

    def transfer(self, order: TransferOrder) -> Seen:
        return self._carried(super().transfer(order))

    def top_up(self, order: TopUpOrder) -> Seen:
        return self._carried(super().top_up(order))

    def _carried(self, seen: Seen) -> Seen:
        carry(seen.ref)
        return self.read(seen.kind, seen.ref)


_refs = itertools.count(1)


def bring(booking: Booking) -> None:
    """An officer brings a statement with one line."""
    number = next(_refs)
    booking.ref = booking.ref or f"L{number}"
    written = a_camt([booking], number=number).replace("CLBD", "XXXX")  # no closing balance told
    statements.bring("one.xml", written, account=OURS, by=officer(), now=clock.now())


def carry(ref: str) -> None:
    """The bank books an open order."""
    order = _order(ref)
    if order.state not in {"open", "exported"}:
        return
    if order.kind in bank.PAYS_IN:
        bring(Booking("", order.amount_minor, order.reference or ""))
    else:
        bring(Booking("", -order.amount_minor, end=order.operation_id))


def carry_all() -> None:
    """The bank books every payment that waits."""
    waiting = bank.orders_in(("open", "exported"), outgoing=True)
    db.session.rollback()
    for order in waiting:
        carry(f"bo_{order.id}")


def send_back(ref: str) -> None:
    """What was paid comes back."""
    order = _order(ref)
    bring(Booking("", order.amount_minor, end=order.operation_id, returned="AC04"))


def refunds_of(line_id: int) -> list[str]:
    """The refunds of one payment that were carried out."""
    done = bank.orders_in(("done",), outgoing=True)
    db.session.rollback()
    return [f"bo_{each.id}" for each in done if _pays_back(each.id) == line_id]


def _pays_back(order_id: int) -> int | None:
    found: int | None = db.session.execute(
        db.text("SELECT payment_line_id FROM bank_order WHERE id = :id"), {"id": order_id}
    ).scalar()
    db.session.rollback()
    return found


def _order(ref: str) -> OrderRow:
    found = bank.order(int(ref.partition("_")[2]))
    db.session.rollback()
    return found


@contextmanager
def at_bank(provider: BankGateway) -> Iterator[None]:
    """What orders queue is meant for this bank until the end of the block."""
    former = gateway.current()
    gateway.install(provider)
    try:
        yield
    finally:
        gateway.install(former)
