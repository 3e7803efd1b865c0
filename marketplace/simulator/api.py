"""The bank's JSON API. Every call carries the bearer key, a POST its Idempotency-Key."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Final, cast

from flask import Blueprint, Response, current_app, g, request

from marketplace.simulator import (
    charges,
    checkouts,
    disputes,
    funds,
    operations,
    payees,
    payouts,
    refunds,
    teller,
    transfers,
    verifications,
)
from marketplace.simulator.answers import Action, Answer, Call, once, recent, refused
from marketplace.simulator.bank import Bank
from marketplace.simulator.bodies import Body
from marketplace.simulator.faults import Crashed, Dropped, Fault
from marketplace.simulator.refusals import Denied

EVIDENCE_MAX: Final = 20_000

api = Blueprint("api", __name__, url_prefix="/v1")


def bank() -> Bank:
    """Return the bank this application serves."""
    return cast("Bank", current_app.extensions["bank"])


@api.before_request
def _know_the_caller() -> Response | None:
    if not knows_key(request.headers.get("Authorization", "")):
        return _written(refused(Denied(401, "unknown_key", "The API key is not known.")))
    g.fate = bank().faults.meet(request.method, request.path)
    g.fate.before()
    return None


@api.errorhandler(Denied)
def _denied(denied: Denied) -> Response:
    return _written(refused(denied))


@api.errorhandler(Dropped)
@api.errorhandler(Crashed)
def _dropped(_nothing: Exception) -> Response:
    """Promise a body and send none, so that whoever waits for it sees the line go dead."""
    response = Response(status=200, mimetype="application/json")
    response.automatically_set_content_length = False
    response.headers["Content-Length"] = "1"
    return response


def knows_key(header: str) -> bool:
    """Whether an Authorization header carries the bank's API key."""
    return hmac.compare_digest(header.encode(), b"Bearer " + bank().api_key.encode())


@api.post("/checkouts")
def open_checkout() -> Response:
    """Open a hosted checkout; in mode `setup` it saves a card and charges nothing."""

    def act(body: Body) -> Action:
        order = checkouts.Order(
            operation_id=body.text("operation_id"),
            amount=body.money(),
            description=body.text("description"),
            bundle=body.text("bundle", needed=False),
            return_url=body.url("return_url"),
            cancel_url=body.url("cancel_url"),
            expires_at=body.moment("expires_at"),
            mode=body.choice("mode", ("payment", "setup")),
        )
        return lambda work: checkouts.open_checkout(work, order, bank().site)

    return _post(
        act,
        "operation_id amount_minor currency description bundle return_url cancel_url expires_at"
        " mode",
    )


@api.post("/checkouts/<ref>/expire")
def expire_checkout(ref: str) -> Response:
    """Close a checkout nobody shall pay any more."""
    return _post(lambda _: lambda work: checkouts.expire(work, ref, bank().site), "")


@api.post("/charges")
def charge() -> Response:
    """Charge a card that was saved before; a decline is a charge that failed."""

    def act(body: Body) -> Action:
        means, amount, operation = body.text("means_id"), body.money(), body.text("operation_id")
        return lambda work: charges.charge_saved(work, means, amount, operation_id=operation)

    return _post(act, "means_id amount_minor currency operation_id")


@api.post("/refunds")
def refund() -> Response:
    """Give a charge back, whole or in part."""

    def act(body: Body) -> Action:
        charge, minor = body.text("charge_id"), body.minor()
        operation, reason = body.text("operation_id"), body.text("reason", needed=False)
        return lambda work: refunds.refund(
            work, charge, amount_minor=minor, operation_id=operation, reason=reason
        )

    return _post(act, "charge_id amount_minor operation_id reason")


@api.post("/payees")
def create_payee() -> Response:
    """Register a person the platform will pay."""

    def act(body: Body) -> Action:
        facts = {name: body.text(name) for name in ("operation_id", "reference", "name", "email")}
        return lambda work: payees.create(work, **facts)

    return _post(act, "operation_id reference name email")


@api.post("/payees/<ref>/onboarding")
def onboard(ref: str) -> Response:
    """Give a fresh address of the payee's onboarding page."""

    def act(body: Body) -> Action:
        back = body.url("return_url")
        return lambda work: payees.link(work, ref, return_url=back, site=bank().site)

    return _post(act, "return_url")


@api.post("/transfers")
def transfer() -> Response:
    """Pay a payee."""

    def act(body: Body) -> Action:
        payee, amount = body.text("payee_id"), body.money()
        facts = {
            "operation_id": body.text("operation_id"),
            "bundle": body.text("bundle", needed=False),
            "description": body.text("description", needed=False),
        }
        return lambda work: transfers.transfer(work, payee, amount, **facts)

    return _post(act, "payee_id amount_minor currency operation_id bundle description")


@api.post("/transfers/<ref>/reversals")
def reverse(ref: str) -> Response:
    """Take a transfer back, whole or in part."""

    def act(body: Body) -> Action:
        minor, operation = body.minor(), body.text("operation_id")
        return lambda work: transfers.reverse(work, ref, amount_minor=minor, operation_id=operation)

    return _post(act, "amount_minor operation_id")


@api.post("/topups")
def top_up() -> Response:
    """Put the platform's own money in."""

    def act(body: Body) -> Action:
        amount, operation = body.money(), body.text("operation_id")
        return lambda work: funds.top_up(
            work, amount_minor=amount.minor, currency=amount.currency, operation_id=operation
        )

    return _post(act, "amount_minor currency operation_id")


@api.post("/payouts")
def pay_out() -> Response:
    """Send the platform's own money to its own bank."""

    def act(body: Body) -> Action:
        amount, operation = body.money(), body.text("operation_id")
        text = body.text("description", needed=False)
        return lambda work: payouts.pay_out(work, amount, operation_id=operation, description=text)

    return _post(act, "amount_minor currency operation_id description")


@api.post("/disputes/<ref>/evidence")
def contest(ref: str) -> Response:
    """Answer a dispute."""

    def act(body: Body) -> Action:
        evidence = body.text("text", most=EVIDENCE_MAX)
        return lambda work: disputes.contest(work, ref, evidence)

    return _post(act, "text")


@api.post("/disputes/<ref>/concede")
def concede(ref: str) -> Response:
    """Lose a dispute on purpose."""
    return _post(lambda _: lambda work: disputes.concede(work, ref), "")


@api.post("/verifications")
def verify() -> Response:
    """Open a page on which a person shows who they are."""

    def act(body: Body) -> Action:
        facts = {name: body.text(name) for name in ("operation_id", "email")}
        back = body.url("return_url")
        return lambda work: verifications.start(work, **facts, return_url=back, site=bank().site)

    return _post(act, "operation_id email return_url")


@api.get("/movements")
def movements() -> Response:
    """List what moved on the platform's balance, oldest first."""
    after = request.args.get("after", 0, int)
    limit = request.args.get("limit", funds.PAGE_MAX, int)
    return _get(lambda work: funds.movements(work, after=after, limit=limit))


@api.get("/balances")
def balances() -> Response:
    """Show what is available and what is pending."""
    return _get(funds.balances)


@api.get("/operations/<operation_id>")
def find(operation_id: str) -> Response:
    """Find what was made for one operation of the platform."""
    return _get(lambda work: operations.find(work, operation_id, bank().site))


@api.get(
    "/<any(checkout, setup, charge, refund, payee, transfer, reversal, topup, payout, dispute,"
    " verification):kind>s/<ref>"
)
def read(kind: str, ref: str) -> Response:
    """Read one thing."""
    return _get(lambda work: operations.read(work, kind, ref, bank().site))


@api.get("/requests")
def requests() -> Response:
    """Show the latest requests."""
    return _get(lambda work: {"object": "requests", "requests": recent(work)})


@api.get("/clock")
def read_clock() -> Response:
    """Show the bank's time."""
    return _get(lambda work: _clock_shown(work.now.isoformat()))


@api.post("/clock")
def move_clock() -> Response:
    """Move the bank's clock: `offset_seconds` ahead of the business clock it lives on."""

    def act(body: Body) -> Action:
        seconds = body.whole("offset_seconds")
        bank().move_clock(timedelta(seconds=seconds))
        return lambda _work: _clock_shown(bank().store.now().isoformat())

    return _post(act, "offset_seconds")


@api.post("/teller/pay")
def teller_pay() -> Response:
    """Pay a checkout as a person with a test card would."""

    def act(body: Body) -> Action:
        ref, card = body.text("checkout_id"), body.text("card")
        return lambda work: teller.pay_in(work, ref, card, bank().site)

    return _post(act, "checkout_id card")


@api.post("/teller/dispute")
def teller_dispute() -> Response:
    """Take a payment back as the person who paid would."""

    def act(body: Body) -> Action:
        charge_id = body.text("charge_id")
        return lambda work: disputes.dispute(work, charge_id)

    return _post(act, "charge_id")


@api.post("/teller/onboard")
def teller_onboard() -> Response:
    """Finish a payee's onboarding as the person would."""

    def act(body: Body) -> Action:
        ref, number = body.text("payee_id"), body.text("account_number")
        return lambda work: teller.onboard_in(work, ref, number)

    return _post(act, "payee_id account_number")


def _clock_shown(now: str) -> dict[str, object]:
    return {"object": "clock", "now": now, "offset_seconds": int(bank().offset.total_seconds())}


def _post(act: Callable[[Body], Action], allowed: str) -> Response:
    raw = request.get_data()
    call = Call("POST", request.path, raw, request.headers.get("Idempotency-Key"))

    def action(work: object) -> dict[str, object]:
        return act(Body(raw, allowed))(work)  # type: ignore[arg-type]  # the work `once` opens

    return _response(once(bank(), call, action, g.fate))


def _get(action: Action) -> Response:
    return _response(once(bank(), Call("GET", request.full_path, b"", None), action))


def _response(answer: Answer) -> Response:
    bank().faults.crash(g.fate, Fault.CRASH_AFTER)
    g.fate.after()
    return _written(answer)


def _written(answer: Answer) -> Response:
    response = Response(answer.text, answer.status, mimetype="application/json")
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response
