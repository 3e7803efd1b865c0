"""Money that had arrived comes back, disputes, payouts, verifications: through the port."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.escrow import gateway
from marketplace.escrow.gateway import (
    Delivery,
    DisputeStanding,
    Movement,
    Never,
    Seen,
    Standing,
)
from marketplace.escrow.orders import (
    ChargeOrder,
    EvidenceOrder,
    PayoutOrder,
    RefundOrder,
    TopUpOrder,
    TransferOrder,
    VerificationOrder,
)
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import payees
from marketplace.escrow.states import Kind
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.builders.escrow import World, a_payee

TEN = Money.of("10.00", "EUR")
FIFTY = Money.of("50.00", "EUR")


def statement() -> list[Movement]:
    return list(gateway.current().movements("").movements)


def kinds() -> list[str]:
    return [line.kind for line in statement()]


def notices(world: World) -> list[Delivery]:
    """What the bank tells now, read by the adapter and handed to nobody."""
    read: list[Delivery] = []

    def take(body: bytes, _headers: object) -> int:
        read.append(gateway.current().read_delivery(body))
        return 200

    world.teller.deliver_pending(take)
    return read


def charge_of(saved: Instruction) -> ChargeOrder:
    return ChargeOrder("ins_c", "charge", str(saved.payment_ref), FIFTY, "A pledge", "campaign:1")


def topped_up(world: World, amount: Money = FIFTY) -> None:
    gateway.current().top_up(TopUpOrder("ins_topup", "topup", amount))
    notices(world)


class TestDisputes:
    def test_the_money_and_a_fee_are_gone_at_once(self, world: World) -> None:
        paid = world.paid(FIFTY)
        ref = world.dispute(paid, "product_not_received")

        seen = gateway.current().dispute(ref)
        line = statement()[-1]

        assert (seen.payment_ref, seen.operation_id) == (paid.payment_ref, paid.operation_id)
        assert (seen.standing, seen.withdrawn) == (DisputeStanding.NEEDS_RESPONSE, True)
        assert (seen.amount, seen.reason) == (FIFTY, "product_not_received")
        assert (line.kind, line.amount.minor, line.fee.minor) == ("dispute", -5_000, 1_500)
        assert gateway.current().balances()[0].available.minor == -6_500

    @pytest.mark.parametrize(
        ("text", "end"),
        [
            ("winning_evidence", DisputeStanding.WON),
            ("losing_evidence", DisputeStanding.LOST),
            ("Here is the parcel's number.", DisputeStanding.LOST),
        ],
    )
    def test_the_evidence_decides_a_day_later(
        self, world: World, hand: clock.Hand, text: str, end: DisputeStanding
    ) -> None:
        ref = world.dispute(world.paid(FIFTY))
        answered = gateway.current().contest(EvidenceOrder(ref, "k", text))
        notices(world)

        hand.advance(days=1)
        told = [notice.dispute for notice in notices(world) if notice.dispute]

        assert answered.standing is DisputeStanding.UNDER_REVIEW
        assert [seen.standing for seen in told] == [end]
        assert told[0].withdrawn is (end is DisputeStanding.LOST)
        assert kinds().count("dispute_reversal") == (end is DisputeStanding.WON)

    def test_silence_loses_after_a_week(self, world: World, hand: clock.Hand) -> None:
        ref = world.dispute(world.paid(FIFTY))
        hand.advance(days=7)
        world.bank.tick()

        assert gateway.current().dispute(ref).standing is DisputeStanding.LOST
        with pytest.raises(Never) as late:
            gateway.current().contest(EvidenceOrder(ref, "k", "winning_evidence"))
        assert late.value.code == "not_awaited"

    def test_conceding_loses_at_once(self, world: World) -> None:
        ref = world.dispute(world.paid(FIFTY))

        assert gateway.current().concede(ref, "k").standing is DisputeStanding.LOST
        assert gateway.current().concede(ref, "k2").standing is DisputeStanding.LOST

    def test_a_disputed_payment_is_not_refunded_too(self, world: World) -> None:
        paid = world.paid(FIFTY)
        world.dispute(paid)

        with pytest.raises(Never) as refused:
            gateway.current().refund(
                RefundOrder("ins_r", "k", str(paid.payment_ref), FIFTY, "Missed")
            )

        assert refused.value.code == "charge_disputed"

    @pytest.mark.parametrize(
        ("card", "end"),
        [("4000000000000259", DisputeStanding.LOST), ("4000000000002685", DisputeStanding.WON)],
    )
    def test_a_card_disputes_by_itself_after_three_days(
        self, world: World, hand: clock.Hand, card: str, end: DisputeStanding
    ) -> None:
        saved = world.saved(FIFTY, card)
        charged = gateway.current().charge_saved(charge_of(saved))
        notices(world)
        hand.advance(days=3)
        opened = [notice.dispute for notice in notices(world) if notice.dispute]

        gateway.current().contest(EvidenceOrder(opened[0].ref, "k", "Our side."))
        hand.advance(days=1)
        world.bank.tick()

        assert opened[0].payment_ref == charged.payment_ref
        assert opened[0].respond_by == opened[0].opened_at + timedelta(days=7)
        assert gateway.current().dispute(opened[0].ref).standing is end


class TestMoneyThatComesBack:
    def test_a_refund_comes_back_after_five_days(self, world: World, hand: clock.Hand) -> None:
        saved = world.saved(FIFTY, "4000000000007726")
        charged = gateway.current().charge_saved(charge_of(saved))
        topped_up(world)
        refund = gateway.current().refund(
            RefundOrder("ins_r", "k", str(charged.payment_ref), TEN, "Missed")
        )
        notices(world)

        hand.advance(days=5)
        told = [notice.seen for notice in notices(world) if notice.seen]

        assert refund.standing is Standing.SUCCEEDED
        assert [(seen.standing, seen.reason) for seen in told] == [
            (Standing.RETURNED, "account_closed")
        ]
        assert statement()[-1].kind == "refund_failure"
        assert statement()[-1].amount == TEN

    def test_a_transfer_to_some_accounts_comes_back_after_three_days(
        self, world: World, hand: clock.Hand
    ) -> None:
        person_id = a_payee(world, "1000000003")
        made = self._transfer(world, person_id)

        hand.advance(days=3)
        told = [notice.seen for notice in notices(world) if notice.seen]

        assert made.standing is Standing.SUCCEEDED
        assert [seen.standing for seen in told] == [Standing.RETURNED]
        assert gateway.current().read(Kind.TRANSFER, made.ref).standing is Standing.RETURNED
        assert kinds()[-2:] == ["transfer", "transfer_failure"]

    def test_who_may_no_longer_be_paid_is_news_to_be_looked_at(self, world: World) -> None:
        person_id = a_payee(world)
        world.restrict(person_id)
        ref = payees.payee(person_id).provider_ref
        db.session.rollback()

        told = notices(world)

        assert [notice.payee_ref for notice in told] == [ref]
        assert not gateway.current().payee(str(ref)).ready

    def _transfer(self, world: World, person_id: UUID) -> Seen:
        topped_up(world)
        ref = payees.payee(person_id).provider_ref
        db.session.rollback()
        made = gateway.current().transfer(
            TransferOrder("ins_t", "k", str(ref), TEN, "campaign:1", "Release")
        )
        notices(world)
        return made


class TestPayouts:
    ORDER = PayoutOrder("ins_p", "k", TEN, "Our fees")

    def test_it_arrives_after_a_day(self, world: World, hand: clock.Hand) -> None:
        topped_up(world)

        made = gateway.current().pay_out(self.ORDER)
        hand.advance(days=1)
        told = [notice.seen for notice in notices(world) if notice.seen]

        assert made.standing is Standing.OPEN
        assert [seen.standing for seen in told] == [Standing.SUCCEEDED]
        assert gateway.current().balances()[0].available.minor == 4_000

    @pytest.mark.parametrize(("days", "end"), [(0, Standing.FAILED), (1, Standing.RETURNED)])
    def test_it_may_fail_on_its_way_or_come_back(
        self, world: World, hand: clock.Hand, days: int, end: Standing
    ) -> None:
        topped_up(world)
        made = gateway.current().pay_out(self.ORDER)
        hand.advance(days=days)
        world.bank.tick()

        world.teller.fail_payout(made.ref)

        assert gateway.current().read(Kind.PAYOUT, made.ref).standing is end
        assert kinds()[-2:] == ["payout", "payout_failure"]
        assert gateway.current().balances()[0].available.minor == 5_000


def test_a_person_is_verified_at_the_second_try(world: World) -> None:
    order = VerificationOrder("ins_v", "k", "ada@x.test", "http://localhost/back")
    opened = gateway.current().verify_person(order)

    world.teller.verify(opened.ref, readable=False)
    again = gateway.current().verification(opened.ref)
    world.teller.verify(opened.ref)
    told = [notice.verification for notice in notices(world) if notice.verification]

    assert (again.standing, again.reason) == (Standing.OPEN, "document_unreadable")
    assert again.url == opened.url
    assert [seen.standing for seen in told] == [Standing.OPEN, Standing.SUCCEEDED]
