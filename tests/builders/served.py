"""Loans that are being repaid, without the months it takes to get there.

Rows and ledger as a funded and paid-out loan has them; everything from there on is done by the
product's own commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from uuid import UUID, uuid4

from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, row, rows
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.ledger import checks
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.loans.models import Loan, Receipt
from marketplace.loans.pricing import schedule_of
from marketplace.loans.queries import history
from marketplace.loans.replay import Position
from marketplace.loans.replay.events import Intent
from marketplace.loans.services import receipts, servicing
from marketplace.loans.services.receipts import Origin
from marketplace.settlement import distribution
from tests.builders.identity import an_actor

_LOAN = """
    INSERT INTO loan (id, borrower_id, product_id, form_key, state, amount_minor, currency,
        instalments, term_months, purpose, title, story, employment, employed_years, housing,
        income_minor, obligations_minor, grade, annual_rate, method, day_count, interest_to_date,
        rounding_mode, origination_fee_bps, lender_fee_bps, fraction_min_minor, bill_lead_days,
        loss_rate, first_reviewer_id, second_reviewer_id, committed_minor, reserved_minor, lenders,
        disbursed_on, last_closed_on, created_at, changed_at, submitted_at, listed_at, funded_at,
        late_fee_minor, late_grace_days, penalty_bps_per_year, prepayment_fee_bps,
        escrow_account, debt_account)
    SELECT %(id)s, %(borrower)s, p.id, %(id)s::text, 'active', %(amount)s, 'EUR', %(instalments)s,
        %(instalments)s, 'home', 'A kiln', 'For the pottery.', 'employed', 3, 'rent', 300000, 0,
        'B', %(rate)s, %(method)s, 'EQUAL_PERIOD', 'ACT/365F', 'HALF_UP', 0, %(lender_fee)s, 1000,
        7, 0.009, %(first)s, %(second)s, %(amount)s, %(amount)s, %(lenders)s, %(on)s, %(on)s,
        %(at)s, %(at)s, %(at)s, %(at)s, %(at)s, %(late_fee)s, %(grace)s, %(penalty)s,
        %(prepayment)s, %(escrow)s, %(debt)s
    FROM loan_product p WHERE p.code = 'personal' AND p.currency = 'EUR'
    ORDER BY p.version DESC LIMIT 1
"""
_COMMITMENT = """
    INSERT INTO commitment (id, loan_id, lender_id, form_key, source, state, amount_minor,
        currency, created_at, reserved_at, leave_by)
    VALUES (%s, %s, %s, %s, 'wallet', 'converted', %s, 'EUR', %s, %s, '2030-01-01')
"""
_NOTE = """
    INSERT INTO note (id, loan_id, lender_id, commitment_id, position, principal_minor, currency,
        wallet_account, claim_account, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, 'EUR', %s, %s, %s)
"""
_INSTALMENT = """
    INSERT INTO instalment (loan_id, n, due_on, principal_minor, interest_minor,
        outstanding_minor) VALUES (%s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a loan is signed with; nothing is charged beside the interest unless said."""

    rate: str = "0.12"
    instalments: int = 12
    method: str = "equal_instalment"
    lender_fee_bps: int = 0
    late_fee_minor: int = 0
    late_grace_days: int = 0
    penalty_bps_per_year: int = 0
    prepayment_fee_bps: int = 0


@dataclass
class Served:
    """A running loan of `parts` in minor units, lent by as many people."""

    hand: clock.Hand
    id: UUID
    borrower: Actor
    lenders: list[Actor]
    parts: Sequence[int]
    escrow: int
    paid: list[Receipt] = field(default_factory=list)

    def pay(
        self,
        amount: str | int,
        *,
        on: date | None = None,
        intent: Intent = Intent.REGULAR,
        source: str = "voucher",
    ) -> Receipt:
        """Let money arrive now that counts from `on`, and write its receipt."""
        made = _pay(self, cents(amount), on or clock.today(), intent, source)
        self.paid.append(made)
        return made

    def take_back(self, receipt: Receipt) -> Receipt:
        """Take a payment back; its money leaves for the world."""
        return _take_back(receipt.id)

    def share(self) -> None:
        """Share everything that waits."""
        distribution.distribute_receipts(clock.now())

    def loan(self) -> Loan:
        """Return the loan as it is written."""
        db.session.rollback()
        found = db.session.get_one(Loan, self.id, populate_existing=True)
        db.session.expunge_all()
        db.session.rollback()
        return found

    def position(self) -> Position:
        """Return where replaying the loan says that it stands today."""
        found = history.position(self.loan(), clock.today())
        db.session.rollback()
        return found

    def instalments(self) -> list[tuple[int, int, int]]:
        """Return principal, interest and what is paid of each instalment that is written."""
        sql = """
            SELECT principal_minor, interest_minor, paid_minor FROM instalment WHERE loan_id = %s
            ORDER BY n
        """
        found = [tuple(one.values()) for one in rows(sql, (self.id,), into=dict)]
        db.session.rollback()
        return found

    def wallets(self) -> list[int]:
        """Return what each lender has in the wallet."""
        return [in_wallet(lender) for lender in self.lenders]


def a_served_loan(
    hand: clock.Hand, parts: Sequence[int] = (500_000, 300_000, 200_000), rules: Rules | None = None
) -> Served:
    """Return a loan that was paid out today."""
    rules = rules or Rules()
    borrower, first, second = (an_actor(name) for name in ("Bea", "Fiona", "Seth"))
    lenders = [an_actor(f"Lender {n}") for n, _part in enumerate(parts, 1)]
    loan_id = _lend(rules, parts, borrower, [first, second], lenders)
    escrow = ledger_queries.account_number("escrow:loan", "EUR", loan_id)
    db.session.rollback()
    assert escrow is not None
    return Served(hand, loan_id, borrower, lenders, parts, escrow)


@command
def _lend(
    rules: Rules,
    parts: Sequence[int],
    borrower: Actor,
    reviewers: Sequence[Actor],
    lenders: Sequence[Actor],
) -> UUID:
    loan_id, on, at = new_id(), clock.today(), clock.now()
    facts = {
        "id": loan_id, "borrower": borrower.known(), "amount": sum(parts), "on": on, "at": at,
        "instalments": rules.instalments, "rate": rules.rate, "method": rules.method,
        "lender_fee": rules.lender_fee_bps, "first": reviewers[0].known(),
        "second": reviewers[1].known(), "lenders": len(lenders), "grace": rules.late_grace_days,
        "late_fee": rules.late_fee_minor, "penalty": rules.penalty_bps_per_year,
        "prepayment": rules.prepayment_fee_bps,
        "escrow": ledger.account("escrow:loan", "EUR", loan_id),
        "debt": ledger.account("loan:debt", "EUR", loan_id),
    }  # fmt: skip
    execute(_LOAN, facts)
    moves = []
    for position, (lender, part) in enumerate(zip(lenders, parts, strict=True), 1):
        note_id = new_id()
        wallet = ledger.account("person:wallet", "EUR", lender.known())
        claim = ledger.account("note:claim", "EUR", note_id)
        execute(_COMMITMENT, (note_id, loan_id, lender.known(), str(note_id), part, at, at))
        execute(
            _NOTE,
            (note_id, loan_id, lender.known(), note_id, position, part, wallet, claim, at),
        )
        moves.append(Move(int(facts["debt"]), claim, Money(part, "EUR"), "claim"))  # type: ignore[call-overload]
    ledger.post(
        f"test.lent:{loan_id}", moves, cause=f"loan:{loan_id}", actor="test", happened_at=at
    )
    loan = db.session.get_one(Loan, loan_id)
    for line in schedule_of(loan.terms, on):
        execute(
            _INSTALMENT,
            (
                *(loan_id, line.n, line.due, line.principal.minor, line.interest.minor),
                line.outstanding.minor,
            ),
        )
    servicing.plan_shares(loan_id)
    return loan_id


@command
def _pay(served: Served, amount: Money, on: date, intent: Intent, source: str) -> Receipt:
    world = ledger.account("external:world", "EUR")
    source_id = uuid4()
    ledger.post(
        f"test.paid:{source_id}",
        [Move(world, served.escrow, amount, "repayment")],
        cause=f"loan:{served.id}",
        actor="test",
        happened_at=clock.now(),
    )
    made = receipts.record(
        served.id,
        Origin(source, source_id),
        amount=amount,
        effective_on=on,
        received_at=clock.now(),
        intent=intent,
    )
    db.session.flush()
    db.session.expunge(made)
    return made


@command
def _take_back(receipt_id: UUID) -> Receipt:
    world = ledger.account("external:world", "EUR")
    made = receipts.reverse(receipt_id, at=clock.now(), counter_account=world).receipt
    db.session.flush()
    db.session.expunge(made)
    return made


def cents(amount: str | int) -> Money:
    """Return an amount of euro, told in units or in cents."""
    return Money(amount, "EUR") if isinstance(amount, int) else Money.of(amount, "EUR")


def portions(receipt: Receipt) -> tuple[int, int, int, int, int]:
    """Return what a receipt settled: principal, interest, penalty, fees, too much."""
    return (
        receipt.principal_minor,
        receipt.interest_minor,
        receipt.penalty_minor,
        receipt.fee_minor,
        receipt.overpaid_minor,
    )


def in_wallet(person: Actor) -> int:
    """Return what a person has in the wallet, in cents."""
    found = ledger_queries.balances_of("person:wallet", [person.known()], "EUR")
    db.session.rollback()
    return next((one.available_minor for one in found.values()), 0)


def owed_by(person: Actor) -> int:
    """Return what a person owes after a correction, in cents."""
    sql = """
        SELECT coalesce(sum(amount_minor - recovered_minor), 0)::bigint AS minor FROM share_owed
        WHERE person_id = %s
    """
    found = row(sql, (person.known(),), into=dict)
    db.session.rollback()
    return int((found or {"minor": 0})["minor"])


def broken() -> list[str]:
    """Return the invariants that do not hold."""
    found = [one.name for one in checks.run(clock.now()) if not one.holds]
    db.session.rollback()
    return found


def go_to(hand: clock.Hand, day: date) -> None:
    """Let it be noon of that day."""
    hand.set(datetime.combine(day, time(12), UTC))
