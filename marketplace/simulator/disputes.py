"""Disputes: a person has their bank take a payment back.

The money and a fee leave the platform's available balance at once, below zero if need be. The
platform may answer until a date; then the bank thinks for a day. Won, the money comes back, but
never the fee. The evidence decides by a word in it; without one, the card does.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from marketplace.kernel.money import exponent
from marketplace.simulator import charges, funds
from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import Denied, missing
from marketplace.simulator.store import Row, Work

FEE: Final = Decimal(15)
RESPOND_WITHIN: Final = timedelta(days=7)
REVIEW: Final = timedelta(days=1)
WINNING: Final = "winning_evidence"
LOSING: Final = "losing_evidence"
_REASONS: Final = {"disputed": "fraudulent", "excused": "product_not_received"}


def open_due(work: Work) -> None:
    """Dispute the payments of cards whose owners do that."""
    due = work.rows(
        "UPDATE simulator.charge SET dispute_at = NULL WHERE dispute_at <= %(now)s"
        " RETURNING id, amount_minor - refunded_minor AS rest",
        now=work.now,
    )
    for row in due:
        if row["rest"]:
            dispute(work, row["id"])


def dispute(work: Work, charge_id: str, reason: str | None = None) -> dict[str, object]:
    """Take back what has not been refunded of a charge; once, and refused if nothing is left."""
    charge = charges.row_of(work, charge_id)
    rest = charge["amount_minor"] - charge["refunded_minor"]
    if charge["state"] != "succeeded" or not rest:
        raise Denied(409, "nothing_left", "There is nothing to take back.")
    if work.row("SELECT id FROM simulator.dispute WHERE charge_id = %(id)s", id=charge_id):
        raise Denied(409, "already_disputed", "The payment has been disputed already.")
    ref, fee_minor = new_ref("dp"), int(FEE.scaleb(exponent(charge["currency"])))
    work.run(
        """
        INSERT INTO simulator.dispute (id, charge_id, operation_id, amount_minor, fee_minor,
            currency, reason, leaning, state, created_at, respond_by, due_at)
        VALUES (%(id)s, %(charge)s, %(operation)s, %(amount)s, %(fee)s, %(currency)s, %(reason)s,
            %(leaning)s, 'needs_response', %(now)s, %(until)s, %(until)s)
        """,
        id=ref, charge=charge_id, operation=charge["operation_id"], amount=rest, fee=fee_minor,
        currency=charge["currency"],
        reason=reason or _REASONS.get(charge["habit"], "fraudulent"),
        leaning="won" if charge["habit"] == "excused" else "lost",
        now=work.now, until=work.now + RESPOND_WITHIN,
    )  # fmt: skip
    # Its owner's habit is done with: what was taken back by hand is not taken back again.
    work.run("UPDATE simulator.charge SET dispute_at = NULL WHERE id = %(id)s", id=charge_id)
    row = _row(work, ref)
    funds.take_in(work, _source("dispute", row, -rest), fee_minor=fee_minor)
    return _told(work, "opened", row)


def read(work: Work, ref: str) -> dict[str, object]:
    """Return the dispute `ref` as the bank shows it."""
    return _shown(_row(work, ref))


def contest(work: Work, ref: str, evidence: str) -> dict[str, object]:
    """Take the platform's answer, once and in time; the bank decides a day later."""
    row = work.row(
        """
        UPDATE simulator.dispute SET state = 'under_review', evidence = %(evidence)s,
            due_at = %(due)s
        WHERE id = %(id)s AND state = 'needs_response' AND respond_by > %(now)s RETURNING *
        """,
        id=ref,
        evidence=evidence,
        now=work.now,
        due=work.now + REVIEW,
    )
    if row is None:
        raise _too_late(work, ref)
    return _told(work, "under_review", row)


def concede(work: Work, ref: str) -> dict[str, object]:
    """Lose an unanswered dispute on purpose; a lost one is answered again."""
    row = _row(work, ref)
    if row["state"] == "lost":
        return _shown(row)
    if row["state"] != "needs_response":
        raise _too_late(work, ref)
    return _finish(work, ref, "lost")


def close_due(work: Work) -> None:
    """Decide what has been reviewed; what nobody answered in time is lost."""
    due = work.rows(
        "SELECT * FROM simulator.dispute WHERE due_at <= %(now)s ORDER BY due_at, id FOR UPDATE",
        now=work.now,
    )
    for row in due:
        _finish(work, row["id"], _verdict(row))


def _verdict(row: Row) -> str:
    if row["evidence"] is None or LOSING in row["evidence"]:
        return "lost"
    return "won" if WINNING in row["evidence"] else str(row["leaning"])


def _finish(work: Work, ref: str, state: str) -> dict[str, object]:
    work.run(
        "UPDATE simulator.dispute SET state = %(state)s, finished_at = %(now)s, due_at = NULL"
        " WHERE id = %(id)s",
        id=ref,
        state=state,
        now=work.now,
    )
    row = _row(work, ref)
    if state == "won":
        funds.take_in(work, _source("dispute_reversal", row, row["amount_minor"]))
    return _told(work, state, row)


def _source(kind: str, row: Row, amount_minor: int) -> funds.Source:
    return funds.Source(kind, row["id"], row["operation_id"], amount_minor, row["currency"])


def _told(work: Work, happened: str, row: Row) -> dict[str, object]:
    answer = _shown(row)
    tell(work, f"dispute.{happened}", answer)
    return answer


def _too_late(work: Work, ref: str) -> Denied:
    read(work, ref)
    return Denied(409, "not_awaited", "This dispute no longer waits for an answer.")


def _row(work: Work, ref: str) -> Row:
    row = work.row("SELECT * FROM simulator.dispute WHERE id = %(id)s FOR UPDATE", id=ref)
    if row is None:
        raise missing("dispute", ref)
    return row


def _shown(row: Row) -> dict[str, object]:
    return {
        "object": "dispute",
        "id": row["id"],
        "charge_id": row["charge_id"],
        "operation_id": row["operation_id"],
        "state": row["state"],
        "reason": row["reason"],
        "withdrawn": row["state"] != "won",
        "amount_minor": row["amount_minor"],
        "fee_minor": row["fee_minor"],
        "currency": row["currency"],
        "created_at": stamp(row["created_at"]),
        "respond_by": stamp(row["respond_by"]),
        "finished_at": stamp(row["finished_at"]),
    }
