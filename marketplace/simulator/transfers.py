"""Transfers to payees out of available money, and their reversals."""

from __future__ import annotations

from marketplace.kernel.money import Money
from marketplace.simulator import funds, payees
from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import Denied, missing
from marketplace.simulator.store import Row, Work


def transfer(
    work: Work, payee_id: str, amount: Money, *, operation_id: str, bundle: str, description: str
) -> dict[str, object]:
    """Pay `amount` to a ready payee; refused when that much is not available."""
    payee = payees.row_of(work, payee_id)
    if payee["state"] != "ready":
        raise Denied(409, "payee_not_ready", "The payee has not finished onboarding.")
    if payee["account_number"].endswith(payees.CLOSED_ENDING):
        raise Denied(422, "account_closed", "The payee's account is closed.")
    ref = new_ref("tr")
    source = funds.Source("transfer", ref, operation_id, amount.minor, amount.currency)
    if not funds.pay_out(work, source):
        raise Denied(402, "insufficient_available", "Not enough money is available.")
    row = work.row(
        """
        INSERT INTO simulator.transfer (id, payee_id, operation_id, amount_minor, currency, bundle,
            description, created_at)
        VALUES (%(id)s, %(payee)s, %(operation)s, %(amount)s, %(currency)s, %(bundle)s,
            %(description)s, %(now)s)
        RETURNING *
        """,
        id=ref, payee=payee_id, operation=operation_id, amount=amount.minor,
        currency=amount.currency, bundle=bundle, description=description, now=work.now,
    )  # fmt: skip
    answer = _shown(_known(row, ref))
    tell(work, "transfer.paid", answer)
    return answer


def read(work: Work, ref: str) -> dict[str, object]:
    """Return the transfer `ref` as the bank shows it."""
    return _shown(
        _known(work.row("SELECT * FROM simulator.transfer WHERE id = %(id)s", id=ref), ref)
    )


def reverse(work: Work, ref: str, *, amount_minor: int, operation_id: str) -> dict[str, object]:
    """Take `amount_minor` of a transfer back from its payee; available at once."""
    row = work.row(
        """
        UPDATE simulator.transfer SET reversed_minor = reversed_minor + %(amount)s
        WHERE id = %(id)s AND reversed_minor + %(amount)s <= amount_minor RETURNING *
        """,
        id=ref, amount=amount_minor,
    )  # fmt: skip
    if row is None:
        read(work, ref)
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
        "state": "paid",
        "operation_id": row["operation_id"],
        "amount_minor": row["amount_minor"],
        "reversed_minor": row["reversed_minor"],
        "currency": row["currency"],
        "bundle": row["bundle"],
        "description": row["description"],
        "created_at": stamp(row["created_at"]),
    }
