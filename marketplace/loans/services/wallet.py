"""A person's wallet: money comes in by the provider and goes out to the person's own bank."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.escrow.queries import disputes
from marketplace.escrow.services import payees, planning
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import PROVIDER, Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import InstructionId, new_id, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.loans.events import WithdrawalFailed, WithdrawalSettled
from marketplace.loans.models import WalletOrder
from marketplace.loans.queries import owed
from marketplace.loans.services.moving import once
from marketplace.loans.states import WALLET_ORDER, OrderState

WITHDRAW_FROM_MIN: Final = 1_000
"""The least amount, in minor units, from which on a wallet may pay itself out."""
_CHECKOUT_MINUTES: Final = 60


@command
def top_up(actor: Actor, *, amount: Money, form_key: str, now: datetime) -> UUID:
    """Plan a checkout that pays into the wallet; returns the order."""
    order, is_new = _order(actor.known(), "top_up", amount, form_key, now)
    if is_new:
        ref = public_id("ord", order.id)
        order.instruction_id = planning.plan_checkout(
            purpose="wallet",
            subject_id=order.id,
            person_id=order.person_id,
            amount=amount,
            credit_account=_account(order),
            description="Wallet",
            return_path=f"/my/wallet/orders/{ref}/return",
            cancel_path="/my/wallet",
            expires_at=now + timedelta(minutes=_CHECKOUT_MINUTES),
            cause=f"person:{order.person_id}",
        )
    return order.id


@command
def withdraw(actor: Actor, *, amount: Money, form_key: str, now: datetime) -> UUID:
    """Send wallet money to the person's bank; held in the ledger until the provider has paid."""
    order, is_new = _order(actor.known(), "withdrawal", amount, form_key, now)
    if not is_new:
        return order.id
    if owes(order.person_id, amount.currency):
        raise Refusal("wallet_owes", "amount")
    if payees.payee(order.person_id).state != "ready":
        raise Refusal("payee_missing")
    try:
        order.instruction_id = _plan_withdrawal(order)
    except Refusal as refusal:
        if refusal.code == "overdraft":
            raise Refusal("withdraw_short", "amount") from None
        raise
    return order.id


@command
def prefer(actor: Actor, *, currency: str, withdraw_from: Money | None, now: datetime) -> None:
    """Let a wallet pay itself out from so much on, or never again (None).

    Less than `WITHDRAW_FROM_MIN` is refused: each payout costs somebody something.
    """
    if withdraw_from is not None and withdraw_from.minor < WITHDRAW_FROM_MIN:
        least = Money(WITHDRAW_FROM_MIN, currency)
        raise Refusal("threshold_too_low", "withdraw_from", at_least=least)
    minor = None if withdraw_from is None else withdraw_from.minor
    execute(
        """
        INSERT INTO wallet_preference (person_id, currency, withdraw_from_minor, changed_at)
        VALUES (%s, %s, %s, %s)
        ON CONFLICT (person_id, currency) DO UPDATE
        SET withdraw_from_minor = excluded.withdraw_from_minor, changed_at = excluded.changed_at
        """,
        (actor.known(), currency, minor, now),
    )


def preference(person_id: UUID, currency: str) -> Money | None:
    """Return from how much on a wallet pays itself out; None where it does not."""
    minor = scalar(
        "SELECT min(withdraw_from_minor) FROM wallet_preference"
        " WHERE person_id = %s AND currency = %s",
        (person_id, currency),
    )
    return None if minor is None else Money(int(minor), currency)


@step
def send_out_once(person_id: UUID, *, amount: Money, form_key: str, now: datetime) -> bool:
    """Pay wallet money out, unasked; False where `form_key` was used before."""
    order, is_new = _order(person_id, "withdrawal", amount, form_key, now)
    if is_new:
        order.instruction_id = _plan_withdrawal(order)
    return is_new


@step
def send_out(person_id: UUID, *, amount: Money, form_key: str, now: datetime) -> UUID:
    """Pay wallet money out to its owner's bank, unasked; once for each `form_key`."""
    order, is_new = _order(person_id, "withdrawal", amount, form_key, now)
    if is_new:
        order.instruction_id = _plan_withdrawal(order)
    return order.id


@command
def settle(order_id: UUID, *, now: datetime) -> None:
    """The money has arrived where it was going."""
    order = locked(order_id)
    if order.state in {OrderState.WAITING, OrderState.EXPIRED}:
        move(order, "settle", now)
        if order.kind == "withdrawal":
            announce(WithdrawalSettled(order.id, order.person_id))


@command
def expire(order_id: UUID, *, now: datetime) -> None:
    """Nobody paid the top-up."""
    order = locked(order_id)
    if order.state == OrderState.WAITING:
        move(order, "expire", now)


@command
def fail(order_id: UUID, *, reason: str, now: datetime) -> None:
    """The provider could not pay out; escrow has given the money back to the wallet."""
    order = locked(order_id)
    if order.state == OrderState.WAITING:
        order.reason = reason
        move(order, "fail", now)
        announce(WithdrawalFailed(order.id, order.person_id))


def owes(person_id: UUID, currency: str) -> bool:
    """Whether something is still to be taken from a wallet: for its bank, or a correction."""
    amounts = (disputes.owed_by(person_id, currency), owed.after_corrections(person_id, currency))
    return any(amount.is_positive for amount in amounts)


@step
def _plan_withdrawal(order: WalletOrder) -> InstructionId:
    return planning.plan_transfer(
        purpose="withdrawal",
        subject_id=order.id,
        person_id=order.person_id,
        amount=order.amount,
        debit_account=_account(order),
        cause=f"person:{order.person_id}",
        description="Wallet",
    )


@step
def _order(
    person_id: UUID, kind: str, amount: Money, form_key: str, now: datetime
) -> tuple[WalletOrder, bool]:
    once(person_id, form_key)
    query = select(WalletOrder).where(
        WalletOrder.person_id == person_id, WalletOrder.form_key == form_key
    )
    if (found := db.session.scalars(query).one_or_none()) is not None:
        return found, False
    order = WalletOrder(
        id=new_id(),
        person_id=person_id,
        form_key=form_key,
        kind=kind,
        state=OrderState.WAITING.value,
        amount_minor=amount.minor,
        currency=amount.currency,
        created_at=now,
    )
    db.session.add(order)
    db.session.flush()
    return order, True


@step
def locked(order_id: UUID) -> WalletOrder:
    """Return an order, locked until the end of the transaction."""
    query = select(WalletOrder).where(WalletOrder.id == order_id).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(str(order_id))
    return found


@step
def move(order: WalletOrder, verb: str, at: datetime) -> None:
    """Make one move of the order's machine and write it down."""
    after = transitions.go(
        WALLET_ORDER, order.id, order.state, verb, by=("provider",), actor=PROVIDER, at=at
    )
    order.state, order.closed_at = after.value, at


def _account(order: WalletOrder) -> int:
    return ledger.account("person:wallet", order.currency, order.person_id)


def instruction_of(order_id: UUID) -> InstructionId | None:
    """Return the provider instruction behind an order."""
    order = db.session.get(WalletOrder, order_id)
    found = None if order is None else order.instruction_id
    return None if found is None else InstructionId(found)
