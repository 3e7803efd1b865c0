"""What is planned for the notes of a loan is its instalments, to the cent, and a cent is found."""

from __future__ import annotations

import pytest

from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel import clock
from marketplace.loans.replay.events import Intent
from tests.builders.served import Rules, a_served_loan, broken


@pytest.mark.usefixtures("world")
def test_shares_add_up_after_a_part_was_prepaid_and_a_cent_too_much_is_found(
    hand: clock.Hand,
) -> None:
    served = a_served_loan(hand, (333_333, 333_333, 333_334), Rules(rate="0.1234"))
    assert broken() == []
    hand.advance(days=17)
    served.pay("1234.56", intent=Intent.LOWER_INSTALMENT)
    served.share()
    assert broken() == []

    @command
    def give_a_cent_more() -> None:
        sql = """
            UPDATE instalment SET interest_shares[2] = interest_shares[2] + 1
            WHERE loan_id = %s AND n = 5
        """
        execute(sql, (served.id,))

    give_a_cent_more()
    assert broken() == ["loan-planned"]
