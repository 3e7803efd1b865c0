"""Payees: people the platform pays. A hosted page takes their account number."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import Denied, missing
from marketplace.simulator.store import Row, Work

LINK_LIFE: Final = timedelta(hours=1)
ACCOUNT: Final = re.compile(r"^[0-9]{8,18}$")
CLOSED_ENDING: Final = "0002"  # transfers to such an account are refused for good
RETURNING_ENDING: Final = "0003"  # transfers to such an account are made, and come back


def create(
    work: Work, *, operation_id: str, reference: str, name: str, email: str
) -> dict[str, object]:
    """Create a payee who is not ready yet."""
    row = work.row(
        """
        INSERT INTO simulator.payee (id, operation_id, reference, name, email, state, created_at)
        VALUES (%(id)s, %(operation)s, %(reference)s, %(name)s, %(email)s, 'new', %(now)s)
        RETURNING *
        """,
        id=new_ref("py"), operation=operation_id, reference=reference, name=name, email=email,
        now=work.now,
    )  # fmt: skip
    return _shown(_known(row, ""))


def read(work: Work, ref: str) -> dict[str, object]:
    """Return the payee `ref` as the bank shows it."""
    return _shown(row_of(work, ref))


def row_of(work: Work, ref: str) -> Row:
    """Return the payee's row; 404 for an unknown one."""
    return _known(work.row("SELECT * FROM simulator.payee WHERE id = %(id)s", id=ref), ref)


def link(work: Work, ref: str, *, return_url: str, site: str) -> dict[str, object]:
    """Return a fresh address of the onboarding page, good for an hour."""
    row_of(work, ref)
    row = work.row(
        """
        INSERT INTO simulator.onboarding (id, payee_id, return_url, expires_at)
        VALUES (%(id)s, %(payee)s, %(return_url)s, %(expires)s) RETURNING *
        """,
        id=new_ref("ob"), payee=ref, return_url=return_url, expires=work.now + LINK_LIFE,
    )  # fmt: skip
    link_row = _known(row, "")
    return {
        "object": "onboarding",
        "payee_id": ref,
        "url": f"{site}/onboard/{link_row['id']}",
        "expires_at": stamp(link_row["expires_at"]),
    }


def visit(work: Work, token: str) -> Row:
    """Return the onboarding behind `token` with its payee's name; refused once it is over."""
    row = work.row(
        """
        SELECT o.*, p.name, p.state FROM simulator.onboarding o
        JOIN simulator.payee p ON p.id = o.payee_id WHERE o.id = %(id)s
        """,
        id=token,
    )
    if row is None:
        raise missing("onboarding", token)
    if row["expires_at"] <= work.now:
        raise Denied(410, "link_expired", "This link is no longer good.")
    return row


def make_ready(work: Work, ref: str, *, name: str, account_number: str) -> None:
    """Keep the account number and make the payee ready; done twice, told once."""
    fresh = work.run(
        """
        UPDATE simulator.payee SET name = %(name)s, account_number = %(number)s, state = 'ready',
            ready_at = coalesce(ready_at, %(now)s)
        WHERE id = %(id)s AND (state <> 'ready' OR account_number <> %(number)s OR name <> %(name)s)
        """,
        id=ref, name=name, number=account_number, now=work.now,
    )  # fmt: skip
    if fresh:
        tell(work, "payee.ready", read(work, ref))


def restrict(work: Work, ref: str) -> None:
    """Pay a payee no more until they have been on the onboarding page again; told once."""
    restricted = work.run(
        "UPDATE simulator.payee SET state = 'restricted', ready_at = NULL"
        " WHERE id = %(id)s AND state = 'ready'",
        id=ref,
    )
    if not restricted:
        raise Denied(409, "not_ready", "The payee is not ready anyway.")
    tell(work, "payee.restricted", read(work, ref))


def _known(row: Row | None, ref: str) -> Row:
    if row is None:
        raise missing("payee", ref)
    return row


def _shown(row: Row) -> dict[str, object]:
    return {
        "object": "payee",
        "id": row["id"],
        "state": row["state"],
        "operation_id": row["operation_id"],
        "reference": row["reference"],
        "name": row["name"],
        "account_ending": (row["account_number"] or "")[-4:],
        "created_at": stamp(row["created_at"]),
        "ready_at": stamp(row["ready_at"]),
    }
