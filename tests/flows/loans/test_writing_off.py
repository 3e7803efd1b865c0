"""A loan is given up by two officers: its lenders book the loss, and what comes back after all."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from marketplace.infra.database import db, rows
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, Refusal
from marketplace.loans.models import Receipt
from marketplace.loans.queries import calendar, cash_flow, limits, overdue, portfolio, returns
from marketplace.loans.queries.overdue import Wanted
from marketplace.loans.queries.portfolio import Filters
from marketplace.loans.replay.events import Intent
from marketplace.loans.xirr import xirr
from marketplace.settlement import writing_off
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.loans import letters_to
from tests.builders.served import Served, a_served_loan, broken, go_to

pytestmark = pytest.mark.usefixtures("app")

NOTE = "Letters come back, nobody answers the telephone."


@pytest.fixture
def late(hand: clock.Hand) -> Served:
    """EUR 10,000 at 12 % of three lenders: paid once, and not for 91 days by now."""
    served = a_served_loan(hand)
    first = served.position().rows[0]
    go_to(hand, first.due)
    served.pay("888.49")
    served.share()
    go_to(hand, served.position().rows[1].due)
    hand.advance(days=91)
    return served


def officers() -> tuple[Actor, Actor]:
    maker, checker = (an_actor(name, role="finance_officer") for name in ("Mia", "Cho"))
    return maker, checker


def proposed(maker: Actor, loan_id: UUID, reason: str = "not_paid", note: str = NOTE) -> UUID:
    return writing_off.propose(maker, loan_id, reason=reason, note=note, now=clock.now())


def written_off(served: Served) -> None:
    maker, checker = officers()
    writing_off.agree(checker, proposed(maker, served.id), now=clock.now())


def notes(served: Served) -> list[tuple[int, int, int]]:
    """What each note has back, lost and recovered."""
    sql = """
        SELECT principal_back_minor, written_off_minor, recovered_minor FROM note
        WHERE loan_id = %s ORDER BY position
    """
    found = [tuple(one.values()) for one in rows(sql, (served.id,), into=dict)]
    db.session.rollback()
    return found


def sums(served: Served, lender: int = 0) -> portfolio.Sums:
    who = served.lenders[lender].known()
    found = portfolio.summary(who, Filters("EUR"), today=clock.today()).whole
    db.session.rollback()
    return found


def refused(act: object) -> str:
    assert callable(act)
    with pytest.raises(Refusal) as said:
        act()
    return said.value.code


def test_what_is_outstanding_is_lost_to_the_cent_and_is_owed_all_the_same(late: Served) -> None:
    written_off(late)

    # EUR 10,000.00 less the principal of the first instalment, EUR 788.49, by share
    assert notes(late) == [(39_424, 460_576, 0), (23_655, 276_345, 0), (15_770, 184_230, 0)]
    assert str(late.position().outstanding) == "EUR 9,211.51"
    assert late.loan().state == "active"
    whole = sums(late)
    assert (whole.outstanding_minor, whole.written_off_minor) == (0, 460_576)
    assert broken() == []


def test_nobody_counts_on_it_any_more(late: Served) -> None:
    lender, borrower = late.lenders[0].known(), late.borrower.known()
    today = clock.today()
    assert overdue.overdue(today, Wanted(), limit=9)
    written_off(late)

    assert overdue.overdue(today, Wanted(), limit=9) == []
    assert not any(one.notes for one in calendar.months(lender, "EUR", today=today))
    assert limits.exposure(lender, borrower, "EUR").with_borrower.minor == 0
    flows = cash_flow.flows(lender, "EUR", today=today)
    assert sum(amount for _on, amount in flows) == Decimal("-4555.76")  # 444.24 of 5,000 came
    found = xirr(flows)
    assert found is not None
    assert found < Decimal("-0.9")
    (year,) = returns.tax_years(lender)
    assert (year.written_off_minor, str(year.result)) == (460_576, "EUR -4,555.76")
    db.session.rollback()


def test_what_comes_in_later_is_recovered_and_shared_as_before(late: Served) -> None:
    written_off(late)
    late.pay("1000.00")
    late.share()

    before, recovered = (39_424, 23_655, 15_770), [one[2] for one in notes(late)]
    assert [one[0] - had for one, had in zip(notes(late), before, strict=True)] == recovered
    assert sum(recovered) == late.paid[-1].principal_minor
    assert sums(late).outstanding_minor == 0
    assert broken() == []


def test_a_recovery_taken_back_is_lost_once_more_and_more_than_it_is_lost_anew(
    late: Served,
) -> None:
    written_off(late)
    kept = late.paid[0]
    late.pay("1000.00")
    late.share()

    _take_back(late, late.paid[-1])
    assert [one[1:] for one in notes(late)] == [(460_576, 0), (276_345, 0), (184_230, 0)]
    _take_back(late, kept)
    assert [one[1:] for one in notes(late)] == [(500_000, 0), (300_000, 0), (200_000, 0)]
    assert broken() == []


def test_paid_back_to_the_last_cent_it_is_paid_off(late: Served) -> None:
    written_off(late)
    late.pay(late.position().payoff.amount.minor, intent=Intent.PAYOFF)
    late.share()

    assert late.loan().state == "paid_off"
    assert [lost - back for _back, lost, back in notes(late)] == [0, 0, 0]
    assert broken() == []


def test_its_lenders_and_its_borrower_are_told(world: World, late: Served) -> None:
    written_off(late)
    world.deliver()

    borrower, lender = letters_to(late.borrower), letters_to(late.lenders[0])
    assert "“A kiln” was written off: you still owe EUR 9,211.51" in borrower
    assert "You have lost EUR 4,605.76 with “A kiln”" in lender


def test_who_may_and_when(late: Served) -> None:
    maker, checker = officers()
    loan_id = late.id
    assert refused(lambda: proposed(maker, loan_id, reason="bored")) == "write_off_reason_missing"
    assert refused(lambda: proposed(maker, loan_id, note=" ")) == "write_off_note_missing"
    with pytest.raises(NotAllowed):
        proposed(an_actor("Bo"), loan_id)
    write_off = proposed(maker, loan_id)
    assert refused(lambda: proposed(checker, loan_id)) == "write_off_open"
    assert refused(lambda: writing_off.agree(maker, write_off, now=clock.now())) == "same_person"

    writing_off.turn_down(maker, write_off, now=clock.now())
    assert late.loan().written_off_at is None
    again = proposed(maker, loan_id, reason="insolvent")
    writing_off.agree(checker, again, now=clock.now())
    assert (
        refused(lambda: writing_off.agree(checker, again, now=clock.now())) == "write_off_decided"
    )
    assert refused(lambda: proposed(maker, loan_id)) == "write_off_done"


def test_a_loan_of_which_something_came_in_since_is_proposed_anew(late: Served) -> None:
    maker, checker = officers()
    write_off = proposed(maker, late.id)
    late.pay("50.00")
    assert refused(lambda: writing_off.agree(checker, write_off, now=clock.now())) == (
        "write_off_changed"
    )
    assert notes(late)[0][1] == 0


def test_who_is_late_by_less_than_the_last_bucket_is_not_given_up_for_not_paying(
    hand: clock.Hand,
) -> None:
    served = a_served_loan(hand)
    go_to(hand, served.position().rows[0].due)
    hand.advance(days=90)
    maker, _checker = officers()
    assert refused(lambda: proposed(maker, served.id)) == "write_off_too_early"
    hand.advance(days=1)
    proposed(maker, served.id)


def test_an_officer_who_lends_to_it_decides_nothing(hand: clock.Hand) -> None:
    served = a_served_loan(hand)
    own = Actor(served.lenders[0].known(), frozenset({"finance_officer"}))
    assert refused(lambda: proposed(own, served.id, reason="fraud")) == "write_off_own_case"


def _take_back(served: Served, receipt: Receipt) -> None:
    served.take_back(receipt)
    served.share()
