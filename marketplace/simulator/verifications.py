"""Verifications: a hosted page on which a person shows who they are, as often as it takes."""

from __future__ import annotations

from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.refusals import missing
from marketplace.simulator.store import Row, Work


def start(
    work: Work, *, operation_id: str, email: str, return_url: str, site: str
) -> dict[str, object]:
    """Open a verification and return it with the address of its page."""
    ref = new_ref("vf")
    work.run(
        """
        INSERT INTO simulator.verification (id, operation_id, email, return_url, state, created_at)
        VALUES (%(id)s, %(operation)s, %(email)s, %(return_url)s, 'open', %(now)s)
        """,
        id=ref,
        operation=operation_id,
        email=email,
        return_url=return_url,
        now=work.now,
    )
    return read(work, ref, site)


def read(work: Work, ref: str, site: str) -> dict[str, object]:
    """Return the verification `ref` as the bank shows it."""
    return _shown(row_of(work, ref), site)


def row_of(work: Work, ref: str) -> Row:
    """Return the verification's row; 404 for an unknown one."""
    row = work.row("SELECT * FROM simulator.verification WHERE id = %(id)s FOR UPDATE", id=ref)
    if row is None:
        raise missing("verification", ref)
    return row


def look_at(work: Work, ref: str, site: str, *, readable: bool) -> dict[str, object]:
    """Accept somebody's papers, or ask for another try; who is verified stays it."""
    if row_of(work, ref)["state"] == "verified":
        return read(work, ref, site)
    work.run(
        "UPDATE simulator.verification SET state = %(state)s, failure = %(failure)s,"
        " finished_at = %(at)s WHERE id = %(id)s",
        id=ref,
        state="verified" if readable else "open",
        failure=None if readable else "document_unreadable",
        at=work.now if readable else None,
    )
    answer = read(work, ref, site)
    tell(work, "verification.verified" if readable else "verification.unreadable", answer)
    return answer


def _shown(row: Row, site: str) -> dict[str, object]:
    return {
        "object": "verification",
        "id": row["id"],
        "state": row["state"],
        "failure": row["failure"],
        "operation_id": row["operation_id"],
        "url": f"{site}/verify/{row['id']}",
        "created_at": stamp(row["created_at"]),
        "finished_at": stamp(row["finished_at"]),
    }
