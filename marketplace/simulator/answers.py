"""Answers given once: the same key and the same request get the same answer for 24 hours.

Like the trade's providers, the bank keeps what it answered when it acted; a refusal is not
kept, so the same request may be tried again when the reason is gone. The same rows are the
request log.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from psycopg.errors import UniqueViolation

from marketplace.simulator.bank import Bank
from marketplace.simulator.faults import GOOD, Fate, Fault
from marketplace.simulator.refusals import Denied
from marketplace.simulator.store import Row, Work

KEPT_FOR: Final = timedelta(hours=24)
KEY_MAX: Final = 255

Action = Callable[[Work], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    body: bytes
    key: str | None

    @property
    def digest(self) -> bytes:
        """What must be the same for the same key."""
        return hashlib.sha256(b"\n".join((self.path.encode(), self.body))).digest()


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON text."""

    status: int
    text: str
    replayed: bool = False


_STUCK: Final = Answer(500, json.dumps({"code": "broken", "message": "Something went wrong."}))


def once(bank: Bank, call: Call, action: Action, fate: Fate = GOOD) -> Answer:
    """Run `action` in one transaction, or give the answer kept under the call's key.

    `fate` may let the bank die before the end of that transaction, or the key answer 500 for a
    while although all is done.
    """
    try:
        return _first(bank, call, action, fate)
    except UniqueViolation:  # another process answered this key a moment ago
        return _first(bank, call, action, fate)
    except Denied as denied:
        answer = refused(denied)
        with bank.work() as work:
            _log(work, call, answer, live=False)
        return answer


def refused(denied: Denied) -> Answer:
    """Return the answer for a refusal."""
    return Answer(denied.status, json.dumps({"code": denied.code, "message": denied.message}))


def recent(work: Work, limit: int = 100) -> list[dict[str, object]]:
    """Return the latest requests, newest first."""
    rows = work.rows(
        "SELECT method, path, sent_key, status, created_at FROM simulator.request"
        " ORDER BY position DESC LIMIT %(limit)s",
        limit=limit,
    )
    return [{**row, "created_at": row["created_at"].isoformat()} for row in rows]


def _first(bank: Bank, call: Call, action: Action, fate: Fate) -> Answer:
    with bank.work() as work:
        kept = _kept(work, call)
        if kept is not None:
            return _replay(work, kept, call)
        answer = Answer(200, json.dumps(action(work)))
        bank.faults.crash(fate, Fault.CRASH_BEFORE)
        _log(work, call, answer, live=True, sticky=fate.sticks)
    return _STUCK if fate.sticks else answer


def _kept(work: Work, call: Call) -> Row | None:
    if call.key is None:
        return None
    if not 0 < len(call.key) <= KEY_MAX:
        raise Denied(400, "key_length", f"An Idempotency-Key has 1 to {KEY_MAX} characters.")
    row = work.row(
        "SELECT body_digest, status, answer, sticky, created_at FROM simulator.request"
        " WHERE live_key = %(key)s",
        key=call.key,
    )
    if row is not None and row["created_at"] <= work.now - KEPT_FOR:
        work.run("UPDATE simulator.request SET live_key = NULL WHERE live_key = %(k)s", k=call.key)
        return None
    return row


def _replay(work: Work, kept: Row, call: Call) -> Answer:
    if bytes(kept["body_digest"]) != call.digest:
        raise Denied(409, "key_reused", "This Idempotency-Key was used for another request.")
    if kept["sticky"]:
        work.run(
            "UPDATE simulator.request SET sticky = sticky - 1 WHERE live_key = %(key)s",
            key=call.key,
        )
        return replace(_STUCK, replayed=True)
    return Answer(kept["status"], kept["answer"], replayed=True)


def _log(work: Work, call: Call, answer: Answer, *, live: bool, sticky: int = 0) -> None:
    acted = live and call.key is not None
    work.run(
        """
        INSERT INTO simulator.request (method, path, sent_key, live_key, body_digest, status,
            answer, sticky, created_at)
        VALUES (%(method)s, %(path)s, %(key)s, %(live)s, %(digest)s, %(status)s, %(answer)s,
            %(sticky)s, %(now)s)
        """,
        method=call.method, path=call.path, key=call.key, live=call.key if acted else None,
        digest=call.digest, status=answer.status,
        answer=answer.text if acted or answer.status >= 400 else None, sticky=sticky,
        now=work.now,
    )  # fmt: skip
