"""What every escrow provider must do behind the port, held to each of them by one suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from marketplace.escrow.gateway import (
    Cash,
    DisputeStanding,
    Forged,
    Movement,
    Never,
    NoAnswer,
    NotNow,
    Seen,
    SeenDispute,
    Standing,
)
from marketplace.escrow.orders import (
    ChargeOrder,
    CheckoutOrder,
    EvidenceOrder,
    PayeeOrder,
    PayoutOrder,
    RefundOrder,
    ReversalOrder,
    TopUpOrder,
    TransferOrder,
    VerificationOrder,
)
from marketplace.escrow.states import Kind
from marketplace.kernel import clock
from marketplace.kernel.ids import new_id, public_id
from marketplace.kernel.money import Money
from tests.builders.providers import (
    DECLINED,
    DECLINED_LATER,
    GOOD,
    PROVIDERS,
    REFUND_RETURNS,
    STEP_UP,
    WALLET,
    Provider,
    let_days_pass,
)

BACK = "http://localhost/back"
BUNDLE = "campaign:1"


@pytest.fixture(params=sorted(PROVIDERS))
def provider(request: pytest.FixtureRequest, database_url: str) -> Iterator[Provider]:
    request.getfixturevalue("app")  # which empties the database
    with PROVIDERS[request.param](database_url) as provider:
        asked = {request.node.originalname, getattr(request.cls, "__name__", "")}
        kind = getattr(request.node, "callspec", None)
        asked |= set(kind.params.values()) if kind else set()
        if asked & provider.lacks:
            pytest.skip(f"{request.param} does not offer this")
        yield provider


def euros(text: str) -> Money:
    return Money.of(text, "EUR")


AMOUNT = euros("50.00")


def an_order() -> tuple[str, str]:
    """An operation, and its key."""
    operation = public_id("ins", new_id())
    return operation, operation


def a_page(amount: Money = AMOUNT) -> CheckoutOrder:
    until = clock.now() + timedelta(hours=1)
    return CheckoutOrder(*an_order(), amount, "Pledge", BUNDLE, BACK, BACK, until)


def paid(provider: Provider, amount: Money = AMOUNT, way: str = GOOD) -> Seen:
    opened = provider.gateway.open_checkout(a_page(amount))
    assert provider.use_page(opened.ref, way)
    return provider.gateway.read(Kind.CHECKOUT, opened.ref)


def saved(provider: Provider, way: str = GOOD) -> Seen:
    opened = provider.gateway.open_setup(a_page())
    assert provider.use_page(opened.ref, way)
    return provider.gateway.read(Kind.SETUP, opened.ref)


def a_charge(means: Seen) -> ChargeOrder:
    return ChargeOrder(*an_order(), str(means.payment_ref), AMOUNT, "Pledge", BUNDLE)


def a_refund(payment: Seen, amount: Money = AMOUNT) -> RefundOrder:
    return RefundOrder(*an_order(), str(payment.payment_ref), amount, "The goal was missed.")


def a_payee(provider: Provider, *, ready: bool = True) -> str:
    name = public_id("pye", new_id())
    order = PayeeOrder(name, name, None, "Paula Payee", "paula@example.test", BACK)
    ref = provider.gateway.onboard(order).payee.ref
    if ready:
        provider.onboard(ref)
    return ref


def a_transfer(payee: str, amount: Money = AMOUNT) -> TransferOrder:
    return TransferOrder(*an_order(), payee, amount, BUNDLE, "Release")


def rich(provider: Provider, amount: Money | None = None) -> Seen:
    return provider.gateway.top_up(TopUpOrder(*an_order(), amount or euros("500.00")))


def statement(provider: Provider) -> list[Movement]:
    found: dict[str, Movement] = {}
    cursor, more = "", True
    while more:
        page = provider.gateway.movements(cursor)
        found |= {line.ref: line for line in page.movements}
        cursor, more = page.cursor, page.more
    return list(found.values())


def kinds(provider: Provider) -> list[str]:
    return [line.kind for line in statement(provider)]


def held(provider: Provider) -> Money:
    (cash,) = provider.gateway.balances()
    return cash.available + cash.pending


def disputed(provider: Provider) -> tuple[Seen, SeenDispute]:
    """A payment its person has taken back, as the notice tells."""
    payment = paid(provider)
    provider.notices()
    provider.dispute(str(payment.payment_ref))
    told = [provider.gateway.verify_delivery(*each, clock.now()) for each in provider.notices()]
    found = [delivery.dispute for delivery in told if delivery.dispute]
    return payment, provider.gateway.dispute(found[0].ref)


class TestPages:
    def test_a_page_is_open_until_it_is_paid(self, provider: Provider) -> None:
        order = a_page()
        opened = provider.gateway.open_checkout(order)
        assert (opened.standing, opened.amount) == (Standing.OPEN, AMOUNT)
        assert str(opened.url).startswith("http")

        assert provider.use_page(opened.ref)

        seen = provider.gateway.read(Kind.CHECKOUT, opened.ref)
        assert (seen.standing, seen.amount, seen.method) == (
            Standing.SUCCEEDED,
            AMOUNT,
            provider.method,
        )
        assert seen.operation_id == order.operation_id
        assert seen.payment_ref

    def test_a_wallet_pays_and_is_named_as_in_the_terms(self, provider: Provider) -> None:
        seen = paid(provider, way=WALLET)

        assert seen.method in {each.name for each in provider.gateway.terms.methods}
        assert seen.method not in {e.name for e in provider.gateway.terms.methods if e.deferrable}

    def test_a_declined_card_leaves_the_page_open(self, provider: Provider) -> None:
        opened = provider.gateway.open_checkout(a_page())

        assert not provider.use_page(opened.ref, DECLINED)

        assert provider.gateway.read(Kind.CHECKOUT, opened.ref).standing is Standing.OPEN
        assert statement(provider) == []

    def test_a_page_nobody_paid_ends(self, provider: Provider, hand: clock.Hand) -> None:
        opened = provider.gateway.open_checkout(a_page())
        hand.advance(days=provider.page_days)
        provider.notices()

        assert provider.gateway.read(Kind.CHECKOUT, opened.ref).standing is Standing.EXPIRED
        assert not provider.use_page(opened.ref)

    def test_an_open_page_can_be_closed_and_a_paid_one_stays_paid(self, provider: Provider) -> None:
        opened, used = (provider.gateway.open_checkout(a_page()) for _ in range(2))
        assert provider.use_page(used.ref)

        closed = provider.gateway.expire_checkout(opened.ref, "key-of-one")
        kept = provider.gateway.expire_checkout(used.ref, "key-of-another")

        assert closed.standing is Standing.EXPIRED
        assert kept.standing is Standing.SUCCEEDED
        assert not provider.use_page(opened.ref)


class TestSavedMeans:
    def test_saving_charges_nothing_and_the_charge_takes_what_was_said(
        self, provider: Provider
    ) -> None:
        means = saved(provider)
        assert (means.standing, means.amount) == (Standing.SUCCEEDED, AMOUNT)
        assert statement(provider) == []

        seen = provider.gateway.charge_saved(a_charge(means))

        assert (seen.kind, seen.standing) == (Kind.CHARGE, Standing.SUCCEEDED)
        assert (seen.amount, seen.method) == (AMOUNT, "card")
        assert kinds(provider) == ["charge"]
        rich(provider)
        assert provider.gateway.refund(a_refund(seen)).standing is Standing.SUCCEEDED

    @pytest.mark.parametrize(
        ("way", "confirms"), [(DECLINED_LATER, False), (STEP_UP, True)], ids=["declined", "step-up"]
    )
    def test_a_refusal_is_an_answer_with_its_reason(
        self, provider: Provider, way: str, *, confirms: bool
    ) -> None:
        seen = provider.gateway.charge_saved(a_charge(saved(provider, way)))

        assert seen.standing is Standing.FAILED
        assert seen.reason
        assert (seen.reason == "authentication_required") is confirms
        assert provider.gateway.read(Kind.CHARGE, seen.ref).standing is Standing.FAILED
        assert statement(provider) == []

    def test_a_wallet_cannot_be_saved(self, provider: Provider) -> None:
        opened = provider.gateway.open_setup(a_page())

        assert not provider.use_page(opened.ref, WALLET)
        assert provider.gateway.read(Kind.SETUP, opened.ref).standing is Standing.OPEN

    def test_a_page_that_saves_can_be_closed(self, provider: Provider) -> None:
        opened = provider.gateway.open_setup(a_page())

        seen = provider.gateway.expire_checkout(opened.ref, "key-of-the-close")

        assert (seen.kind, seen.standing) == (Kind.SETUP, Standing.EXPIRED)


class TestRefunds:
    def test_a_payment_is_given_back_in_parts_and_not_beyond(self, provider: Provider) -> None:
        rich(provider)
        payment = paid(provider)

        for part in ("20.00", "20.00", "10.00"):
            seen = provider.gateway.refund(a_refund(payment, euros(part)))
            assert (seen.standing, seen.amount) == (Standing.SUCCEEDED, euros(part))
        with pytest.raises(Never):
            provider.gateway.refund(a_refund(payment, euros("0.01")))

    def test_it_waits_for_available_money(self, provider: Provider, hand: clock.Hand) -> None:
        payment = paid(provider)
        rich(provider, euros("10.00"))

        seen = provider.gateway.refund(a_refund(payment))
        assert seen.standing is Standing.OPEN
        let_days_pass(provider, hand, 3)

        assert provider.gateway.read(Kind.REFUND, seen.ref).standing is Standing.SUCCEEDED

    def test_it_may_come_back_late(self, provider: Provider, hand: clock.Hand) -> None:
        rich(provider)
        before = held(provider)
        payment = paid(provider, way=REFUND_RETURNS)
        with_it = held(provider)

        seen = provider.gateway.refund(a_refund(payment))
        assert seen.standing is Standing.SUCCEEDED
        assert held(provider) == with_it - AMOUNT
        let_days_pass(provider, hand, 6)

        back = provider.gateway.read(Kind.REFUND, seen.ref)
        assert (back.standing, bool(back.reason)) == (Standing.RETURNED, True)
        assert held(provider) == with_it > before
        assert {"refund", "refund_failure"} <= set(kinds(provider))


class TestTransfers:
    def test_only_a_payee_who_is_ready_just_now_is_paid(self, provider: Provider) -> None:
        rich(provider)
        payee = a_payee(provider, ready=False)
        assert not provider.gateway.payee(payee).ready
        with pytest.raises(NotNow) as early:
            provider.gateway.transfer(a_transfer(payee))

        provider.onboard(payee)
        assert provider.gateway.payee(payee).ready
        seen = provider.gateway.transfer(a_transfer(payee))
        provider.restrict(payee)
        with pytest.raises(NotNow) as late:
            provider.gateway.transfer(a_transfer(payee))

        assert seen.standing is Standing.SUCCEEDED
        assert {early.value.code, late.value.code} == {"payee_not_ready"}
        assert kinds(provider).count("transfer") == 1

    def test_only_available_money_is_paid(self, provider: Provider, hand: clock.Hand) -> None:
        payee = a_payee(provider)
        paid(provider)
        order = a_transfer(payee, euros("40.00"))
        with pytest.raises(NotNow) as refused:
            provider.gateway.transfer(order)

        let_days_pass(provider, hand, 3)
        again = a_transfer(payee, euros("40.00"))

        assert refused.value.code == "insufficient_available"
        assert provider.gateway.transfer(again).standing is Standing.SUCCEEDED

    def test_one_is_taken_back_in_parts_and_not_beyond(self, provider: Provider) -> None:
        rich(provider)
        before = held(provider)
        made = provider.gateway.transfer(a_transfer(a_payee(provider)))

        for part in ("30.00", "20.00"):
            order = ReversalOrder(*an_order(), made.ref, euros(part))
            seen = provider.gateway.reverse_transfer(order)
            assert seen.standing is Standing.SUCCEEDED
            assert provider.gateway.read(Kind.REVERSAL, seen.ref).amount == euros(part)
        with pytest.raises(Never):
            provider.gateway.reverse_transfer(ReversalOrder(*an_order(), made.ref, euros("0.01")))

        assert held(provider) == before
        transfer = provider.gateway.read(Kind.TRANSFER, made.ref)
        assert transfer.standing is Standing.SUCCEEDED  # taking it back is another operation

    def test_a_payee_gets_a_fresh_address_each_time(self, provider: Provider) -> None:
        name = public_id("pye", new_id())
        order = PayeeOrder(name, name, None, "Paula Payee", "paula@example.test", BACK)
        first = provider.gateway.onboard(order)
        again = PayeeOrder(name, name, first.payee.ref, order.name, order.email, BACK)

        second = provider.gateway.onboard(again)

        assert second.payee.ref == first.payee.ref
        assert second.url != first.url

    def test_that_a_payee_is_ready_is_told(self, provider: Provider) -> None:
        payee = a_payee(provider)

        told = [provider.gateway.verify_delivery(*each, clock.now()) for each in provider.notices()]

        named = {(each.payee.ref if each.payee else each.payee_ref) for each in told}
        assert payee in named


class TestPayouts:
    def test_our_own_money_goes_out_and_arrives(self, provider: Provider, hand: clock.Hand) -> None:
        rich(provider)
        before = held(provider)

        seen = provider.gateway.pay_out(PayoutOrder(*an_order(), AMOUNT, "Fees of May"))
        assert seen.standing is Standing.OPEN
        assert held(provider) == before - AMOUNT
        let_days_pass(provider, hand, 4)

        assert provider.gateway.read(Kind.PAYOUT, seen.ref).standing is Standing.SUCCEEDED

    def test_one_that_comes_back_is_on_the_statement_twice(
        self, provider: Provider, hand: clock.Hand
    ) -> None:
        rich(provider)
        before = held(provider)
        seen = provider.gateway.pay_out(PayoutOrder(*an_order(), AMOUNT, "Fees of May"))
        let_days_pass(provider, hand, 4)

        provider.fail_payout(seen.ref)

        assert provider.gateway.read(Kind.PAYOUT, seen.ref).standing is Standing.RETURNED
        assert held(provider) == before
        assert kinds(provider) == ["topup", "payout", "payout_failure"]

    def test_no_more_than_is_there_goes_out(self, provider: Provider) -> None:
        rich(provider, euros("10.00"))

        with pytest.raises(NotNow) as refused:
            provider.gateway.pay_out(PayoutOrder(*an_order(), AMOUNT, "Fees of May"))

        assert refused.value.code == "insufficient_available"


class TestDisputes:
    def test_one_takes_the_money_at_once_and_a_fee(self, provider: Provider) -> None:
        rich(provider)
        payment, seen = disputed(provider)

        assert (seen.payment_ref, seen.operation_id) == (payment.payment_ref, payment.operation_id)
        assert (seen.standing, seen.withdrawn) == (DisputeStanding.NEEDS_RESPONSE, True)
        assert (seen.amount, bool(seen.reason)) == (AMOUNT, True)
        assert seen.respond_by is not None
        assert clock.now() < seen.respond_by
        (line,) = [line for line in statement(provider) if line.kind == "dispute"]
        assert (line.amount, line.source_ref) == (-AMOUNT, seen.ref)
        assert line.operation_id == payment.operation_id
        assert line.fee.minor > 0

    @pytest.mark.parametrize("won", [True, False], ids=["won", "lost"])
    def test_the_bank_decides_on_the_evidence(
        self, provider: Provider, hand: clock.Hand, *, won: bool
    ) -> None:
        rich(provider)
        _, seen = disputed(provider)
        before = held(provider)
        text = "winning_evidence" if won else "losing_evidence"

        answered = provider.gateway.contest(EvidenceOrder(seen.ref, "key-of-evidence", text))
        assert answered.standing is DisputeStanding.UNDER_REVIEW
        let_days_pass(provider, hand, 3)

        decided = provider.gateway.dispute(seen.ref)
        assert decided.standing is (DisputeStanding.WON if won else DisputeStanding.LOST)
        assert decided.withdrawn is not won
        assert held(provider) == (before + AMOUNT if won else before)
        assert kinds(provider).count("dispute_reversal") == int(won)

    def test_it_can_be_conceded(self, provider: Provider) -> None:
        rich(provider)
        _, seen = disputed(provider)

        lost = provider.gateway.concede(seen.ref, "key-of-the-concession")

        assert (lost.standing, lost.withdrawn) == (DisputeStanding.LOST, True)

    def test_unanswered_it_is_lost(self, provider: Provider, hand: clock.Hand) -> None:
        rich(provider)
        _, seen = disputed(provider)

        let_days_pass(provider, hand, 10)

        assert provider.gateway.dispute(seen.ref).standing is DisputeStanding.LOST

    def test_what_is_disputed_is_not_given_back_besides(self, provider: Provider) -> None:
        rich(provider)
        payment, _ = disputed(provider)

        with pytest.raises(Never) as refused:
            provider.gateway.refund(a_refund(payment))

        assert refused.value.code == "charge_disputed"


class TestVerification:
    def test_it_stays_open_until_the_papers_are_good(self, provider: Provider) -> None:
        order = VerificationOrder(*an_order(), "paula@example.test", BACK)
        opened = provider.gateway.verify_person(order)
        assert (opened.standing, bool(opened.url)) == (Standing.OPEN, True)

        provider.verify(opened.ref, readable=False)
        unreadable = provider.gateway.verification(opened.ref)
        provider.verify(opened.ref, readable=True)
        good = provider.gateway.verification(opened.ref)

        assert (unreadable.standing, bool(unreadable.reason)) == (Standing.OPEN, True)
        assert unreadable.url
        assert good.standing is Standing.SUCCEEDED
        assert good.operation_id == order.operation_id


@dataclass
class Placing:
    """An order that can be placed again and again, and where to look for what came of it."""

    act: Callable[[Any], Seen]
    order: Any
    hint: str | None = None

    def __call__(self) -> Seen:
        return self.act(self.order)


def _charging(provider: Provider) -> Placing:
    charge = a_charge(saved(provider))
    return Placing(provider.gateway.charge_saved, charge, charge.means_ref)


def _refunding(provider: Provider) -> Placing:
    refund = a_refund(paid(provider))
    return Placing(provider.gateway.refund, refund, refund.payment_ref)


def _reversing(provider: Provider) -> Placing:
    made = provider.gateway.transfer(a_transfer(a_payee(provider)))
    order = ReversalOrder(*an_order(), made.ref, AMOUNT)
    return Placing(provider.gateway.reverse_transfer, order, made.ref)


PLACINGS: dict[Kind, Callable[[Provider], Placing]] = {
    Kind.CHECKOUT: lambda p: Placing(p.gateway.open_checkout, a_page()),
    Kind.SETUP: lambda p: Placing(p.gateway.open_setup, a_page()),
    Kind.CHARGE: _charging,
    Kind.REFUND: _refunding,
    Kind.TRANSFER: lambda p: Placing(p.gateway.transfer, a_transfer(a_payee(p)), BUNDLE),
    Kind.REVERSAL: _reversing,
    Kind.TOP_UP: lambda p: Placing(p.gateway.top_up, TopUpOrder(*an_order(), AMOUNT)),
    Kind.PAYOUT: lambda p: Placing(p.gateway.pay_out, PayoutOrder(*an_order(), AMOUNT, "Fees")),
}


def an_order_of(provider: Provider, kind: Kind) -> Placing:
    """An order of a kind, ready to be placed."""
    rich(provider)
    return PLACINGS[kind](provider)


EACH_KIND = pytest.mark.parametrize("kind", list(Kind))


class TestKeys:
    @EACH_KIND
    def test_the_same_order_again_is_one_effect(self, provider: Provider, kind: Kind) -> None:
        place = an_order_of(provider, kind)
        first = place()
        lines = len(statement(provider))

        again = [place() for _ in range(3)]

        assert {seen.ref for seen in again} == {first.ref}
        assert len(statement(provider)) == lines

    @EACH_KIND
    def test_what_was_done_without_an_answer_is_found_and_not_done_twice(
        self, provider: Provider, kind: Kind
    ) -> None:
        place = an_order_of(provider, kind)
        before = len(statement(provider))
        provider.lose_next_answer()
        with pytest.raises(NoAnswer):
            place()

        found = provider.gateway.find(kind, place.order.operation_id, place.hint)

        assert found is not None
        assert (found.kind, found.operation_id) == (kind, place.order.operation_id)
        after = len(statement(provider))
        assert place().ref == found.ref
        assert len(statement(provider)) == after
        assert after - before == (0 if kind in {Kind.CHECKOUT, Kind.SETUP} else 1)

    @EACH_KIND
    def test_what_was_never_ordered_is_not_found(self, provider: Provider, kind: Kind) -> None:
        place = an_order_of(provider, kind)
        place()

        assert provider.gateway.find(kind, public_id("ins", new_id()), place.hint) is None

    def test_another_order_under_a_used_key_is_not_carried_out(self, provider: Provider) -> None:
        operation, key = an_order()
        provider.gateway.top_up(TopUpOrder(operation, key, AMOUNT))

        with pytest.raises(NoAnswer) as raised:
            provider.gateway.top_up(TopUpOrder(operation, key, euros("60.00")))

        assert raised.value.code == "key_reused"
        assert held(provider) == AMOUNT


class TestStatement:
    def test_its_lines_add_up_to_the_balances_whatever_happens(
        self, provider: Provider, hand: clock.Hand
    ) -> None:
        _a_busy_week(provider, hand)

        lines = statement(provider)

        for cash in provider.gateway.balances():
            assert _sum(lines, cash) == cash.available + cash.pending
        matured = [line for line in lines if line.available_at <= clock.now()]
        for cash in provider.gateway.balances():
            assert _sum(matured, cash) == cash.available
        assert all(line.operation_id for line in lines)
        assert {line.kind for line in lines} == {
            "charge", "refund", "refund_failure", "transfer", "reversal", "topup", "payout",
            "payout_failure", "dispute", "dispute_reversal",
        }  # fmt: skip

    def test_it_is_read_on_from_where_it_ended(self, provider: Provider, hand: clock.Hand) -> None:
        rich(provider)
        first = provider.gateway.movements("")
        hand.advance(minutes=30)
        payment = paid(provider)

        then = provider.gateway.movements(first.cursor)

        fresh = {line.ref for line in then.movements} - {line.ref for line in first.movements}
        assert len(fresh) == 1
        assert payment.operation_id in {line.operation_id for line in then.movements}


def _sum(lines: Sequence[Movement], cash: Cash) -> Money:
    own = [line for line in lines if line.amount.currency == cash.available.currency]
    total = Money(0, cash.available.currency)
    for line in own:
        total = total + line.amount - line.fee
    return total


def _a_busy_week(provider: Provider, hand: clock.Hand) -> None:
    gateway = provider.gateway
    rich(provider)
    gateway.top_up(TopUpOrder(*an_order(), Money.of("12000", "JPY")))
    gateway.refund(a_refund(paid(provider)))
    gateway.refund(a_refund(paid(provider, way=REFUND_RETURNS)))
    made = gateway.transfer(a_transfer(a_payee(provider)))
    gateway.reverse_transfer(ReversalOrder(*an_order(), made.ref, euros("7.00")))
    gateway.charge_saved(a_charge(saved(provider)))
    gateway.charge_saved(a_charge(saved(provider, DECLINED_LATER)))
    payout = gateway.pay_out(PayoutOrder(*an_order(), AMOUNT, "Fees of May"))
    for text in ("winning_evidence", "losing_evidence"):
        _, seen = disputed(provider)
        gateway.contest(EvidenceOrder(seen.ref, f"key-{text}", text))
    let_days_pass(provider, hand, 7)
    provider.fail_payout(payout.ref)
    paid(provider, euros("20.00"))


class TestDeliveries:
    def notice_of_a_payment(self, provider: Provider) -> tuple[Seen, bytes, dict[str, str]]:
        """A payment, and what the provider told of it."""
        payment = paid(provider)
        for body, headers in provider.notices():
            seen = provider.gateway.read_delivery(body).seen
            if seen is not None and seen.kind is Kind.CHECKOUT:
                return payment, body, headers
        raise AssertionError("nobody was told")

    def test_a_genuine_one_tells_what_reading_back_shows(self, provider: Provider) -> None:
        payment, body, headers = self.notice_of_a_payment(provider)

        delivery = provider.gateway.verify_delivery(body, headers, clock.now())

        assert delivery.seen is not None
        assert (delivery.seen.ref, delivery.seen.amount) == (payment.ref, payment.amount)
        assert delivery.seen.operation_id == payment.operation_id
        assert delivery.seen.payment_ref == payment.payment_ref
        assert delivery.event_id

    @pytest.mark.parametrize("minutes", [-6, 6], ids=["old", "early"])
    def test_one_of_another_time_is_refused(
        self, provider: Provider, hand: clock.Hand, minutes: int
    ) -> None:
        _, body, headers = self.notice_of_a_payment(provider)

        with pytest.raises(Forged) as forged:
            provider.gateway.verify_delivery(
                body, headers, clock.now() - timedelta(minutes=minutes)
            )

        assert forged.value.code == "signature_stale"

    @pytest.mark.parametrize(
        "forge",
        [
            lambda body, headers: (body.replace(b"5000", b"9000"), headers),
            lambda body, _headers: (body, {}),
            lambda body, headers: (
                body,
                {name: value[:-4] + "0000" for name, value in headers.items()},
            ),
        ],
        ids=["altered", "unsigned", "guessed"],
    )
    def test_a_forged_one_is_refused(self, provider: Provider, forge: Callable[..., Any]) -> None:
        _, body, headers = self.notice_of_a_payment(provider)
        forged_body, forged_headers = forge(body, headers)

        with pytest.raises(Forged) as forged:
            provider.gateway.verify_delivery(forged_body, forged_headers, clock.now())

        assert forged.value.code == "signature_wrong"
