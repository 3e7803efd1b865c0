"""The ledger recipes of escrow, one function each. Nothing else in escrow moves money.

charged      provider:pending    <- the instruction's account
refund       the instruction's account -> provider:available: held, then settled or voided
transfer     the same
returned     provider:available  <- the instruction's account: what was settled came back
reversed     provider:available  <- the instruction's account
payout       fees:platform -> provider:available: held, then settled or voided
topped up    provider:available  <- refund_reserve
fee          fees:provider       <- provider:pending     (from the statement, never guessed)
matured      provider:available  <- provider:pending     (when the statement says so)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow.queries import Instruction
from marketplace.infra.commands import step
from marketplace.infra.database import column, execute
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move

ACTOR: Final = "escrow"

# A line of the statement is booked once its instruction has succeeded here: its money must be
# there first.
_DUE: Final = """
    m.provider = %(provider)s AND i.id = m.instruction_id AND i.state = 'succeeded' AND {due}
"""
_CURRENCIES: Final = f"""
    SELECT DISTINCT m.currency FROM escrow_movement m, escrow_instruction i WHERE {_DUE}
"""  # noqa: S608 - our own constants
# Staged and marked in one statement, so that exactly what is booked is marked as booked.
_BOOK: Final = f"""
    WITH booked AS (
        UPDATE escrow_movement m SET {{done}} = true FROM escrow_instruction i
        WHERE {_DUE} AND m.currency = %(currency)s
        RETURNING m.id, m.instruction_id, m.currency, {{amount}} AS minor
    )
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'escrow.{{verb}}:' || id, %(debit)s, %(credit)s, currency, minor, '{{verb}}',
        'instruction:' || instruction_id
    FROM booked WHERE minor > 0
"""  # noqa: S608 - our own constants


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
    """How a column of the statement becomes journals: `debit` <- provider:pending."""

    verb: str
    amount: str
    due: str
    done: str
    debit: str

    @property
    def currencies(self) -> str:
        return _CURRENCIES.format(due=self.due)

    @property
    def book(self) -> str:
        return _BOOK.format(due=self.due, done=self.done, amount=self.amount, verb=self.verb)


_FEE: Final = _Recipe("fee", "m.fee_minor", "NOT m.fee_booked", "fee_booked", "fees:provider")
_MATURED: Final = _Recipe(
    "matured",
    "m.amount_minor - m.fee_minor",
    "NOT m.matured AND m.available_at <= %(at)s",
    "matured",
    "provider:{provider}:available",
)


def reserve_account(currency: str) -> int:
    """Return the account of the platform's own money that refunds may need."""
    return ledger.account("refund_reserve", currency)


@step
def book_charge(instruction: Instruction, at: datetime) -> None:
    """A person has paid: the provider holds it, the instruction's account owns it."""
    pending = _provider(instruction.provider, "pending", instruction.currency)
    _post("charged", instruction, Move(pending, instruction.account_id, instruction.amount, "charge"), at)  # fmt: skip  # noqa: E501


@step
def book_top_up(instruction: Instruction, at: datetime) -> None:
    """The platform has put its own money in."""
    available = _provider(instruction.provider, "available", instruction.currency)
    _post("topped_up", instruction, Move(available, instruction.account_id, instruction.amount, "top_up"), at)  # fmt: skip  # noqa: E501


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
    available = _provider(instruction.provider, "available", instruction.currency)
    _post("returned", instruction, Move(available, instruction.account_id, instruction.amount, "return"), at)  # fmt: skip  # noqa: E501


@step
def book_reversal(instruction: Instruction, at: datetime) -> None:
    """A transfer was taken back from its payee."""
    available = _provider(instruction.provider, "available", instruction.currency)
    _post("reversed", instruction, Move(available, instruction.account_id, instruction.amount, "reversal"), at)  # fmt: skip  # noqa: E501


@step
def book_fees(provider: str, at: datetime) -> int:
    """Book the fees of all mirrored movements that are not booked yet; returns how many."""
    return _staged(_FEE, provider, at)


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
                "credit": _provider(provider, "pending", currency),
            },
        )
        for currency in currencies
    )
    ledger.post_staged(actor=ACTOR, happened_at=at)
    return staged


def _post(verb: str, instruction: Instruction, move: Move, at: datetime) -> None:
    ledger.post(
        f"escrow.{verb}:{instruction.id}",
        [move],
        cause=instruction.cause,
        actor=ACTOR,
        happened_at=at,
    )


def _held(instruction: Instruction) -> str:
    return f"escrow.{instruction.kind}_held:{instruction.id}"


def _provider(name: str, part: str, currency: str) -> int:
    return ledger.account(f"provider:{name}:{part}", currency)
