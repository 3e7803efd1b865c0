"""Payouts: the platform's own money to the platform's own bank account, a day on its way.

The panel can make a payout fail while it is on its way, or come back after it has arrived.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from marketplace.kernel.money import Money
from marketplace.simulator import funds
from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import Denied, missing
from marketplace.simulator.store import Row, Work

ARRIVES_AFTER: Final = timedelta(days=1)
_ENDS: Final = {"pending": "failed", "paid": "returned"}


def pay_out(work: Work, amount: Money, *, operation_id: str, description: str) -> dict[str, object]:
    """Send `amount` of what is available; refused when that much is not."""
    ref = new_ref("po")
    source = funds.Source("payout", ref, operation_id, amount.minor, amount.currency)
    if not funds.pay_out(work, source):
        raise Denied(402, "insufficient_available", "Not enough money is available.")
    work.run(
        """
        INSERT INTO simulator.payout (id, operation_id, amount_minor, currency, description, state,
            created_at, due_at)
        VALUES (%(id)s, %(operation)s, %(amount)s, %(currency)s, %(description)s, 'pending',
            %(now)s, %(due)s)
        """,
        id=ref, operation=operation_id, amount=amount.minor, currency=amount.currency,
        description=description, now=work.now, due=work.now + ARRIVES_AFTER,
    )  # fmt: skip
    return read(work, ref)


def read(work: Work, ref: str) -> dict[str, object]:
    """Return the payout `ref` as the bank shows it."""
    return _shown(_row(work, ref))


def arrive_due(work: Work) -> None:
    """Let arrive what has been on its way long enough."""
    due = work.rows(
        "SELECT id FROM simulator.payout WHERE due_at <= %(now)s ORDER BY due_at, id FOR UPDATE",
        now=work.now,
    )
    for row in due:
        _finish(work, row["id"], "paid", None)


def fail(work: Work, ref: str) -> dict[str, object]:
    """Let a payout fail on its way, or come back after it has arrived."""
    row = _row(work, ref)
    state = _ENDS.get(row["state"])
    if state is None:
        raise Denied(409, "cannot_fail", "The payout has come back already.")
    source = funds.Source(
        "payout_failure", ref, row["operation_id"], row["amount_minor"], row["currency"]
    )
    funds.take_in(work, source)
    return _finish(work, ref, state, "account_closed")


def _finish(work: Work, ref: str, state: str, failure: str | None) -> dict[str, object]:
    work.run(
        "UPDATE simulator.payout SET state = %(state)s, failure = %(failure)s, due_at = NULL,"
        " finished_at = %(now)s WHERE id = %(id)s",
        id=ref,
        state=state,
        failure=failure,
        now=work.now,
    )
    answer = read(work, ref)
    tell(work, f"payout.{state}", answer)
    return answer


def _row(work: Work, ref: str) -> Row:
    row = work.row("SELECT * FROM simulator.payout WHERE id = %(id)s FOR UPDATE", id=ref)
    if row is None:
        raise missing("payout", ref)
    return row


def _shown(row: Row) -> dict[str, object]:
    return {
        "object": "payout",
        "id": row["id"],
        "state": row["state"],
        "failure": row["failure"],
        "operation_id": row["operation_id"],
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "description": row["description"],
        "created_at": stamp(row["created_at"]),
        "finished_at": stamp(row["finished_at"]),
    }
