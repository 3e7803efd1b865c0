"""Paying a borrower: everything must hold, one officer proposes, another approves exactly that."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import CheckViolation

from marketplace.escrow.services import payees
from marketplace.identity import queries as identity
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, Refusal, Refused
from marketplace.kernel.ids import PersonId
from marketplace.loans.preconditions import Check, unmet
from marketplace.loans.queries import disbursing as desk
from marketplace.loans.services import disbursing, registering
from marketplace.settlement import funding_closing, runner
from tests.builders import contracts as papers
from tests.builders import loans as build
from tests.builders.applications import a_valuation, secure, valued
from tests.builders.books import prove
from tests.builders.campaigns import euros
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.scenes import Scenes


@pytest.fixture
def maker(cast: build.Cast) -> Actor:
    return an_actor("Fay Finance", role="finance_officer")


@pytest.fixture
def checker(cast: build.Cast) -> Actor:
    return an_actor("Fin Finance", role="finance_officer")


@pytest.fixture
def scene(world: World, hand: clock.Hand, scenes: Scenes) -> build.Scene:
    """A loan of which only the officers' word is missing."""

    def signed() -> build.Scene:
        cast = build.Cast()
        loan_id = build.a_listed_loan(cast)
        build.onboard(world, cast.borrower)
        build.lent(world, loan_id, "1000")
        papers.signed_by_borrower(loan_id)
        return cast, loan_id

    return scenes.play("signed", hand, signed)


def bound(loan_id: UUID) -> str:
    found = desk.case(loan_id).bound
    db.session.rollback()
    return found


def propose(maker: Actor, loan_id: UUID) -> UUID:
    return disbursing.propose(maker, loan_id, shown=bound(loan_id), note="", now=clock.now())


def state(proposal_id: UUID) -> str:
    found = desk.proposal(proposal_id).state
    db.session.rollback()
    return found


def missing(loan_id: UUID) -> list[Check]:
    found = unmet(desk.case(loan_id), clock.today())
    db.session.rollback()
    return found


class TestProposing:
    def test_an_approved_payout_is_paid_at_once(
        self, loan_id: UUID, maker: Actor, checker: Actor, world: World, hand: clock.Hand
    ) -> None:
        disbursing.approve(checker, propose(maker, loan_id), now=clock.now())
        world.deliver()
        build.settle_until(world, hand, loan_id, "active")

        prove(world)

    def test_it_is_bound_to_amount_and_payee(self, loan_id: UUID, maker: Actor) -> None:
        found = desk.proposal(propose(maker, loan_id))

        assert (found.amount_minor, found.currency) == (98_000, "EUR")
        assert (found.payee_name, found.account_ending) == ("Bea Borrower", "0001")

    def test_each_missing_thing_is_named(
        self, world: World, cast: build.Cast, maker: Actor
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        build.lent(world, loan_id, "1000")

        with pytest.raises(Refused) as refused:
            propose(maker, loan_id)

        assert [one.code for one in refused.value.refusals] == [
            "disburse_contract",
            "disburse_payee",
            "disburse_name",
        ]

    def test_who_sees_something_old_proposes_nothing(self, loan_id: UUID, maker: Actor) -> None:
        with pytest.raises(Refusal) as refusal:
            disbursing.propose(maker, loan_id, shown="0" * 64, note="", now=clock.now())

        assert refusal.value.code == "disburse_changed"

    def test_one_proposal_is_on_the_table_at_a_time(
        self, loan_id: UUID, maker: Actor, checker: Actor
    ) -> None:
        propose(maker, loan_id)

        with pytest.raises(Refusal) as refusal:
            propose(checker, loan_id)

        assert refusal.value.code == "disburse_proposed"

    def test_only_finance_officers_decide(self, loan_id: UUID, cast: build.Cast) -> None:
        with pytest.raises(NotAllowed):
            propose(cast.second, loan_id)

    def test_nobody_decides_about_a_loan_they_borrow_or_lend(
        self, world: World, cast: build.Cast, hand: clock.Hand
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        lender = an_actor("Lea Lender")
        build.onboard(world, cast.borrower)
        build.lent(world, loan_id, "1000", lender)
        papers.signed_by_borrower(loan_id)

        for party in (cast.borrower, lender):
            with pytest.raises(Refusal) as refusal:
                propose(_officer(party), loan_id)
            assert refusal.value.code == "disburse_own_case"


def _officer(party: Actor) -> Actor:
    """Somebody who was hired as a finance officer since."""
    found = identity.person(PersonId(party.known()))
    db.session.rollback()
    assert found is not None
    actor = found.as_actor()
    return Actor(actor.person_id, actor.roles | {"finance_officer"}, actor.label)


class TestApproving:
    def test_the_maker_does_not_check_the_own_proposal(self, loan_id: UUID, maker: Actor) -> None:
        made = propose(maker, loan_id)

        with pytest.raises(Refusal) as refusal:
            disbursing.approve(maker, made, now=clock.now())

        assert refusal.value.code == "same_person"
        assert state(made) == "proposed"

    def test_it_expires_after_a_day(
        self, loan_id: UUID, maker: Actor, checker: Actor, hand: clock.Hand
    ) -> None:
        made = propose(maker, loan_id)
        hand.advance(hours=24)

        with pytest.raises(Refusal) as refusal:
            disbursing.approve(checker, made, now=clock.now())

        assert refusal.value.code == "disburse_expired"
        assert state(made) == "expired"
        assert state(propose(checker, loan_id)) == "proposed"

    def test_another_account_voids_it_whoever_had_agreed(
        self, loan_id: UUID, maker: Actor, checker: Actor, world: World, cast: build.Cast
    ) -> None:
        made = propose(maker, loan_id)
        build.onboard(world, cast.borrower, "1000000077")
        payees.refresh(cast.borrower.known())

        with pytest.raises(Refusal) as refusal:
            disbursing.approve(checker, made, now=clock.now())

        assert refusal.value.code == "disburse_changed_since"
        assert state(made) == "void"
        assert build.loan(loan_id).state == "funded"

    def test_an_account_that_changes_after_the_approval_voids_that_too(
        self, loan_id: UUID, maker: Actor, checker: Actor, world: World, cast: build.Cast
    ) -> None:
        made = propose(maker, loan_id)
        disbursing.approve(checker, made, now=clock.now())
        build.onboard(world, cast.borrower, "1000000077")  # before the payout is asked for

        runner.run(clock.now())

        assert state(made) in {"void", "approved"}
        assert (state(made) == "void") == (build.loan(loan_id).state == "funded")

    def test_an_account_in_another_name_is_missing_and_named(
        self, loan_id: UUID, maker: Actor
    ) -> None:
        @command
        def rename() -> None:
            execute("UPDATE escrow_payee SET holder = 'Mallory Muster'")

        rename()

        assert missing(loan_id) == [Check.NAME]
        with pytest.raises(Refusal) as refusal:
            propose(maker, loan_id)
        assert refusal.value.code == "disburse_name"

    def test_turning_it_down_needs_a_reason_and_leaves_the_loan(
        self, loan_id: UUID, maker: Actor, checker: Actor
    ) -> None:
        made = propose(maker, loan_id)

        with pytest.raises(Refusal) as refusal:
            disbursing.refuse(checker, made, reason=" ", now=clock.now())
        disbursing.refuse(checker, made, reason="The name looks odd.", now=clock.now())

        assert refusal.value.code == "disburse_reason_missing"
        assert state(made) == "refused"
        assert build.loan(loan_id).state == "funded"

    def test_what_was_decided_is_decided_once(
        self, loan_id: UUID, maker: Actor, checker: Actor
    ) -> None:
        made = propose(maker, loan_id)
        disbursing.approve(checker, made, now=clock.now())

        with pytest.raises(Refusal) as refusal:
            disbursing.approve(an_actor("Flo", role="finance_officer"), made, now=clock.now())

        assert refusal.value.code == "disburse_decided"


class TestGate:
    def test_settlement_pays_nobody_without_an_approval(
        self, loan_id: UUID, hand: clock.Hand
    ) -> None:
        lines = funding_closing.disburse(loan_id, clock.now(), insisting=True)

        assert [(line.kind, line.note) for line in lines] == [
            ("loan.waits", "not approved by two officers")
        ]

    def test_the_database_refuses_a_payout_nobody_approved(self, loan_id: UUID) -> None:
        @command
        def force() -> None:
            execute("UPDATE loan SET state = 'disbursing' WHERE id = %s", (loan_id,))

        with pytest.raises(CheckViolation, match="not approved by two officers"):
            force()

    def test_the_database_refuses_a_payout_without_a_signed_contract(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        build.lent(world, loan_id, "1000")

        @command
        def force() -> None:
            execute("UPDATE loan SET state = 'disbursing' WHERE id = %s", (loan_id,))

        with pytest.raises(CheckViolation, match="no signed contract"):
            force()

    def test_the_database_refuses_another_amount_than_was_approved(
        self, loan_id: UUID, maker: Actor, checker: Actor
    ) -> None:
        made = propose(maker, loan_id)
        disbursing.approve(checker, made, now=clock.now())

        @command
        def shrink() -> None:
            execute(
                "UPDATE disbursement_proposal SET amount_minor = amount_minor - 1 WHERE id = %s",
                (made,),
            )

        shrink()

        with pytest.raises(CheckViolation, match="not what two officers approved"):
            funding_closing.disburse(loan_id, clock.now())

    def test_the_database_refuses_one_officer_in_both_parts(
        self, loan_id: UUID, maker: Actor
    ) -> None:
        made = propose(maker, loan_id)

        @command
        def approve() -> None:
            execute(
                "UPDATE disbursement_proposal SET state = 'approved', decided_by = proposed_by,"
                " decided_at = proposed_at WHERE id = %s",
                (made,),
            )

        with pytest.raises(CheckViolation, match="four_eyes"):
            approve()


@pytest.mark.race
def test_of_two_officers_at_once_one_wins(
    loan_id: UUID, maker: Actor, checker: Actor, database_url: str
) -> None:
    made = propose(maker, loan_id)
    sql = (
        "UPDATE disbursement_proposal SET state = %s, decided_by = %s, decided_at = proposed_at"
        " WHERE id = %s AND state = 'proposed'"
    )
    third = an_actor("Flo Finance", role="finance_officer")

    with psycopg.connect(database_url) as one, psycopg.connect(database_url) as other:
        one.execute(sql, ("approved", checker.known(), made))
        other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(sql, ("refused", third.known(), made))
        one.commit()
        other.rollback()
        late = other.execute(sql, ("refused", third.known(), made)).rowcount

    assert late == 0
    assert state(made) == "approved"


class TestCollateral:
    @pytest.fixture
    def secured(self, loan_id: UUID) -> UUID:
        secure(loan_id)
        return loan_id

    def test_it_is_recorded_by_one_and_looked_up_by_another(
        self, secured: UUID, maker: Actor, checker: Actor
    ) -> None:
        valued(
            secured,
            an_actor("Fran First", role="first_reviewer"),
            a_valuation(secured, value=euros("2000")),
        )
        before = missing(secured)
        registering.record(
            maker, secured, office="Vehicle office", number="V-77", on=date(2026, 3, 1),
            now=clock.now(),
        )  # fmt: skip
        between = missing(secured)
        with pytest.raises(Refusal) as own:
            registering.check(maker, secured, number="V-77", now=clock.now())
        with pytest.raises(Refusal) as other:
            registering.check(checker, secured, number="V-78", now=clock.now())
        registering.check(checker, secured, number="V-77", now=clock.now())

        assert before == between == [Check.COLLATERAL]
        assert (own.value.code, other.value.code) == ("same_person", "collateral_differs")
        assert missing(secured) == []

    def test_it_is_valued_for_as_long_as_it_takes_and_within_the_limit(
        self, secured: UUID, maker: Actor, checker: Actor, hand: clock.Hand
    ) -> None:
        registering.record(
            maker, secured, office="Office", number="V-1", on=date(2026, 3, 1), now=clock.now()
        )
        registering.check(checker, secured, number="V-1", now=clock.now())
        unvalued = missing(secured)
        day = {"valid_until": clock.today() + timedelta(days=1)}
        valued(
            secured,
            an_actor("Fran First", role="first_reviewer"),
            a_valuation(secured, value=euros("1000"), **day),
        )
        over = missing(secured)
        valued(
            secured,
            an_actor("Fran First", role="first_reviewer"),
            a_valuation(secured, value=euros("2000"), **day),
        )
        enough = missing(secured)
        hand.advance(days=2)
        with pytest.raises(Refusal) as refused:
            propose(maker, secured)

        assert (unvalued, over, enough) == ([Check.VALUATION], [Check.LTV], [])
        assert refused.value.code == "disburse_valuation"

    def test_what_is_checked_stays_and_what_is_not_can_be_written_anew(
        self, secured: UUID, maker: Actor, checker: Actor
    ) -> None:
        for number in ("V-1", "V-2"):
            registering.record(
                maker, secured, office="Office", number=number, on=date(2026, 3, 1),
                now=clock.now(),
            )  # fmt: skip
        registering.check(checker, secured, number="V-2", now=clock.now())

        with pytest.raises(Refusal) as refusal:
            registering.record(
                maker, secured, office="Office", number="V-3", on=date(2026, 3, 1),
                now=clock.now(),
            )  # fmt: skip

        assert refusal.value.code == "collateral_checked"
        kept = scalar("SELECT count(*) FROM collateral_registration WHERE struck_at IS NULL")
        db.session.rollback()
        assert kept == 1

    def test_a_registration_says_where_under_which_number_and_not_in_the_future(
        self, secured: UUID, maker: Actor
    ) -> None:
        with pytest.raises(Refused) as refused:
            registering.record(
                maker, secured, office="", number=" ", on=date(2026, 3, 9), now=clock.now()
            )

        assert [one.field for one in refused.value.refusals] == [
            "office",
            "number",
            "registered_on",
        ]
