"""Loans at the end of their funding: paid out when full, everyone refunded when not.

    listed ──all paid and binding──▶ funded ──books closed──▶ disbursing ──provider paid──▶ active
       └────deadline, too little──▶ expired ──last lender has the money──▶ refunded

A loan whose borrower takes less too is funded at the deadline with what there is. While a part
that is needed may still be withdrawn nothing is decided.

One transaction a loan and step; each step looks at where the loan stands and does nothing when
it is done already, so a run may be killed and repeated anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import outgoing
from marketplace.escrow.services import dispatching, planning
from marketplace.escrow.services.planning import RefundPlan
from marketplace.escrow.states import PayeeState, State
from marketplace.infra.commands import command, rehearsing, step
from marketplace.infra.database import column, driver
from marketplace.infra.logs import log
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money
from marketplace.kernel.rates import bps_of
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.loans.funding import Ending, ending
from marketplace.loans.models import Loan
from marketplace.loans.services import disbursing, investing, offering, reflecting, servicing
from marketplace.loans.services.moving import escrow_of, locked_loan
from marketplace.loans.services.servicing import Part
from marketplace.loans.states import LoanState
from marketplace.settlement.lines import Line

ACTOR: Final = "settlement"
# A checkout begun in time may be paid a little later; news of it may take a while.
PATIENCE: Final = timedelta(minutes=15)
RETRY_AFTER: Final = timedelta(hours=12)
ATTEMPTS_MAX: Final = 10
BATCH: Final = 500


def close_due_fundings(now: datetime) -> list[Line]:
    """Take every loan whose funding is over as far as it can be taken at `now`."""
    offering.lapse_due(now=now)
    _free_unpaid_parts(now)
    _end_reflections(now)
    stages: tuple[tuple[str, Callable[[UUID, datetime], list[Line]]], ...] = (
        (_OVERDUE, end_funding),
        (_FULL, close_funding),
        (_UNPAID_OUT, disburse),
        (_EXPIRED, finish_refunds),
    )
    lines: list[Line] = []
    for sql, act in stages:
        for loan_id in column(sql, {"now": now, "retry": now - RETRY_AFTER, "limit": BATCH}):
            lines += _guarded(act, loan_id, now)
    return lines


_FULL = """
    SELECT id FROM loan WHERE state = 'funded' AND debt_account IS NULL
    ORDER BY funded_at, id LIMIT %(limit)s
"""
_UNPAID_OUT = """
    SELECT id FROM loan WHERE state = 'funded' AND debt_account IS NOT NULL
      AND (disburse_attempts = 0 OR changed_at < %(retry)s)
    ORDER BY EXISTS (SELECT FROM disbursement_proposal p
        WHERE p.loan_id = loan.id AND p.state = 'approved') DESC, funded_at, id
    LIMIT %(limit)s
"""
_OVERDUE = """
    SELECT id FROM loan l WHERE state = 'listed' AND funding_until <= %(now)s
      AND NOT EXISTS (SELECT 1 FROM commitment c WHERE c.loan_id = l.id
                      AND c.state = 'awaiting_payment')
      AND (withdrawn_at IS NOT NULL
           OR reserved_minor < coalesce(take_min_minor, amount_minor)
           OR NOT EXISTS (SELECT 1 FROM commitment c WHERE c.loan_id = l.id
                          AND c.state = 'in_reflection'))
    ORDER BY funding_until, id LIMIT %(limit)s
"""
_EXPIRED = "SELECT id FROM loan WHERE state = 'expired' ORDER BY id LIMIT %(limit)s"
_UNPAID_PARTS = """
    SELECT id, instruction_id FROM commitment
    WHERE state = 'awaiting_payment' AND expires_at <= %s ORDER BY id LIMIT 500
"""


@command
def close_funding(loan_id: UUID, now: datetime) -> list[Line]:
    """Close the books of a full loan: notes for the lenders, the money for the borrower.

    One journal: what lenders paid in goes to the borrower's account less the fee, and the debt
    is written against one claim a note.
    """
    loan = locked_loan(loan_id)
    if loan.state != LoanState.FUNDED or loan.debt_account is not None:
        return []
    parts = servicing.paid_parts(loan_id)
    _must_be_whole(loan, parts)
    loan.payable_account = ledger.account("borrower:payable", loan.currency, loan.id)
    loan.debt_account = ledger.account("loan:debt", loan.currency, loan.id)
    note_ids = servicing.fresh_ids(len(parts))
    lenders = sorted({part.lender_id for part in parts})
    wallets = ledger.accounts("person:wallet", loan.currency, lenders)
    claims = ledger.accounts("note:claim", loan.currency, note_ids)
    servicing.make_notes(loan, parts, note_ids=note_ids, wallets=wallets, claims=claims, now=now)
    fee = bps_of(loan.amount, loan.origination_fee_bps)
    _post_closing(loan, parts, [claims[note_id] for note_id in note_ids], fee, now)
    return [
        _line("loan.closed", loan, amount=loan.amount, note=f"{len(parts)} notes"),
        _line("loan.fee", loan, amount=fee, note="origination fee"),
    ]


@command
def disburse(loan_id: UUID, now: datetime, *, insisting: bool = False) -> list[Line]:
    """Ask the provider to pay the borrower, once the borrower has said where.

    The contract must be signed and two officers must have approved this very payout. After too
    many tries nobody asks any more, unless an officer is `insisting`.
    """
    loan = locked_loan(loan_id)
    if loan.state != LoanState.FUNDED or loan.payable_account is None:
        return []
    if loan.withdrawn_at is not None:
        return [_line("loan.waits", loan, note="its borrower called it off")]
    net = loan.amount - bps_of(loan.amount, loan.origination_fee_bps)
    if escrow.payee(loan.borrower_id).state is not PayeeState.READY:
        return [_line("loan.waits", loan, amount=net, note="no payout account yet")]
    if why := disbursing.holds_up(loan, now):
        return [_line("loan.waits", loan, amount=net, note=why)]
    if loan.disburse_attempts >= ATTEMPTS_MAX and not insisting:
        return [_line("loan.stuck", loan, amount=net, note="the payout failed too often")]
    servicing.start_disbursement(loan, now=now)
    planning.plan_transfer(
        purpose="disbursement",
        subject_id=loan.id,
        person_id=loan.borrower_id,
        amount=net,
        debit_account=loan.payable_account,
        cause=f"loan:{loan.id}",
        description=loan.title,
        sequence=loan.disburse_attempts,
    )
    return [Line("loan.disburse", public_id("ln", loan.id), loan.borrower_id, net)]


@command
def end_funding(loan_id: UUID, now: datetime) -> list[Line]:
    """Decide about a loan whose time is over: lent as it is, lent smaller, or all given back."""
    loan = locked_loan(loan_id)
    if loan.state != LoanState.LISTED:
        return []
    if loan.withdrawn_at is not None:
        return _expire(loan, now, note="its borrower called it off", reason="called_off")
    match ending(reflecting.standing(loan), now):
        case Ending.WAIT:
            return []
        case Ending.EXPIRE:
            return _expire(loan, now)
        case Ending.FUND:
            reflecting.fund(loan, now=now)
            return [_line("loan.funded", loan, amount=loan.amount, note="all parts are binding")]
        case Ending.FUND_SMALLER:
            asked = loan.amount
            reflecting.fund_smaller(loan, now=now)
            return [_line("loan.smaller", loan, amount=loan.amount, note=f"{asked} was asked for")]


@step
def _expire(
    loan: Loan, now: datetime, *, note: str = "not funded in time", reason: str = "not_funded"
) -> list[Line]:
    """Give everything back: wallet money at once in one posting, the rest through the provider."""
    parts = servicing.expire_loan(loan, now=now)
    head = _line("loan.expired", loan, note=note)
    return [head, *give_parts_back(loan, parts, now, reason=reason)]


@step
def give_parts_back(loan: Loan, parts: Sequence[Part], now: datetime, *, reason: str) -> list[Line]:
    """Give parts that are being refunded back: wallet money at once, the rest by the provider.

    A payment that has taken other money of its owner's back meanwhile has no room for its part:
    that goes to the wallet, and leaves from there.
    """
    room = outgoing.room([part.instruction_id for part in parts if part.instruction_id])
    returned = [part for part in parts if _has_room(part, room)]
    kept = [part for part in parts if not _has_room(part, room)]
    _back_to_wallets(loan, kept, now)
    servicing.mark_refunded_to_wallet(loan, kept, now=now)
    planning.plan_refunds([_refund(loan, part, reason) for part in returned])
    investing.close_if_refunded(loan.id, now=now)
    lines = [_refund_line(loan, part, "to the wallet") for part in kept]
    return lines + [_refund_line(loan, part, "through the provider") for part in returned]


def _has_room(part: Part, room: Mapping[UUID, int]) -> bool:
    if part.source == "wallet" or part.instruction_id is None:
        return False
    return room[part.instruction_id] >= part.amount_minor


@command
def finish_refunds(loan_id: UUID, now: datetime) -> list[Line]:
    """Close an expired loan whose lenders all have their money."""
    loan = locked_loan(loan_id)
    investing.close_if_refunded(loan_id, now=now)
    if loan.state != LoanState.REFUNDED:
        return []
    return [_line("loan.refunded", loan, note="every lender has the money")]


def _free_unpaid_parts(now: datetime) -> None:
    """Give back the parts whose checkout nobody paid; where the news was lost, count them now."""
    for commitment_id, checkout_id in driver().execute(_UNPAID_PARTS, (now - PATIENCE,)).fetchall():
        if checkout_id is not None and _was_paid(checkout_id):
            amount = escrow.instruction(checkout_id).amount
            investing.mark_paid(commitment_id, checkout_id, amount=amount, now=now)
        else:
            investing.expire(commitment_id, now=now)


def _end_reflections(now: datetime) -> None:
    """Make parts binding whose lenders did not think better of it; full loans are funded."""
    for loan_id in reflecting.loans_with_reflections_over(now, limit=BATCH):
        reflecting.confirm_due(loan_id, now=now)


def _was_paid(checkout_id: UUID) -> bool:
    """Close a checkout at the provider and return whether somebody was quicker and paid."""
    closed = escrow.instruction(checkout_id) if rehearsing() else dispatching.withdraw(checkout_id)
    return State(closed.state) is State.SUCCEEDED


def _guarded(
    act: Callable[[UUID, datetime], list[Line]], loan_id: UUID, now: datetime
) -> list[Line]:
    """Do one act; a loan whose books do not add up is named and left, the others go on."""
    try:
        return act(loan_id, now)
    except Broken as trouble:
        log("settlement").error("loan stopped", loan=str(loan_id), why=str(trouble))
        return [Line("loan.stopped", public_id("ln", loan_id), None, None, str(trouble))]


@step
def _must_be_whole(loan: Loan, parts: Sequence[Part]) -> None:
    total = sum(part.amount_minor for part in parts)
    held = ledger_queries.balance(escrow_of(loan)).available_minor
    if not total == loan.amount_minor == loan.reserved_minor <= held:
        raise Broken(f"{total} of {loan.amount_minor} is reserved, {held} is held")


@step
def _post_closing(
    loan: Loan, parts: Sequence[Part], claims: Sequence[int], fee: Money, now: datetime
) -> None:
    ledger.stage()
    rows = [
        (escrow_of(loan), loan.payable_account, (loan.amount - fee).minor, "funding"),
        (escrow_of(loan), ledger.account("fees:platform", loan.currency), fee.minor, "fee"),
        *(
            (loan.debt_account, claim, part.amount_minor, "claim")
            for part, claim in zip(parts, claims, strict=True)
        ),
    ]
    _stage(f"settlement.funding:{loan.id}", f"loan:{loan.id}", loan.currency, rows)
    ledger.post_staged(actor=ACTOR, happened_at=now)


@step
def _back_to_wallets(loan: Loan, parts: Sequence[Part], now: datetime) -> None:
    if not parts:
        return
    wallets = ledger.accounts(
        "person:wallet", loan.currency, sorted({part.lender_id for part in parts})
    )
    ledger.stage()
    for part in parts:
        row = (escrow_of(loan), wallets[part.lender_id], part.amount_minor, "refund")
        _stage(
            f"settlement.unfunded:{part.commitment_id}",
            f"commitment:{part.commitment_id}",
            loan.currency,
            [row],
        )
    ledger.post_staged(actor=ACTOR, happened_at=now)


def _stage(
    operation_id: str,
    cause: str,
    currency: str,
    rows: Sequence[tuple[int | None, int | None, int, str]],
) -> None:
    """Put the lines of one journal on the stage; lines of nothing are left out."""
    with driver().cursor() as cursor, cursor.copy(_STAGE) as copy:
        for debit, credit, amount, code in rows:
            if amount:
                copy.write_row((operation_id, debit, credit, currency, amount, code, cause))


_STAGE = """
    COPY ledger_stage (operation_id, debit, credit, currency, amount, code, cause) FROM STDIN
"""


def _refund(loan: Loan, part: Part, reason: str) -> RefundPlan:
    if part.instruction_id is None:
        raise Broken(f"commitment {part.commitment_id} was paid by no checkout")
    return RefundPlan(
        of=InstructionId(part.instruction_id),
        subject_id=part.commitment_id,
        amount=Money(part.amount_minor, loan.currency),
        debit_account=escrow_of(loan),
        purpose="commitment",
        cause=f"commitment:{part.commitment_id}",
        reason=reason,
    )


def _refund_line(loan: Loan, part: Part, note: str) -> Line:
    amount = Money(part.amount_minor, loan.currency)
    return Line("loan.refund", public_id("cmt", part.commitment_id), part.lender_id, amount, note)


def _line(kind: str, loan: Loan, *, amount: Money | None = None, note: str = "") -> Line:
    return Line(kind, public_id("ln", loan.id), None, amount, note)
