"""Refunds: back to the card that paid, out of what is available; until then they wait.

What one card was refunded comes back days later: its owner has closed the account.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from marketplace.simulator import funds
from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import Denied, missing
from marketplace.simulator.store import Row, Work

RETURNED_AFTER: Final = timedelta(days=5)
_READ = """
    SELECT r.*, h.habit FROM simulator.refund r JOIN simulator.charge h ON h.id = r.charge_id
"""


def refund(
    work: Work, charge_id: str, *, amount_minor: int, operation_id: str, reason: str
) -> dict[str, object]:
    """Refund `amount_minor` of a charge, at most what is left of it; none of a disputed one."""
    charge = work.row(
        """
        UPDATE simulator.charge SET refunded_minor = refunded_minor + %(amount)s
        WHERE id = %(id)s AND state = 'succeeded'
          AND refunded_minor + %(amount)s <= amount_minor
          AND NOT EXISTS (SELECT FROM simulator.dispute d WHERE d.charge_id = charge.id
                          AND d.state <> 'won')
        RETURNING currency
        """,
        id=charge_id, amount=amount_minor,
    )  # fmt: skip
    if charge is None:
        raise _why_not(work, charge_id)
    ref = new_ref("re")
    work.run(
        """
        INSERT INTO simulator.refund (id, charge_id, operation_id, amount_minor, currency, state,
            reason, created_at)
        VALUES (%(id)s, %(charge)s, %(operation)s, %(amount)s, %(currency)s, 'pending', %(reason)s,
            %(now)s)
        """,
        id=ref, charge=charge_id, operation=operation_id, amount=amount_minor,
        currency=charge["currency"], reason=reason, now=work.now,
    )  # fmt: skip
    _settle(work, _row(work, ref))
    return read(work, ref)


def read(work: Work, ref: str) -> dict[str, object]:
    """Return the refund `ref` as the bank shows it."""
    return _shown(_row(work, ref))


def settle_waiting(work: Work) -> None:
    """Pay the waiting refunds, oldest first, as far as each currency's available money goes."""
    dry: set[str] = set()
    for row in work.rows(f"{_READ} WHERE r.state = 'pending' ORDER BY r.created_at, r.id"):
        if row["currency"] not in dry and not _settle(work, row):
            dry.add(row["currency"])


def return_due(work: Work) -> None:
    """Take in again what was refunded to cards that no longer take it."""
    for row in work.rows(
        f"{_READ} WHERE r.returns_at <= %(now)s ORDER BY r.returns_at, r.id", now=work.now
    ):
        source = funds.Source(
            "refund_failure", row["id"], row["operation_id"], row["amount_minor"], row["currency"]
        )
        funds.take_in(work, source)
        _finish(work, row["id"], "returned", "account_closed")


def _settle(work: Work, row: Row) -> bool:
    if row["habit"] == "refund_fails":
        _finish(work, row["id"], "failed", "account_closed")
        return True
    source = funds.Source(
        "refund", row["id"], row["operation_id"], row["amount_minor"], row["currency"]
    )
    if not funds.pay_out(work, source):
        return False
    comes_back = row["habit"] == "refund_returns"
    _finish(work, row["id"], "succeeded", None, work.now + RETURNED_AFTER if comes_back else None)
    return True


def _finish(
    work: Work, ref: str, state: str, failure: str | None, returns_at: datetime | None = None
) -> None:
    work.run(
        "UPDATE simulator.refund SET state = %(state)s, failure = %(failure)s,"
        " finished_at = %(now)s, returns_at = %(returns)s WHERE id = %(id)s",
        id=ref,
        state=state,
        failure=failure,
        now=work.now,
        returns=returns_at,
    )
    if failure:
        work.run(
            "UPDATE simulator.charge h SET refunded_minor = refunded_minor - r.amount_minor"
            " FROM simulator.refund r WHERE r.id = %(id)s AND h.id = r.charge_id",
            id=ref,
        )
    tell(work, f"refund.{state}", read(work, ref))


def _why_not(work: Work, charge_id: str) -> Denied:
    row = work.row(
        "SELECT h.amount_minor - h.refunded_minor AS rest, h.state, d.state AS dispute"
        " FROM simulator.charge h LEFT JOIN simulator.dispute d ON d.charge_id = h.id"
        " WHERE h.id = %(id)s",
        id=charge_id,
    )
    if row is None or row["state"] == "failed":
        return missing("charge", charge_id)
    if row["dispute"] not in {None, "won"}:
        return Denied(409, "charge_disputed", "The person has taken this payment back.")
    return Denied(422, "more_than_charged", f"Only {row['rest']} minor units can be refunded.")


def _row(work: Work, ref: str) -> Row:
    row = work.row(f"{_READ} WHERE r.id = %(id)s", id=ref)
    if row is None:
        raise missing("refund", ref)
    return row


def _shown(row: Row) -> dict[str, object]:
    return {
        "object": "refund",
        "id": row["id"],
        "charge_id": row["charge_id"],
        "state": row["state"],
        "waits_for": "available_money" if row["state"] == "pending" else None,
        "failure": row["failure"],
        "operation_id": row["operation_id"],
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "reason": row["reason"],
        "created_at": stamp(row["created_at"]),
        "finished_at": stamp(row["finished_at"]),
    }
