"""The ledger recipes of escrow, one function each. Nothing else in escrow moves money.

charged      provider:pending    <- the instruction's account
refund       the instruction's account -> provider:available: held, then settled or voided
transfer     the same
returned     provider:available  <- the instruction's account: what was settled came back
reversed     provider:available  <- the instruction's account
payout       fees:platform -> provider:available: held, then settled or voided
topped up    provider:available  <- refund_reserve, or whose money the platform brings in
disputed     loss:chargeback     -> provider:available: a bank has taken a payment back
reinstated   provider:available  <- loss:chargeback: the dispute was won
recovered    the account of who had the money -> loss:chargeback, and back again
fee          fees:provider       <- provider:pending for a charge, provider:available for all
             else: disputes, lines of their own (from the statement, never guessed)
matured      provider:available  <- provider:pending     (when the statement says so)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow.queries import Instruction
from marketplace.escrow.queries.disputes import Dispute, Recovery
from marketplace.infra.commands import step
from marketplace.infra.database import column, execute
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move

ACTOR: Final = "escrow"

# A line of the statement is booked once what it is about is booked here: its money must be there
# first. That is an instruction, or a dispute, or nothing but the line itself.
_ORIGINS: Final = {
    "instruction": """FROM escrow_instruction o WHERE o.id = m.instruction_id
        AND o.state IN ('succeeded', 'returned')""",
    "dispute": """FROM escrow_dispute o WHERE o.provider = m.provider
        AND o.provider_ref = m.source_ref""",
    "line": "FROM escrow_mirror o WHERE o.provider = m.provider",
}
_CURRENCIES: Final = """
    SELECT DISTINCT m.currency FROM escrow_movement m
    WHERE m.provider = %(provider)s AND {due} AND EXISTS (SELECT {origin})
"""
# Staged and marked in one statement, so that exactly what is booked is marked as booked.
_BOOK: Final = """
    WITH booked AS (
        UPDATE escrow_movement m SET {done} = true {origin}
            AND m.provider = %(provider)s AND {due} AND m.currency = %(currency)s
        RETURNING m.id, {cause} AS cause, m.currency, {amount} AS minor
    )
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'escrow.{verb}:' || id, CASE WHEN minor > 0 THEN %(debit)s ELSE %(credit)s END,
        CASE WHEN minor > 0 THEN %(credit)s ELSE %(debit)s END, currency, abs(minor), '{verb}',
        cause
    FROM booked WHERE minor <> 0
"""


_REFUND_CURRENCIES: Final = """
    SELECT DISTINCT currency FROM escrow_instruction WHERE id = ANY(%(ids)s)
"""
_HOLD_REFUNDS: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'escrow.refund_held:' || id, account_id, %(credit)s, currency, amount_minor, kind, cause
    FROM escrow_instruction WHERE id = ANY(%(ids)s) AND currency = %(currency)s
"""


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a column of the statement becomes journals: `debit` <- `credit`, or back if negative."""

    verb: str
    origin: str
    amount: str
    due: str
    done: str
    cause: str
    debit: str
    credit: str

    @property
    def currencies(self) -> str:
        return _CURRENCIES.format(due=self.due, origin=_ORIGINS[self.origin])

    @property
    def book(self) -> str:
        return _BOOK.format(
            due=self.due,
            origin=_ORIGINS[self.origin],
            done=self.done,
            amount=self.amount,
            verb=self.verb,
            cause=self.cause,
        )


_OF_INSTRUCTION: Final = "'instruction:' || m.instruction_id"
_PENDING: Final = "provider:{provider}:pending"
_AVAILABLE: Final = "provider:{provider}:available"
_DISPUTED: Final = "m.kind IN ('dispute', 'dispute_reversal')"
_COST: Final = "fees:provider"
_FEES: Final = (
    _Recipe(
        verb="fee",
        origin="instruction",
        amount="m.fee_minor",
        due="NOT m.fee_booked AND m.kind = 'charge'",
        done="fee_booked",
        cause=_OF_INSTRUCTION,
        debit=_COST,
        credit=_PENDING,
    ),
    _Recipe(
        verb="fee",
        origin="instruction",
        amount="m.fee_minor",
        due=f"NOT m.fee_booked AND m.kind NOT IN ('charge', 'fee') AND NOT {_DISPUTED}",
        done="fee_booked",
        cause=_OF_INSTRUCTION,
        debit=_COST,
        credit=_AVAILABLE,
    ),
    _Recipe(
        verb="fee",
        origin="dispute",
        amount="m.fee_minor",
        due=f"NOT m.fee_booked AND {_DISPUTED}",
        done="fee_booked",
        cause="'dispute:' || o.id",
        debit=_COST,
        credit=_AVAILABLE,
    ),
    # A line of its own: what it takes is its amount, and a fee beside that.
    _Recipe(
        verb="fee",
        origin="line",
        amount="m.fee_minor - m.amount_minor",
        due="NOT m.fee_booked AND m.kind = 'fee'",
        done="fee_booked",
        cause="'movement:' || m.id",
        debit=_COST,
        credit=_AVAILABLE,
    ),
)
_MATURED: Final = _Recipe(
    verb="matured",
    origin="instruction",
    amount="m.amount_minor - m.fee_minor",
    due="NOT m.matured AND m.available_at <= %(at)s",
    done="matured",
    cause=_OF_INSTRUCTION,
    debit=_AVAILABLE,
    credit=_PENDING,
)


def reserve_account(currency: str) -> int:
    """Return the account of the platform's own money that refunds may need."""
    return ledger.account("refund_reserve", currency)


def loss_account(currency: str) -> int:
    """Return the account of what banks took back and nobody has made good."""
    return ledger.account("loss:chargeback", currency)


@step
def book_charge(instruction: Instruction, at: datetime) -> None:
    """A person has paid: the provider holds it, the instruction's account owns it."""
    _take_in(instruction, "pending", at, verb="charged", code="charge")


@step
def book_top_up(instruction: Instruction, at: datetime) -> None:
    """The platform has put money in: its own, or what it collected at a bank for somebody."""
    _take_in(instruction, "available", at, verb="topped_up", code="top_up")


@step
def hold_outgoing(instruction: Instruction, at: datetime) -> None:
    """Set aside what a refund or transfer will take, so that nobody else can spend it."""
    available = _provider(instruction.provider, "available", instruction.currency)
    ledger.hold(
        _held(instruction),
        [Move(instruction.account_id, available, instruction.amount, instruction.kind)],
        cause=instruction.cause,
        actor=ACTOR,
        happened_at=at,
    )


@step
def hold_refunds(ids: Sequence[UUID], provider: str, at: datetime) -> None:
    """Set aside what many refunds will take, as `hold_outgoing` does for each of them."""
    if not ids:
        return
    ledger.stage()
    for currency in column(_REFUND_CURRENCIES, {"ids": list(ids)}):
        available = _provider(provider, "available", currency)
        execute(_HOLD_REFUNDS, {"ids": list(ids), "currency": currency, "credit": available})
    ledger.hold_staged(actor=ACTOR, happened_at=at)


@step
def settle_outgoing(instruction: Instruction, at: datetime) -> None:
    """The provider has paid it: what was set aside is gone."""
    ledger.settle(
        f"escrow.{instruction.kind}_settled:{instruction.id}",
        _held(instruction),
        actor=ACTOR,
        happened_at=at,
    )


@step
def void_outgoing(instruction: Instruction, at: datetime) -> None:
    """The provider has not paid it: what was set aside is free again."""
    ledger.void(
        f"escrow.{instruction.kind}_voided:{instruction.id}",
        _held(instruction),
        actor=ACTOR,
        happened_at=at,
    )


@step
def book_return(instruction: Instruction, at: datetime) -> None:
    """What had been paid out has come back."""
    _take_in(instruction, "available", at, verb="returned", code="return")


@step
def book_reversal(instruction: Instruction, at: datetime) -> None:
    """A transfer was taken back from its payee."""
    _take_in(instruction, "available", at, verb="reversed", code="reversal")


@step
def book_dispute(dispute: Dispute, at: datetime) -> None:
    """A bank has taken a payment back from us."""
    available = _provider(dispute.provider, "available", dispute.currency)
    move = Move(loss_account(dispute.currency), available, dispute.amount, "dispute")
    _post_dispute(f"escrow.disputed:{dispute.id}", dispute, move, at)


@step
def book_reinstatement(dispute: Dispute, at: datetime) -> None:
    """A dispute was won: the bank has given the money back to us."""
    available = _provider(dispute.provider, "available", dispute.currency)
    move = Move(available, loss_account(dispute.currency), dispute.amount, "reinstatement")
    _post_dispute(f"escrow.reinstated:{dispute.id}", dispute, move, at)


@step
def book_recovery(recovery: Recovery, dispute: Dispute, at: datetime) -> None:
    """Who had the money of a disputed payment is charged for its loss."""
    amount = Money(recovery.amount_minor, dispute.currency)
    move = Move(recovery.from_account, loss_account(dispute.currency), amount, "recovery")
    _post_dispute(f"escrow.recovered:{recovery.id}", dispute, move, at)


@step
def book_giving_back(recovery: Recovery, dispute: Dispute, at: datetime) -> None:
    """The dispute was won: who was charged has it back."""
    amount = Money(recovery.amount_minor, dispute.currency)
    move = Move(loss_account(dispute.currency), recovery.back_account, amount, "given_back")
    _post_dispute(f"escrow.given_back:{recovery.id}", dispute, move, at)


@step
def book_fees(provider: str, at: datetime) -> int:
    """Book the fees of all mirrored movements that are not booked yet; returns how many."""
    return sum(_staged(recipe, provider, at) for recipe in _FEES)


@step
def book_matured(provider: str, at: datetime) -> int:
    """Move what the statement says is available by now; returns how many movements."""
    return _staged(_MATURED, provider, at)


def _staged(recipe: _Recipe, provider: str, at: datetime) -> int:
    params = {"provider": provider, "at": at}
    currencies = column(recipe.currencies, params)
    if not currencies:
        return 0
    ledger.stage()
    staged = sum(
        execute(
            recipe.book,
            params
            | {
                "currency": currency,
                "debit": ledger.account(recipe.debit.format(provider=provider), currency),
                "credit": ledger.account(recipe.credit.format(provider=provider), currency),
            },
        )
        for currency in currencies
    )
    ledger.post_staged(actor=ACTOR, happened_at=at)
    return staged


def _take_in(instruction: Instruction, part: str, at: datetime, *, verb: str, code: str) -> None:
    """The provider has the amount, and the instruction's account owns it."""
    cash = _provider(instruction.provider, part, instruction.currency)
    _post(verb, instruction, Move(cash, instruction.account_id, instruction.amount, code), at)


def _post(verb: str, instruction: Instruction, move: Move, at: datetime) -> None:
    ledger.post(
        f"escrow.{verb}:{instruction.id}",
        [move],
        cause=instruction.cause,
        actor=ACTOR,
        happened_at=at,
    )


def _post_dispute(operation_id: str, dispute: Dispute, move: Move, at: datetime) -> None:
    ledger.post(operation_id, [move], cause=f"dispute:{dispute.id}", actor=ACTOR, happened_at=at)


def _held(instruction: Instruction) -> str:
    return f"escrow.{instruction.kind}_held:{instruction.id}"


def _provider(name: str, part: str, currency: str) -> int:
    return ledger.account(f"provider:{name}:{part}", currency)
