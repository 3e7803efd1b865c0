"""The finance desk over a large book: the cockpit and the list of late loans, as officers ask.

The book of the close of business, one night closed, so that six in a hundred loans are late with
one to three instalments, told about it, and a part of them seen to. Each page is asked of the
application itself, in one process; p95 is to be under 100 ms.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import psycopg
from flask import Flask

from bench.close import lay
from bench.figures import Figure
from bench.page_figures import bare_millis, page_figure
from bench.place import Place, site
from bench.scales import Scale
from bench.sessions import signed_in
from marketplace.kernel import clock
from marketplace.kernel.ids import PersonId
from marketplace.loans.queries import overdue
from marketplace.loans.queries.overdue import Wanted
from marketplace.settlement import close_of_business

_DESK: Final = "/staff/finance"
_PATHS: Final = (
    _DESK,
    f"{_DESK}/overdue",
    f"{_DESK}/overdue?bucket=31-60",
    f"{_DESK}/overdue?next=look",
    f"{_DESK}/overdue?next=again&currency=EUR",
)

_OFFICER: Final = """
    WITH made AS (
        INSERT INTO person (id, email, name, password_hash, created_at, confirmed_at)
        VALUES (bench_id(9, 1), 'officer@bench.example', 'Olga Officer', '$argon2id$none',
            '2026-01-01', '2026-01-01')
        RETURNING id
    )
    INSERT INTO person_role (person_id, role, granted_at)
    SELECT id, 'finance_officer', '2026-01-01' FROM made
"""
# What was billed is asked for by bills; those of the last weeks are open where nothing was paid.
_BILLS: Final = """
    INSERT INTO bill (id, loan_id, n, borrower_id, due_on, principal_minor, interest_minor,
        paid_minor, currency, issued_at, paid_at)
    SELECT dated_uuid(%(now)s, 'bill:' || i.loan_id || ':' || i.n), i.loan_id, i.n, l.borrower_id,
        i.due_on, i.principal_minor, i.interest_minor, i.paid_minor, l.currency, %(now)s,
        CASE WHEN i.paid_minor > 0 THEN %(now)s::timestamptz END
    FROM instalment i JOIN loan l ON l.id = i.loan_id WHERE i.due_on <= %(on)s::date + 7
"""
_SEEN_TO: Final = """
    INSERT INTO arrears_look (id, loan_id, note, is_told, seen_on, seen_at, seen_by, again_on)
    SELECT dated_uuid(%(now)s, 'look:' || loan_id), loan_id, 'Called.', false, %(on)s, %(now)s,
        (SELECT id FROM person ORDER BY id LIMIT 1), %(on)s::date + 7
    FROM (SELECT DISTINCT loan_id FROM arrears_alert WHERE kind = 'T+3') late
    WHERE abs(uuid_hash(loan_id)) %% 3 = 0
"""


def run(place: Place, scale: Scale) -> list[Figure]:
    """Lay the book, close a night, see to a third of what is late, then ask for pages."""
    with site(place) as app, place.owner() as connection:
        on = clock.today()
        lay(connection, scale.loans, on - timedelta(days=1))
        close_of_business.close_missing_days(datetime(on.year, on.month, on.day, 12, tzinfo=UTC))
        facts = {"on": on, "now": clock.now()}
        for sql in (_BILLS, _SEEN_TO):
            connection.execute(sql.encode(), facts)
        connection.execute("VACUUM ANALYZE")
        browser, theirs = _at_the_desk(app, connection), bare_millis()
        paths = (*_PATHS, _deep(on))
        return [
            page_figure(
                browser,
                path,
                f"{path.partition('?after')[0]} with {scale.loans:,} loans",
                theirs=theirs,
                folder=place.folder,
            )
            for path in paths
        ]


def _at_the_desk(app: Flask, connection: psycopg.Connection[Any]) -> Any:  # noqa: ANN401 - Flask's
    app.config["PAGES_PER_ADDRESS"] = "1000000000 per minute"
    connection.execute(_OFFICER)
    officer = connection.execute("SELECT bench_id(9, 1)").fetchone()[0]  # type: ignore[index]
    return signed_in(app, PersonId(officer))


def _deep(on: date) -> str:
    """Return the address of a page in the middle of the list."""
    late = overdue.overdue(on, Wanted(), limit=10**6)
    middle = late[len(late) // 2]
    return f"{_DESK}/overdue?after={middle.due_on}~{middle.ref}"
