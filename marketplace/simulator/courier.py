"""Carries the bank's signed events to the platform, again and again until they are received.

An event is claimed by moving its due time ahead, so a courier that dies with it in hand only
delays it, and two couriers seldom carry the same one. At least once, in no promised order.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import httpx

from marketplace.simulator.bank import Bank
from marketplace.simulator.faults import Crashed
from marketplace.simulator.parcels import Guise, Parcel
from marketplace.simulator.signing import HEADER
from marketplace.simulator.store import Work

BATCH: Final = 100
ATTEMPTS_MAX: Final = 16
IN_HAND: Final = timedelta(seconds=30)
WAIT_MAX: Final = timedelta(hours=1)
TIMEOUT_S: Final = 10.0

log = logging.getLogger(__name__)

Send = Callable[[bytes, Mapping[str, str]], int]
"""Takes a body and its headers to the platform; returns the HTTP status, 0 for none."""


def deliver_pending(bank: Bank, send: Send) -> int:
    """Do what is due at the bank, then deliver all waiting events; returns how many arrived.

    What the bank tells while these are carried may wait for the next time.
    """
    arrived, may_wait = 0, bank.tick()
    while may_wait and (parcels := _claim(bank)):
        may_wait = len(parcels) == BATCH
        answers = [(parcel, _carry(bank, parcel, send)) for parcel in bank.faults.parcels(parcels)]
        try:
            bank.faults.crash_courier(parcels)
        except Crashed:
            return arrived  # what arrived just now is forgotten, and will be carried again
        arrived += _record(bank, answers)
    return arrived


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after `attempts` failed deliveries: 1 s, 2 s, 4 s … one hour."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 12)), WAIT_MAX)


def over_http(url: str) -> Send:
    """Return a `Send` that posts to `url`."""
    line = httpx.HTTPTransport()  # a client around it would cost as much again
    patience = {"timeout": httpx.Timeout(TIMEOUT_S).as_dict()}

    def send(body: bytes, headers: Mapping[str, str]) -> int:
        parcel = httpx.Request(
            "POST", url, content=body, headers=dict(headers), extensions=patience
        )
        try:
            answer = line.handle_request(parcel)
            answer.read()
        except httpx.HTTPError:
            return 0
        return answer.status_code

    return send


class Courier(threading.Thread):
    """Delivers in the background, looking for work every `pause_s` seconds."""

    def __init__(self, bank: Bank, send: Send, pause_s: float = 0.25) -> None:
        super().__init__(name="courier", daemon=True)
        self._bank, self._send, self._pause_s = bank, send, pause_s
        self._over = threading.Event()

    def run(self) -> None:
        """Deliver until told to stop; a failure is logged and tried again."""
        while not self._over.wait(self._pause_s):
            try:
                with self._bank.store.counter_open() as is_open:
                    if is_open:
                        deliver_pending(self._bank, self._send)
            except Exception:
                log.exception("courier: will try again")
                self._over.wait(1.0)

    def stop(self) -> None:
        """Finish what is in hand and end."""
        self._over.set()


def _claim(bank: Bank) -> list[Parcel]:
    with bank.work() as work:
        rows = work.rows(
            """
            UPDATE simulator.event SET attempts = attempts + 1, due_at = %(until)s
            WHERE position = ANY(ARRAY(
                SELECT position FROM simulator.event WHERE state = 'waiting' AND due_at <= %(now)s
                ORDER BY position LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
            RETURNING position, type, body, attempts
            """,
            until=work.now + IN_HAND, now=work.now, limit=BATCH,
        )  # fmt: skip
    parcels = [
        Parcel(row["position"], row["type"], row["body"].encode(), row["attempts"]) for row in rows
    ]
    return sorted(parcels, key=lambda parcel: parcel.position)


def _carry(bank: Bank, parcel: Parcel, send: Send) -> int:
    if parcel.guise is Guise.LOST:
        return 0
    body, signed = parcel.sealed(bank.webhook_secret, bank.store.now())
    status = send(body, {HEADER: signed, "Content-Type": "application/json"})
    bank.faults.delivered(parcel, status)
    return status


def _record(bank: Bank, answers: list[tuple[Parcel, int]]) -> int:
    genuine = [(one, status) for one, status in answers if one.guise is Guise.GENUINE]
    received = {parcel.position for parcel, status in genuine if 200 <= status < 300}
    refused = {one.position: (one, status) for one, status in genuine}
    lost = [parcel.position for parcel, _ in answers if parcel.guise is Guise.LOST]
    with bank.work() as work:
        work.run(
            "UPDATE simulator.event SET state = 'delivered', last_answer = 'received'"
            " WHERE position = ANY(%(positions)s)",
            positions=list(received),
        )
        if lost:
            work.run(
                "UPDATE simulator.event SET state = 'given_up', last_answer = 'lost'"
                " WHERE position = ANY(%(positions)s)",
                positions=lost,
            )
        for position, (parcel, status) in refused.items():
            if position not in received:
                _put_off(work, parcel, status)
    return len(received)


def _put_off(work: Work, parcel: Parcel, status: int) -> None:
    work.run(
        "UPDATE simulator.event SET due_at = %(due)s, last_answer = %(answer)s,"
        " state = CASE WHEN attempts >= %(max)s THEN 'given_up' ELSE state END"
        " WHERE position = %(position)s",
        due=work.now + backoff(parcel.attempts),
        answer=str(status),
        max=ATTEMPTS_MAX,
        position=parcel.position,
    )
