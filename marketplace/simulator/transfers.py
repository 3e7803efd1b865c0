"""Transfers to payees out of available money, their reversals, and those that come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from marketplace.kernel.money import Money
from marketplace.simulator import funds, payees
from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import Denied, missing
from marketplace.simulator.store import Row, Work

RETURNED_AFTER: Final = timedelta(days=3)


def transfer(
    work: Work, payee_id: str, amount: Money, *, operation_id: str, bundle: str, description: str
) -> dict[str, object]:
    """Pay `amount` to a ready payee; refused when that much is not available."""
    payee = payees.row_of(work, payee_id)
    if payee["state"] != "ready":
        raise Denied(409, "payee_not_ready", "The payee has not finished onboarding.")
    if payee["account_number"].endswith(payees.CLOSED_ENDING):
        raise Denied(422, "account_closed", "The payee's account is closed.")
    comes_back = payee["account_number"].endswith(payees.RETURNING_ENDING)
    ref = new_ref("tr")
    source = funds.Source("transfer", ref, operation_id, amount.minor, amount.currency)
    if not funds.pay_out(work, source):
        raise Denied(402, "insufficient_available", "Not enough money is available.")
    row = work.row(
        """
        INSERT INTO simulator.transfer (id, payee_id, operation_id, amount_minor, currency, bundle,
            description, created_at, returns_at)
        VALUES (%(id)s, %(payee)s, %(operation)s, %(amount)s, %(currency)s, %(bundle)s,
            %(description)s, %(now)s, %(returns)s)
        RETURNING *
        """,
        id=ref, payee=payee_id, operation=operation_id, amount=amount.minor,
        currency=amount.currency, bundle=bundle, description=description, now=work.now,
        returns=work.now + RETURNED_AFTER if comes_back else None,
    )  # fmt: skip
    answer = _shown(_known(row, ref))
    tell(work, "transfer.paid", answer)
    return answer


def read(work: Work, ref: str) -> dict[str, object]:
    """Return the transfer `ref` as the bank shows it."""
    return _shown(
        _known(work.row("SELECT * FROM simulator.transfer WHERE id = %(id)s", id=ref), ref)
    )


def return_due(work: Work) -> None:
    """Take in again what accounts did not accept; what was partly reversed stays paid."""
    due = work.rows(
        "UPDATE simulator.transfer SET returns_at = NULL WHERE returns_at <= %(now)s"
        " RETURNING id, reversed_minor",
        now=work.now,
    )
    for row in due:
        if not row["reversed_minor"]:
            come_back(work, row["id"])


def come_back(work: Work, ref: str) -> None:
    """Take a transfer in again whole: the payee's bank has sent it back."""
    row = work.row(
        """
        UPDATE simulator.transfer SET state = 'returned', failure = 'account_refused',
            finished_at = %(now)s, returns_at = NULL
        WHERE id = %(id)s AND state = 'paid' AND reversed_minor = 0 RETURNING *
        """,
        id=ref,
        now=work.now,
    )
    if row is None:
        raise Denied(409, "cannot_come_back", "It came back already, or was taken back.")
    source = funds.Source(
        "transfer_failure", ref, row["operation_id"], row["amount_minor"], row["currency"]
    )
    funds.take_in(work, source)
    tell(work, "transfer.returned", _shown(row))


def reverse(work: Work, ref: str, *, amount_minor: int, operation_id: str) -> dict[str, object]:
    """Take `amount_minor` of a transfer back from its payee; available at once."""
    row = work.row(
        """
        UPDATE simulator.transfer SET reversed_minor = reversed_minor + %(amount)s
        WHERE id = %(id)s AND state = 'paid' AND reversed_minor + %(amount)s <= amount_minor
        RETURNING *
        """,
        id=ref, amount=amount_minor,
    )  # fmt: skip
    if row is None:
        if read(work, ref)["state"] == "returned":
            raise Denied(422, "transfer_returned", "The transfer has come back already.")
        raise Denied(422, "more_than_transferred", "More than was transferred cannot come back.")
    reversal = new_ref("rv")
    work.run(
        """
        INSERT INTO simulator.reversal (id, transfer_id, operation_id, amount_minor, currency,
            created_at)
        VALUES (%(id)s, %(transfer)s, %(operation)s, %(amount)s, %(currency)s, %(now)s)
        """,
        id=reversal, transfer=ref, operation=operation_id, amount=amount_minor,
        currency=row["currency"], now=work.now,
    )  # fmt: skip
    funds.take_in(
        work, funds.Source("reversal", reversal, operation_id, amount_minor, row["currency"])
    )
    answer = read_reversal(work, reversal)
    tell(work, "transfer.reversed", answer)
    return answer


def read_reversal(work: Work, ref: str) -> dict[str, object]:
    """Return the reversal `ref` as the bank shows it."""
    row = _known(work.row("SELECT * FROM simulator.reversal WHERE id = %(id)s", id=ref), ref)
    return {
        "object": "reversal",
        "id": row["id"],
        "transfer_id": row["transfer_id"],
        "state": "paid",
        "operation_id": row["operation_id"],
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "created_at": stamp(row["created_at"]),
    }


def _known(row: Row | None, ref: str) -> Row:
    if row is None:
        raise missing("transfer", ref)
    return row


def _shown(row: Row) -> dict[str, object]:
    return {
        "object": "transfer",
        "id": row["id"],
        "payee_id": row["payee_id"],
        "state": row["state"],
        "failure": row["failure"],
        "operation_id": row["operation_id"],
        "amount_minor": row["amount_minor"],
        "reversed_minor": row["reversed_minor"],
        "currency": row["currency"],
        "bundle": row["bundle"],
        "description": row["description"],
        "created_at": stamp(row["created_at"]),
        "finished_at": stamp(row["finished_at"]),
    }
