"""Bills of the demo world that are paid at a bank: the slip, the statement, the officer."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

from marketplace.demo.prints.slips import draw_slip
from marketplace.demo.stage import Agenda, Stage
from marketplace.escrow.bank_files.lines import BankStatement, Line
from marketplace.infra.database import db
from marketplace.infra.settings import current_settings
from marketplace.kernel.actors import Actor
from marketplace.kernel.money import Money
from marketplace.loans.queries import borrower as bills
from marketplace.loans.queries import vouchers as queries
from marketplace.loans.services import collecting_lines, proving, vouchers
from marketplace.loans.vouchers import Told

# What somebody sent without a voucher, and without a word that says for which loan.
_UNKNOWN_NAME, _UNKNOWN_WORDS, _UNKNOWN_AMOUNT = "K. Dubois", "Rate, wie besprochen", "180"
_UNKNOWN_NOTE: Final = "Meant for another company. The bank takes it back."


def show(stage: Stage, on_day: Agenda, borrower: Actor, loan_id: UUID) -> None:
    """Let a borrower pay the oldest open bill at a bank and show the slip.

    The bank's statement is brought the day after; the day after that an officer confirms.
    """
    bill = bills.open_bills(loan_id)[0]
    db.session.rollback()
    told = Told(bill.amount, stage.now.date(), f"NB-{stage.now:%y%j}-{bill.n:04}")
    drawn = draw_slip(bill.n, str(told.amount), told.paid_on, told.bank_ref)
    image = vouchers.prepare(drawn)
    shown = vouchers.upload(
        borrower, loan_id, told, image, form_key=stage.form_key(), now=stage.now
    )
    on_day(stage.day + 1, partial(_bring_statement, stage, told, borrower.label))
    on_day(stage.day + 2, partial(_confirm, stage, shown))


def _bring_statement(stage: Stage, told: Told, payer: str) -> None:
    number = f"{stage.now:%y%j}"
    unknown = Money.of(_UNKNOWN_AMOUNT, told.amount.currency)
    lines = (
        Line(f"{number}/1", told.paid_on, told.amount, name=payer, remittance=told.bank_ref),
        Line(f"{number}/2", told.paid_on, unknown, name=_UNKNOWN_NAME, remittance=_UNKNOWN_WORDS),
    )
    ours = current_settings().collection_accounts
    collecting_lines.bring(
        stage.cast["finance_officer"],
        [BankStatement(ours[0], number, told.amount.currency, lines)],
        ours=ours,
        now=stage.now,
    )


def _confirm(stage: Stage, voucher_id: UUID) -> None:
    line_id = queries.voucher(voucher_id).line_id
    db.session.rollback()
    if line_id is None:
        raise LookupError(str(voucher_id))
    officer, unknown = stage.cast["finance_officer"], queries.unmatched(after=None, limit=10)
    db.session.rollback()
    proving.confirm(officer, voucher_id, seen_line_id=line_id, now=stage.now)
    for line in unknown:
        collecting_lines.set_aside(officer, line.id, note=_UNKNOWN_NOTE, now=stage.now)
