"""A borrower shows what was paid at a bank. Nothing moves by that: officers look for the money."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.infra import files, transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, flush
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.loans import papers
from marketplace.loans.events import VoucherUploaded
from marketplace.loans.models import Loan, Voucher
from marketplace.loans.services.moving import locked_loan, once
from marketplace.loans.states import VOUCHER, LoanState, VoucherState
from marketplace.loans.vouchers import SAME_BITS, Told, look, reference, told_refusals

OPEN_MAX: Final = 10
DEAD: Final = (VoucherState.REJECTED.value, VoucherState.WITHDRAWN.value)
_OPEN: Final = (VoucherState.UPLOADED, VoucherState.MATCHED, VoucherState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Image:
    """A stored image of a voucher that has no row yet; `look` is None for a PDF."""

    content_type: str
    key: str
    sha256: str
    look: int | None


def prepare(data: bytes) -> Image:
    """Check what was sent and store what is kept of it, privately; outside any transaction."""
    paper = papers.read(data)
    key = files.store(paper.data, paper.content_type, shelf=files.PRIVATE)
    seen = look(paper.data) if paper.content_type == papers.PICTURE else None
    return Image(paper.content_type, key, hashlib.sha256(paper.data).hexdigest(), seen)


@command
def upload(
    actor: Actor, loan_id: UUID, told: Told, image: Image, *, form_key: str, now: datetime
) -> UUID:
    """Show a payment made at a bank for my loan; the same form again is the same voucher.

    Refused: a loan that is not being repaid, facts that cannot be, more than ten that wait, and
    a reference or an image that was shown already, by whomever.
    """
    once(actor.known(), form_key)
    if (same := _same_form(actor.known(), form_key)) is not None:
        return same
    loan = locked_loan(loan_id, borrower_id=actor.known())
    if loan.state != LoanState.ACTIVE or loan.disbursed_on is None:
        raise Refusal("voucher_not_running")
    refuse_if(
        told_refusals(
            told, disbursed_on=loan.disbursed_on, today=now.date(), currency=loan.currency
        )
    )
    _refuse_known(loan, told, image)
    voucher = _new(loan, told, image, form_key, now)
    db.session.add(voucher)
    db.session.flush()
    announce(VoucherUploaded(voucher.id, loan.id, loan.borrower_id))
    return voucher.id


@command
def withdraw(actor: Actor, voucher_id: UUID, *, now: datetime) -> None:
    """Take back a voucher that nobody has confirmed yet."""
    voucher = locked_voucher(voucher_id)
    if voucher.borrower_id != actor.known():
        raise NotFound(str(voucher_id))
    move_voucher(voucher, "withdraw", by="borrower", actor=actor, now=now)


@step
def locked_voucher(voucher_id: UUID) -> Voucher:
    """Return the voucher, locked for this command."""
    query = select(Voucher).where(Voucher.id == voucher_id).with_for_update()
    found = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(str(voucher_id))
    return found


@step
def move_voucher(
    voucher: Voucher, move: str, *, by: str, actor: Actor, now: datetime, reason: str | None = None
) -> None:
    """Make one move of the voucher's machine and write it down."""
    after = transitions.go(
        VOUCHER, voucher.id, voucher.state, move, by=(by,), actor=actor, at=now, reason=reason
    )
    voucher.state, voucher.changed_at = after.value, now


def _new(loan: Loan, told: Told, image: Image, form_key: str, now: datetime) -> Voucher:
    return Voucher(
        id=new_id(),
        loan_id=loan.id,
        borrower_id=loan.borrower_id,
        form_key=form_key,
        state=VoucherState.UPLOADED.value,
        amount_minor=told.amount.minor,
        currency=loan.currency,
        paid_on=told.paid_on,
        bank_ref=reference(told.bank_ref),
        content_type=image.content_type,
        key=image.key,
        sha256=image.sha256,
        look=image.look,
        uploaded_at=now,
        changed_at=now,
    )


@step
def _refuse_known(loan: Loan, told: Told, image: Image) -> None:
    flush()
    living = select(Voucher.id).where(Voucher.state.not_in(DEAD))
    waiting = living.where(Voucher.loan_id == loan.id, Voucher.state.in_(_OPEN))
    if len(db.session.scalars(waiting).all()) >= OPEN_MAX:
        raise Refusal("vouchers_too_many", at_most=OPEN_MAX)
    same_ref = living.where(
        Voucher.currency == loan.currency, Voucher.bank_ref == reference(told.bank_ref)
    )
    if db.session.scalars(same_ref.limit(1)).first():
        raise Refusal("voucher_reference_known", "bank_ref")
    if _is_known(image, told):
        raise Refusal("voucher_image_known", "document")


@step
def _is_known(image: Image, told: Told) -> bool:
    """Whether this very file, or a picture that looks the same, was shown before."""
    sql = """
        SELECT 1 FROM voucher WHERE state <> ALL(%(dead)s) AND (sha256 = %(sha256)s
            OR amount_minor = %(amount)s AND currency = %(currency)s
                AND bit_count((look # %(look)s::bigint)::bit(64)) <= %(same)s) LIMIT 1
    """
    facts = {"amount": told.amount.minor, "currency": told.amount.currency, "same": SAME_BITS}
    params = {"dead": list(DEAD), "sha256": image.sha256, "look": image.look}
    return bool(column(sql, params | facts))


@step
def _same_form(borrower_id: UUID, form_key: str) -> UUID | None:
    query = select(Voucher.id).where(
        Voucher.borrower_id == borrower_id, Voucher.form_key == form_key
    )
    return db.session.scalars(query).one_or_none()
