"""Stripe's notices: only the genuine ones of now, each read for what it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from marketplace.escrow.adapters import stripe_words
from marketplace.escrow.gateway import Bounce, DisputeStanding, Forged, Standing
from marketplace.escrow.states import Kind
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.builders.stripe import SECRET, THIN_SECRET, Stripe, a_gateway, signed

OPERATION = "ins_01jd3kzzzzzzzzzzzzzzzzzzzz"
STRIPE = Stripe(url="http://127.0.0.1:1")
SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "mode": "payment",
    "status": "complete",
    "payment_status": "paid",
    "amount_total": 5_000,
    "currency": "eur",
    "payment_intent": "pi_1",
    "metadata": {"operation_id": OPERATION},
}
REFUND = {
    "id": "re_1",
    "object": "refund",
    "status": "failed",
    "failure_reason": "expired_or_canceled_card",
    "amount": 5_000,
    "currency": "eur",
    "metadata": {"operation_id": OPERATION},
}


def a_notice(kind: str = "checkout.session.completed", thing: Any = None, **more: Any) -> bytes:
    return STRIPE.event(kind, thing or SESSION, **more)


def verified(body: bytes, headers: dict[str, str], **gateway: Any) -> Any:
    return a_gateway(STRIPE, **gateway).verify_delivery(body, headers, clock.now())


def refusal(body: bytes, headers: dict[str, str], **gateway: Any) -> str:
    with pytest.raises(Forged) as forged:
        verified(body, headers, **gateway)
    return forged.value.code


def test_a_genuine_notice_is_read() -> None:
    delivery = verified(a_notice(), signed(a_notice()))

    assert (delivery.event_id, delivery.kind) == ("evt_1", "checkout.session.completed")
    assert (delivery.seen.kind, delivery.seen.standing) == (Kind.CHECKOUT, Standing.SUCCEEDED)
    assert delivery.seen.operation_id == OPERATION
    assert delivery.seen.amount == Money.of("50.00", "EUR")
    assert delivery.seen.payment_ref == "pi_1"


@pytest.mark.parametrize("secret", ["whsec_old", "whsec_new"])
def test_while_rotating_either_secret_is_good(secret: str) -> None:
    body = a_notice()

    assert verified(body, signed(body, secret), secrets=("whsec_old", "whsec_new")).seen


def test_stripe_may_sign_with_both_secrets_at_once() -> None:
    body = a_notice()
    old, new = (signed(body, secret)["Stripe-Signature"] for secret in ("whsec_old", SECRET))

    assert verified(body, {"Stripe-Signature": f"{old},{new.split(',')[1]}"}).seen


@pytest.mark.parametrize(
    "forge",
    [
        lambda body, _good: (body, signed(body, "whsec_wrong")),
        lambda body, good: (body.replace(b"5000", b"9000"), good),
        lambda body, _good: (body, {}),
        lambda body, _good: (body, {"Stripe-Signature": ""}),
        lambda body, _good: (body, {"Stripe-Signature": "t=1"}),
        lambda body, _good: (body, {"Stripe-Signature": "t=abc,v1=\N{SNOWMAN}"}),
        lambda body, _good: (body, {"Stripe-Signature": f"t={'9' * 9_000},v1=00"}),
        lambda body, good: (body, {"Stripe-Signature": _old_scheme(good)}),
        lambda _body, good: (b"", good),
        lambda _body, good: (b"\xff\xfe", good),
    ],
    ids=[
        "secret",
        "body",
        "none",
        "empty",
        "bare",
        "nonsense",
        "huge",
        "scheme",
        "nothing",
        "binary",
    ],
)
def test_a_wrong_signature_is_refused(forge: Callable[..., Any]) -> None:
    body = a_notice()

    assert refusal(*forge(body, signed(body))) == "signature_wrong"


def _old_scheme(good: dict[str, str]) -> str:
    return good["Stripe-Signature"].replace("v1=", "v0=")


def test_a_second_time_does_not_make_an_old_signature_young() -> None:
    body = a_notice()
    old = signed(body, age_s=86_400)["Stripe-Signature"]

    header = f"t={int(clock.now().timestamp())},{old}"

    assert refusal(body, {"Stripe-Signature": header}) == "signature_wrong"
    assert refusal(body, {"Stripe-Signature": f"{old},t={header[2:]}"}) == "signature_stale"


@pytest.mark.parametrize("age_s", [302, -302, 86_400])
def test_a_stale_or_early_one_is_refused(age_s: int) -> None:
    body = a_notice()

    assert refusal(body, signed(body, age_s=age_s)) == "signature_stale"


@pytest.mark.parametrize("age_s", [298, -298])
def test_five_minutes_are_still_good(age_s: int) -> None:
    body = a_notice()

    assert verified(body, signed(body, age_s=age_s)).seen


@pytest.mark.parametrize(
    ("key", "live"), [("sk_test_1", True), ("sk_live_1", False), ("rk_live_1", False)]
)
def test_one_of_the_other_mode_is_refused(key: str, *, live: bool) -> None:
    body = a_notice(live=live)

    assert refusal(body, signed(body), key=key) == "wrong_mode"
    assert verified(a_notice(live=not live), signed(a_notice(live=not live)), key=key).seen


@pytest.mark.parametrize("body", [b"not json", b"[]", b"{}", b'{"id": 1}', b"null"])
def test_a_signed_body_that_is_no_notice_is_refused(body: bytes) -> None:
    assert refusal(body, signed(body)) == "body_unreadable"


@pytest.mark.parametrize(
    ("kind", "thing", "standing"),
    [
        ("checkout.session.completed", SESSION | {"payment_status": "unpaid"}, Standing.OPEN),
        ("checkout.session.async_payment_succeeded", SESSION, Standing.SUCCEEDED),
        (
            "checkout.session.async_payment_failed",
            SESSION | {"payment_status": "unpaid"},
            Standing.FAILED,
        ),
        (
            "checkout.session.expired",
            SESSION | {"status": "expired", "payment_status": "unpaid"},
            Standing.EXPIRED,
        ),
        ("refund.updated", REFUND | {"status": "succeeded"}, Standing.SUCCEEDED),
        ("refund.failed", REFUND, Standing.FAILED),
    ],
)
def test_what_it_is_about_is_seen(kind: str, thing: Any, standing: Standing) -> None:
    delivery = a_gateway(STRIPE).read_delivery(a_notice(kind, thing))

    assert delivery.seen is not None
    assert delivery.seen.standing is standing


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("customer.created", {"id": "cus_1", "object": "customer"}),
        ("balance.available", {"object": "balance"}),
        ("checkout.session.completed", SESSION | {"metadata": {}, "amount_total": None}),
        ("refund.created", REFUND | {"metadata": None}),
        ("charge.dispute.created", {"id": "dp_1", "metadata": {"operation_id": OPERATION}}),
    ],
)
def test_what_is_not_ours_is_no_mistake(kind: str, thing: Any) -> None:
    body = a_notice(kind, thing)

    delivery = verified(body, signed(body))

    assert (delivery.kind, delivery.seen, delivery.payee_ref) == (kind, None, None)


def a_thin_notice(**changes: Any) -> bytes:
    event = {
        "id": "evt_2",
        "object": "v2.core.event",
        "type": "v2.core.account[configuration.recipient].capability_status_updated",
        "livemode": False,
        "context": None,
        "related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/…"},
    }
    return json.dumps(event | changes).encode()


def test_a_thin_event_names_the_account_that_changed() -> None:
    body = a_thin_notice()

    delivery = verified(body, signed(body, THIN_SECRET))

    assert (delivery.seen, delivery.payee_ref, delivery.account_ref) == (None, "acct_1", None)


def test_a_thin_event_may_come_from_an_account_further_down() -> None:
    body = a_thin_notice(context="org_1/acct_7")

    assert verified(body, signed(body, THIN_SECRET)).account_ref == "acct_7"


@pytest.mark.parametrize(
    ("body", "secret"),
    [(a_thin_notice(), SECRET), (a_notice(), THIN_SECRET)],
    ids=["thin", "snapshot"],
)
def test_each_kind_of_event_has_its_own_secret(body: bytes, secret: str) -> None:
    assert refusal(body, signed(body, secret)) == "signature_wrong"


def test_without_a_secret_of_their_own_thin_events_carry_the_one_there_is() -> None:
    body = a_thin_notice()

    assert verified(body, signed(body), thin_secrets=()).payee_ref == "acct_1"


@pytest.mark.parametrize(
    "kind", ["checkout.session.completed", "refund.updated", "charge.dispute.created"]
)
def test_what_happens_on_a_payees_own_account_is_no_order_of_ours(kind: str) -> None:
    event = json.loads(a_notice(kind)) | {"account": "acct_9"}
    body = json.dumps(event).encode()

    delivery = verified(body, signed(body))

    assert (delivery.account_ref, delivery.payee_ref) == ("acct_9", "acct_9")
    assert (delivery.seen, delivery.dispute, delivery.verification) == (None, None, None)


def test_a_payees_payout_that_bounced_tells_whose_and_how_much() -> None:
    payout = {
        "id": "po_1",
        "object": "payout",
        "amount": 1_234,
        "currency": "eur",
        "status": "failed",
        "failure_code": "account_closed",
        "metadata": {"operation_id": OPERATION},
    }
    event = json.loads(a_notice("payout.failed", payout)) | {"account": "acct_9"}
    body = json.dumps(event).encode()

    delivery = verified(body, signed(body))

    assert delivery.bounce == Bounce("acct_9", Money.of("12.34", "EUR"), "account_closed")
    assert delivery.seen is None


def test_a_dispute_is_read_with_what_it_took() -> None:
    dispute = {
        "id": "du_1",
        "object": "dispute",
        "payment_intent": "pi_1",
        "amount": 5_000,
        "currency": "eur",
        "status": "needs_response",
        "reason": "fraudulent",
        "created": 1_700_000_000,
        "evidence_details": {"due_by": 1_700_600_000},
        "balance_transactions": [{"amount": -5_000}],
    }

    taken = a_gateway(STRIPE).read_delivery(a_notice("charge.dispute.created", dispute)).dispute
    inquiry = dispute | {"status": "warning_needs_response", "balance_transactions": []}
    asked = a_gateway(STRIPE).read_delivery(a_notice("charge.dispute.created", inquiry)).dispute
    by_charge = a_notice("charge.dispute.created", dispute | {"payment_intent": None})

    assert taken is not None
    assert asked is not None
    assert (taken.payment_ref, taken.withdrawn, asked.withdrawn) == ("pi_1", True, False)
    assert taken.standing is asked.standing is DisputeStanding.NEEDS_RESPONSE
    assert a_gateway(STRIPE).read_delivery(by_charge).dispute is None


@pytest.mark.parametrize(
    ("status", "brought_back", "standing"),
    [
        ("succeeded", None, Standing.SUCCEEDED),
        ("failed", None, Standing.FAILED),
        ("failed", "txn_9", Standing.RETURNED),
        ("canceled", None, Standing.FAILED),
    ],
)
def test_a_refund_that_failed_has_come_back_if_it_had_taken_money(
    status: str, brought_back: str | None, standing: Standing
) -> None:
    refund = REFUND | {"status": status, "failure_balance_transaction": brought_back}

    delivery = a_gateway(STRIPE).read_delivery(a_notice("refund.failed", refund))

    assert delivery.seen is not None
    assert delivery.seen.standing is standing


@pytest.mark.parametrize(
    ("marks", "kind", "standing"),
    [
        ({"operation_id": OPERATION}, Kind.REVERSAL, Standing.SUCCEEDED),
        ({}, Kind.TRANSFER, Standing.RETURNED),
    ],
    ids=["ours", "by hand"],
)
def test_a_transfer_taken_back_by_others_has_come_back_and_by_us_is_a_reversal(
    marks: dict[str, str], kind: Kind, standing: Standing
) -> None:
    thing = {"amount": 5_000, "currency": "eur", "created": 1_700_000_000}
    reversal = thing | {"id": "trr_1", "transfer": "tr_1", "metadata": marks}
    transfer = thing | {
        "id": "tr_1",
        "metadata": {"operation_id": OPERATION},
        "reversed": True,
        "reversals": {"data": [reversal]},
    }

    delivery = a_gateway(STRIPE).read_delivery(a_notice("transfer.reversed", transfer))

    assert delivery.seen is not None
    assert (delivery.seen.kind, delivery.seen.standing) == (kind, standing)


def test_a_pages_payment_is_followed_by_its_page_and_a_charge_by_itself() -> None:
    payment = {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "succeeded",
        "amount": 5_000,
        "currency": "eur",
        "metadata": {"operation_id": OPERATION},
    }
    of_a_page = a_notice("payment_intent.succeeded", payment)
    payment["metadata"] = {"operation_id": OPERATION, "kind": "charge"}
    by_itself = a_notice("payment_intent.succeeded", payment)

    assert a_gateway(STRIPE).read_delivery(of_a_page).seen is None
    seen = a_gateway(STRIPE).read_delivery(by_itself).seen
    assert seen is not None
    assert (seen.kind, seen.standing) == (Kind.CHARGE, Standing.SUCCEEDED)


@pytest.mark.parametrize(
    ("status", "error", "standing", "reason"),
    [
        ("processing", None, Standing.OPEN, ""),
        ("requires_action", None, Standing.FAILED, "authentication_required"),
        ("canceled", None, Standing.FAILED, "canceled"),
        (
            "requires_payment_method",
            {"code": "card_declined", "decline_code": "insufficient_funds"},
            Standing.FAILED,
            "insufficient_funds",
        ),
        (
            "requires_payment_method",
            {"code": "card_declined", "decline_code": "generic_decline"},
            Standing.FAILED,
            "card_declined",
        ),
        (
            "requires_payment_method",
            {"code": "authentication_required", "decline_code": "authentication_required"},
            Standing.FAILED,
            "authentication_required",
        ),
    ],
)
def test_a_charge_without_its_person_stands_as_its_payment_does(
    status: str, error: dict[str, str] | None, standing: Standing, reason: str
) -> None:
    payment = {
        "id": "pi_1",
        "object": "payment_intent",
        "status": status,
        "amount": 5_000,
        "currency": "eur",
        "last_payment_error": error,
        "metadata": {"operation_id": OPERATION, "kind": "charge"},
    }

    seen = a_gateway(STRIPE).read_delivery(a_notice("payment_intent.updated", payment)).seen

    assert seen is not None
    assert (seen.standing, seen.reason) == (standing, reason)


@pytest.mark.parametrize(
    ("payment", "standing"),
    [
        ({"id": "pi_1", "status": "processing"}, Standing.OPEN),
        ({"id": "pi_1", "status": "requires_payment_method"}, Standing.FAILED),
    ],
)
def test_a_payment_that_came_to_nothing_after_its_page_was_left_is_seen_on_reading_back(
    payment: dict[str, str], standing: Standing
) -> None:
    session = SESSION | {"payment_status": "unpaid", "payment_intent": payment}

    seen = stripe_words.checkout(session)

    assert (seen.standing, seen.payment_ref) == (standing, "pi_1")
