"""Loans, commitments and wallets in any state, made by the commands that people use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from marketplace.contracts.consents import How
from marketplace.escrow.jobs import sweep
from marketplace.escrow.services import dispatching, payees
from marketplace.identity import queries as identity
from marketplace.identity.services import staff
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute, rows, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import InstructionId, PersonId
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans.four_eyes import OVERRULED, REFERRED
from marketplace.loans.queries import borrower as borrower_queries
from marketplace.loans.queries import lender as lender_queries
from marketplace.loans.queries import listing, orders
from marketplace.loans.queries.borrower import OpenBill, OwnLoan
from marketplace.loans.queries.lender import OwnCommitment, OwnNote
from marketplace.loans.queries.listing import ScheduleLine
from marketplace.loans.queries.orders import Order
from marketplace.loans.rules import CHECKLIST, Request
from marketplace.loans.services import (
    acknowledging,
    applying,
    consenting,
    investing,
    offering,
    paying,
    returning,
    reviewing,
    wallet,
)
from marketplace.loans.services.investing import Placed
from marketplace.risk.services import answering
from marketplace.settlement import runner
from tests.builders import contracts
from tests.builders.applications import application, told_all, valued
from tests.builders.campaigns import a_market, euros, form_key
from tests.builders.escrow import World
from tests.builders.identity import an_actor

__all__ = ["World", "a_market", "euros", "form_key"]

GOOD_BANK = "1000000001"
CLOSED_BANK = "1000000002"


@dataclass
class Cast:
    """The people around one loan."""

    borrower: Actor = field(default_factory=lambda: an_actor("Bea Borrower"))
    first: Actor = field(default_factory=lambda: an_actor("Fiona First", role="first_reviewer"))
    second: Actor = field(default_factory=lambda: an_actor("Seth Second", role="second_reviewer"))


Scene = tuple[Cast, UUID]
"""A loan and those around it."""


def changed_role(person: Actor, role: str) -> Actor:
    """Give a member of staff another desk, as an administrator would."""
    admin = an_actor("Adam Admin", role="admin")
    person_id = PersonId(person.known())
    staff.revoke_role(person_id, actor=admin, now=clock.now())
    command(staff.grant)(person_id, role, actor=admin, now=clock.now())
    found = identity.person(person_id)
    assert found is not None
    return found.as_actor()


def a_request(
    amount: str | Money = "1000",
    *,
    months: int = 12,
    title: str = "A kiln for the pottery",
    purpose: str = "equipment",
    story: str = "The old kiln cracked in spring. A new one costs a thousand, and orders wait.",
    income: str = "2400",
    obligations: str = "800",
) -> Request:
    """A request with nothing missing."""
    asked = amount if isinstance(amount, Money) else euros(amount)
    return Request(
        amount=asked,
        instalments=months,
        purpose=purpose,
        title=title,
        story=story,
        employment="employed",
        employed_years=6,
        housing="rent",
        income=Money.of(income, asked.currency),
        obligations=Money.of(obligations, asked.currency),
    )


def a_draft(borrower: Actor, asked: Request | None = None) -> UUID:
    """A request nobody but its borrower has seen, with nothing missing but what `asked` lacks."""
    loan_id = applying.draft(borrower, asked or a_request(), form_key=form_key(), now=clock.now())
    return told_all(borrower, loan_id)


def a_submitted(borrower: Actor, asked: Request | None = None) -> UUID:
    """A request that waits for its first review."""
    loan_id = a_draft(borrower, asked)
    applying.submit(borrower, loan_id, now=clock.now())
    return loan_id


def passed(loan_id: UUID, reviewer: Actor) -> UUID:
    """Pass a request on to the second review, whatever the risk report says."""
    reported()
    if application(loan_id).has_collateral:
        valued(loan_id, reviewer)
    reviewing.pass_on(
        reviewer,
        loan_id,
        checked=[*CHECKLIST, REFERRED, OVERRULED],
        notes="Papers seen, all consistent.",
        now=clock.now(),
    )
    return loan_id


def returned(loan_id: UUID, reviewer: Actor, asks: str = "Which kiln exactly?") -> UUID:
    """Send a request back to its borrower for more."""
    returning.ask_for_more(reviewer, loan_id, asks, form_key=form_key(), now=clock.now())
    return loan_id


def reported() -> None:
    """Let the sources of risk reports answer what they were asked."""
    answering.fetch_due()


def offered(loan_id: UUID, reviewer: Actor, *, grade: str = "C", rate_pct: str = "9.0") -> UUID:
    """Make the borrower an offer."""
    reviewing.offer(
        reviewer,
        loan_id,
        grade=grade,
        annual_rate=Decimal(rate_pct) / 100,
        reasons=["income_steady", "record_short"],
        notes="Agree with the first review.",
        deviation="The papers say more than the score.",
        now=clock.now(),
    )
    return loan_id


def declined(loan_id: UUID, reviewer: Actor, reason_code: str = "purpose_unclear") -> UUID:
    """Say no to a request."""
    reviewing.decline(
        reviewer, loan_id, reason_code=reason_code, notes="Seen, and no.", now=clock.now()
    )
    return loan_id


def an_offered(
    cast: Cast, asked: Request | None = None, *, grade: str = "C", rate_pct: str = "9.0"
) -> UUID:
    """A request that two people passed; its borrower decides."""
    loan_id = passed(a_submitted(cast.borrower, asked), cast.first)
    return offered(loan_id, cast.second, grade=grade, rate_pct=rate_pct)


def a_listed_loan(
    cast: Cast | None = None,
    asked: Request | None = None,
    *,
    grade: str = "C",
    rate_pct: str = "9.0",
    reflection_days: int = 0,
    take_least: str | None = None,
) -> UUID:
    """A loan lenders can lend to."""
    cast = cast or Cast()
    if reflection_days:
        give_time_to_reflect(reflection_days)
    loan_id = an_offered(cast, asked, grade=grade, rate_pct=rate_pct)
    least = euros(take_least) if take_least else None
    offering.accept(cast.borrower, loan_id, take_least=least, now=clock.now())
    return loan_id


@command
def give_time_to_reflect(days: int) -> None:
    """Let lenders think over what they pay for loans that are offered from now on."""
    execute("UPDATE loan_product SET reflection_days = %s", (days,))


def a_running_loan(
    world: World,
    hand: clock.Hand,
    cast: Cast | None = None,
    asked: Request | None = None,
    *,
    parts: Sequence[tuple[Actor, str]] = (),
    rate_pct: str = "9.0",
) -> UUID:
    """A loan its borrower has the money of: funded through the provider by `parts`."""
    cast = cast or Cast()
    asked = asked or a_request()
    loan_id = a_listed_loan(cast, asked, rate_pct=rate_pct)
    onboard(world, cast.borrower)
    whole = str(asked.amount.decimal())
    for lender, amount in parts or [(an_actor("Lena Lender"), whole)]:
        lent(world, loan_id, amount, lender)
        hand.advance(seconds=1)  # notes stand in the order in which their parts were taken
    settle_until(world, hand, loan_id, "active")
    return loan_id


def settle_until(
    world: World, hand: clock.Hand, loan_id: UUID, state: str, *, days_max: int = 12
) -> None:
    """Let days pass until the loan is in `state`."""
    for _ in range(days_max):
        if loan(loan_id).state == state:
            return
        pass_days(world, hand, 1)
    assert loan(loan_id).state == state


def pass_days(world: World, hand: clock.Hand, days: int) -> None:
    """Let days pass: settlement, sweeping and the provider's notices, as the timetable would."""
    for _ in range(days):
        hand.advance(days=1)
        runner.run(clock.now())
        sweep()
        world.deliver()
        release(world)


def release(world: World) -> None:
    """Let borrowers sign and officers approve what waits for them, so that it is paid out."""
    contracts.sign_all()
    contracts.approve_all()
    world.deliver()


def until_day(world: World, hand: clock.Hand, day: date) -> None:
    """Let time pass until it is `day`, in strides that no bill is longer open than."""
    while clock.today() < day:
        hand.advance(days=min(7, (day - clock.today()).days))
        runner.run(clock.now())
        sweep()
        world.deliver()
        release(world)


def onboard(world: World, person: Actor, number: str = GOOD_BANK) -> None:
    """Let the provider know where to pay a person."""
    payees.start_onboarding(person.known(), "/account/payouts")
    ref = payees.payee(person.known()).provider_ref
    db.session.rollback()
    assert ref is not None
    world.teller.onboard(ref, number)
    world.deliver()


def commit(
    loan_id: UUID,
    amount: str | Money,
    lender: Actor | None = None,
    *,
    source: str = "provider",
    key: str | None = None,
) -> Placed:
    """Take a part of a loan, not paid yet where the provider takes the money."""
    lender = lender or an_actor("Lena Lender")
    acknowledging.acknowledge(lender, now=clock.now())
    consent = consenting.to_terms_of(loan_id, How.CHECKBOX, at=clock.now())
    act = investing.commit_by_provider if source == "provider" else investing.commit_from_wallet
    return act(
        lender,
        loan_id,
        amount=amount if isinstance(amount, Money) else euros(amount),
        consent=consent,
        form_key=key or form_key(),
        now=clock.now(),
    )


def lent(world: World, loan_id: UUID, amount: str | Money, lender: Actor | None = None) -> UUID:
    """A part that was paid on the provider's page."""
    placed = commit(loan_id, amount, lender)
    assert placed.instruction_id is not None
    pay(world, placed.instruction_id)
    return placed.commitment_id


def pay(world: World, checkout_id: InstructionId) -> None:
    """Go to the provider's page and pay; the notice arrives and is worked."""
    dispatching.dispatch(checkout_id)
    world.pay(checkout_id)
    world.deliver()


def topped_up(world: World, person: Actor, amount: str) -> UUID:
    """Pay money into a wallet."""
    order_id = wallet.top_up(person, amount=euros(amount), form_key=form_key(), now=clock.now())
    checkout_id = wallet.instruction_of(order_id)
    db.session.rollback()
    assert checkout_id is not None
    pay(world, checkout_id)
    return order_id


def pay_next_bill(world: World, cast: Cast, loan_id: UUID) -> OpenBill:
    """Pay the oldest open bill on the provider's page."""
    bill = open_bills(loan_id)[0]
    pay(world, paying.open_checkout(cast.borrower, bill.id, now=clock.now()))
    return bill


def loan(loan_id: UUID) -> OwnLoan:
    """A loan as it stands."""
    found = rows("SELECT borrower_id AS id FROM loan WHERE id = %s", (loan_id,), into=_Owner)
    seen = borrower_queries.own_loan(loan_id, found[0].id)
    db.session.rollback()
    return seen


def schedule(loan_id: UUID) -> list[ScheduleLine]:
    """The instalments of a loan that was paid out."""
    found = listing.schedule(loan_id)
    db.session.rollback()
    return found


def open_bills(loan_id: UUID) -> list[OpenBill]:
    """The unpaid bills of a loan."""
    found = borrower_queries.open_bills(loan_id)
    db.session.rollback()
    return found


def commitment(commitment_id: UUID, lender: Actor) -> OwnCommitment:
    """A commitment as its lender sees it."""
    found = lender_queries.own_commitment(commitment_id, lender.known())
    db.session.rollback()
    return found


def open_commitments(lender: Actor) -> list[OwnCommitment]:
    """What a lender has under way, the newest first."""
    found = lender_queries.open_commitments(lender.known())
    db.session.rollback()
    return found


def notes(lender: Actor) -> list[OwnNote]:
    """What a lender holds, the oldest first."""
    found = lender_queries.own_notes(lender.known())
    db.session.rollback()
    return found[::-1]


def wallet_order(order_id: UUID) -> Order:
    """A top-up or withdrawal as it stands."""
    found = rows("SELECT person_id AS id FROM wallet_order WHERE id = %s", (order_id,), into=_Owner)
    seen = orders.order(order_id, found[0].id)
    db.session.rollback()
    return seen


def wallet_orders(person: Actor) -> list[Order]:
    """A person's top-ups and withdrawals, the newest first."""
    found = orders.orders(person.known())
    db.session.rollback()
    return found


def letters_to(person: Actor) -> set[str]:
    """The subjects of all letters a person got."""
    sql = "SELECT subject FROM mail_message WHERE person_id = %s"
    found = {str(subject) for subject in column(sql, (person.known(),))}
    db.session.rollback()
    return found


def in_wallet(person: Actor, currency: str = "EUR") -> int:
    """What a person can spend from the wallet, in minor units."""
    found = ledger.balances_of("person:wallet", [person.known()], currency)
    db.session.rollback()
    return next((one.available_minor for one in found.values()), 0)


def sent_out_of_wallet(person: Actor) -> int:
    """What left a wallet, or is on its way out of it, to a bank or back the way it came."""
    sql = """
        SELECT coalesce(sum(amount_minor), 0) FROM escrow_instruction
        WHERE person_id = %s AND purpose IN ('withdrawal', 'wallet_return') AND state <> 'failed'
    """
    found = int(scalar(sql, (person.known(),)))
    db.session.rollback()
    return found


@dataclass(frozen=True, slots=True)
class _Owner:
    id: UUID
