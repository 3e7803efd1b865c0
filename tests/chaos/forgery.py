"""Bar 4: whoever knocks without the secret, too late, or with other words, is sent away.

Both providers' doors are tried with notices that would move money if they were believed. All of
the forged get a 4xx and change nothing; the genuine get in, under either secret while secrets
are being changed.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
from flask import Flask
from stripe import WebhookSignature

from marketplace.escrow import gateway
from marketplace.escrow.adapters.simulator import TOLERANCE_S
from marketplace.escrow.services import dispatching
from marketplace.infra import jobs
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.simulator.signing import signature
from tests.builders.escrow import World, a_checkout
from tests.builders.fingerprints import fingerprint
from tests.builders.simulator import SECRET
from tests.builders.stripe import SECRET as STRIPE_SECRET
from tests.builders.stripe import THIN_SECRET, a_gateway, a_stripe, banking_with
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground, Place, a_still_world
from tests.chaos.scales import Scale

AMOUNT: Final = Money.of("50.00", "EUR")
OLD_SECRET: Final = "whsec_of_last_month"
COUNTED: Final = "escrow_forgery"  # how often somebody was sent away: the one thing that may change


@dataclass(frozen=True, slots=True)
class Notice:
    """A genuine notice: to which door, what it says, and how it is signed."""

    door: str
    body: bytes
    secret: str
    sign: Callable[[bytes, str, datetime], str]
    header: str


@dataclass(frozen=True, slots=True)
class Forged:
    """A notice nobody may believe, and what is wrong with it."""

    wrong: str
    door: str
    body: bytes
    headers: dict[str, str]


@dataclass
class Knocks:
    """What came of all knocking."""

    refused: Counter[str] = field(default_factory=Counter)
    let_in: int = 0
    troubles: list[str] = field(default_factory=list)


def run(ground: Ground, scale: Scale) -> Outcome:
    """Knock at both providers' doors."""
    dice, knocks = ground.dice("forgery"), Knocks()
    with ground.place() as place, a_still_world(place, dice) as (world, _hand):
        notices = _of_the_simulator(world, scale.forgeries)
        _knock(world.app, place, notices, dice, knocks)
        say(f"forgery: {sum(knocks.refused.values()):,} sent away from the simulator's door")
    with ground.place() as place, a_still_world(place, dice) as (world, _hand):
        _at_stripes_door(world.app, place, scale, dice, knocks)
    forged = sum(knocks.refused.values())
    tried = forged + len(knocks.troubles)
    return Outcome(
        "forgery",
        f"{tried:,} forged notices of {len(knocks.refused)} kinds at three doors, {knocks.let_in}"
        " genuine ones (each under both secrets while they change)",
        f"{forged / max(tried, 1):.2%} refused with 4xx and without a trace",
        "100 % refused, all genuine let in",
        ground.seed,
        knocks.troubles,
    )


def _of_the_simulator(world: World, count: int) -> list[Notice]:
    found: list[bytes] = []
    for _ in range(count):
        planned = a_checkout(AMOUNT)
        dispatching.dispatch(planned)
        world.pay(planned)
    world.teller.deliver_pending(lambda body, _headers: _kept(found, body))
    return [
        Notice("/webhooks/simulator", body, SECRET, _sign_harbour, "Harbour-Signature")
        for body in found
    ]


def _at_stripes_door(
    app: Flask, place: Place, scale: Scale, dice: random.Random, knocks: Knocks
) -> None:
    with a_stripe() as account, banking_with(account):
        for _ in range(scale.forgeries):
            account.pay(_opened(a_checkout(AMOUNT)))
        notices = [
            _of_stripe(each["path"], each["body"].encode())
            for each in account.notices
            if "succeeded" in each["body"] or "completed" in each["body"]
        ]
        notices += [_of_stripe("/webhooks/stripe/thin", _thin(n)) for n in range(scale.forgeries)]
        _knock(app, place, notices, dice, knocks)
        _rotate(app, account, notices, knocks)


def _opened(planned: UUID) -> str:
    ref = dispatching.dispatch(planned).provider_ref
    assert ref is not None
    return ref


def _of_stripe(door: str, body: bytes) -> Notice:
    secret = THIN_SECRET if door.endswith("/thin") else STRIPE_SECRET
    return Notice(door, body, secret, _sign_stripe, "Stripe-Signature")


def _thin(number: int) -> bytes:
    body = {
        "id": f"evt_thin_{number}",
        "object": "v2.core.event",
        "type": "v2.core.account[configuration.recipient].capability_status_updated",
        "created": clock.now().isoformat(),
        "livemode": False,
        "context": None,
        "related_object": {"id": f"acct_{number}", "type": "v2.core.account", "url": "/"},
    }
    return json.dumps(body).encode()


def _knock(
    app: Flask, place: Place, notices: Sequence[Notice], dice: random.Random, knocks: Knocks
) -> None:
    """Try every forgery of every notice; then let the genuine ones in."""
    client = app.test_client()
    before = _fingerprint(place)
    for notice in notices:
        for forged in _forgeries(notice, dice):
            answer = client.post(forged.door, data=forged.body, headers=forged.headers)
            if 400 <= answer.status_code < 500:
                knocks.refused[forged.wrong] += 1
            else:
                knocks.troubles.append(f"{forged.wrong} at {forged.door}: {answer.status_code}")
    jobs.run_due()
    db.session.rollback()
    after = _fingerprint(place)
    if changed := [name for name in before if before[name] != after.get(name)]:
        knocks.troubles.append(f"forged notices changed {', '.join(changed)}")
    for notice in notices:
        _let_in(app, notice, notice.secret, "stored", knocks)


def _let_in(app: Flask, notice: Notice, secret: str, word: str, knocks: Knocks) -> None:
    headers = {notice.header: notice.sign(notice.body, secret, clock.now())}
    answer = app.test_client().post(notice.door, data=notice.body, headers=headers)
    said = (answer.status_code, answer.get_data(as_text=True).strip())
    if said == (200, word):
        knocks.let_in += 1
    else:
        knocks.troubles.append(f"a genuine notice at {notice.door} was answered {said}")


def _forgeries(notice: Notice, dice: random.Random) -> Iterator[Forged]:
    now, body = clock.now(), notice.body
    for wrong, other, header in _signatures(notice, dice, now):
        yield Forged(wrong, notice.door, other, {notice.header: header})
    yield Forged("no signature", notice.door, body, {})
    elsewhere = "/webhooks/simulator" if "stripe" in notice.door else "/webhooks/stripe"
    header = notice.sign(body, notice.secret, now)
    yield Forged("another provider's door", elsewhere, body, {notice.header: header})
    for wrong, event in _other_accounts(notice):
        other = json.dumps(event).encode()
        header = notice.sign(other, notice.secret, now)
        yield Forged(wrong, notice.door, other, {notice.header: header})


def _signatures(
    notice: Notice, dice: random.Random, now: datetime
) -> Iterator[tuple[str, bytes, str]]:
    body, secret, sign = notice.body, notice.secret, notice.sign
    good, late = sign(body, secret, now), timedelta(seconds=TOLERANCE_S + 1)
    yield "wrong secret", body, sign(body, "whsec_guessed", now)
    yield "the other kind's secret", body, sign(body, _other_secret(secret), now)
    yield "stale", body, sign(body, secret, now - late)
    yield "long stale", body, sign(body, secret, now - timedelta(days=dice.randint(1, 400)))
    yield "from the future", body, sign(body, secret, now + late)
    yield "dated anew", body, good.replace(f"t={int(now.timestamp())}", "t=1")
    yield "cut signature", body, good[:-1]
    yield "no scheme", body, good.replace("v1=", "v0=")
    yield "garbage", body, dice.randbytes(20).hex()
    for _ in range(3):
        at = dice.randrange(len(body))
        altered = body[:at] + bytes([body[at] ^ (1 << dice.randrange(7))]) + body[at + 1 :]
        yield "altered byte", altered, good
    if (richer := body.replace(b"5000", b"9000")) != body:
        yield "richer", richer, good
    yield "longer", body + b" ", good
    yield "shorter", body[:-1], good


def _other_secret(secret: str) -> str:
    return {STRIPE_SECRET: THIN_SECRET, THIN_SECRET: STRIPE_SECRET}.get(secret, STRIPE_SECRET)


def _other_accounts(notice: Notice) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rightly signed, but of another mode or about an account that is not ours."""
    if "stripe" not in notice.door:
        return  # the simulator has one mode, and serves one platform
    event = json.loads(notice.body)
    yield "wrong mode", event | {"livemode": True}
    if notice.door.endswith("/thin"):
        yield "wrong account", event | {"context": "acct_of_somebody_else"}
    else:
        yield "wrong account", event | {"account": "acct_of_somebody_else"}


def _rotate(app: Flask, account: Any, notices: Sequence[Notice], knocks: Knocks) -> None:
    """While secrets change both are good; afterwards the old one is not."""
    first, thin = notices[0], notices[-1]
    pairs = [(first, OLD_SECRET), (first, STRIPE_SECRET), (thin, OLD_SECRET), (thin, THIN_SECRET)]
    with _secrets(account, (OLD_SECRET, STRIPE_SECRET), (OLD_SECRET, THIN_SECRET)):
        for notice, secret in pairs:
            _let_in(app, notice, secret, "known", knocks)
    for notice in (first, thin):
        headers = {notice.header: notice.sign(notice.body, OLD_SECRET, clock.now())}
        answer = app.test_client().post(notice.door, data=notice.body, headers=headers)
        if answer.status_code == 400:
            knocks.refused["old secret"] += 1
        else:
            knocks.troubles.append(f"the old secret was answered {answer.status_code}")


@contextmanager
def _secrets(account: Any, secrets: tuple[str, ...], thin: tuple[str, ...]) -> Iterator[None]:
    former = gateway.current()
    gateway.install(a_gateway(account, secrets=secrets, thin_secrets=thin))
    try:
        yield
    finally:
        gateway.install(former)


def _fingerprint(place: Place) -> dict[str, str]:
    with psycopg.connect(place.url, autocommit=True) as connection:

        def ask(sql: str) -> list[Any]:
            return connection.execute(sql.encode()).fetchall()

        found = fingerprint(ask)
    return {name: digest for name, digest in found.items() if name != COUNTED}


def _sign_harbour(body: bytes, secret: str, at: datetime) -> str:
    return signature(secret, body, at)


def _sign_stripe(body: bytes, secret: str, at: datetime) -> str:
    text = body.decode()
    return str(WebhookSignature.generate_signature_header(text, secret, int(at.timestamp())))


def _kept(found: list[bytes], body: bytes) -> int:
    found.append(body)
    return 200
