"""Ten thousand open listings: the list in several orders and filters, and the page of one loan.

Each page is asked of the application itself, in one process and as no cache may keep it: what a
core needs for it, every query and the template included. The yardstick is a bare Flask page.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from flask import Flask

from bench.figures import Figure
from bench.lending import lay_foundations
from bench.page_figures import bare_millis, page_figure
from bench.place import Place, site
from bench.scales import Scale
from bench.sessions import signed_in
from marketplace.kernel import clock
from marketplace.kernel.ids import PersonId, public_id

LISTINGS: Final = 10_000
PARTS: Final = 400
"""Parts that are in reflection of the loan whose page is asked for."""
QUESTIONS: Final = 20
PATHS: Final = (
    "/loans",
    "/loans?sort=rate",
    "/loans?sort=funded&almost=1",
    "/loans?grade=C&purpose=home&rate_from=6&rate_to=12&sort=-term",
    "/loans?ends=3&currency=EUR&method=equal_instalment&sort=amount",
)

_PERSONS: Final = """
    INSERT INTO person (id, email, name, password_hash, created_at, confirmed_at)
    SELECT bench_id(1, n), n || '@bench.example', 'Person ' || n, '$argon2id$none',
        '2026-01-01', '2026-01-01'
    FROM generate_series(0, %(loans)s) AS n
"""
_LOANS: Final = """
    INSERT INTO loan (id, borrower_id, product_id, form_key, state, amount_minor, currency,
        instalments, term_months, purpose, title, story, employment, employed_years, housing,
        income_minor, obligations_minor, grade, annual_rate, method, day_count, rounding_mode,
        origination_fee_bps, lender_fee_bps, fraction_min_minor, bill_lead_days, loss_rate,
        reflection_days, first_reviewer_id, second_reviewer_id, committed_minor, reserved_minor,
        lenders, created_at, changed_at, listed_at, funding_until)
    SELECT bench_id(2, n), bench_id(1, n), p.id, n::text, 'listed', 1000000, 'EUR',
        6 + n %% 54, 6 + n %% 54,
        (ARRAY['home', 'energy', 'vehicle', 'education', 'business'])[1 + n %% 5],
        'Loan ' || n, repeat('For the bench. ', 40), 'employed', 3, 'tenant', 300000, 0,
        chr(65 + n %% 7), 0.04 + (n * 7919 %% 2000) / 10000.0, p.method, p.day_count,
        p.rounding_mode, 200, 0, 1000, 7, 0.009, 4,
        bench_id(1, 0), bench_id(1, 1 + n %% %(loans)s), part.minor, part.minor, 1,
        %(now)s, %(now)s, %(now)s - n * interval '1 minute',
        %(now)s + (1 + n * 104729 %% 20000) * interval '1 minute'
    FROM generate_series(1, %(loans)s) AS n, loan_product p,
        LATERAL (SELECT (n * 31 %% 91) * 10000 AS minor) AS part
    WHERE p.code = 'personal' AND p.currency = 'EUR' AND p.active
"""
_PARTS: Final = """
    INSERT INTO commitment (id, loan_id, lender_id, form_key, source, state, amount_minor,
        currency, created_at, reserved_at, reflect_until, leave_by)
    SELECT bench_id(3, m), bench_id(2, 1), bench_id(1, 1 + m), m::text, 'wallet', 'in_reflection',
        1000, 'EUR', %(now)s, %(now)s, %(now)s + m * interval '1 minute', '2099-01-01'
    FROM generate_series(1, %(parts)s) AS m
"""
_QUESTIONS: Final = """
    INSERT INTO loan_question (id, loan_id, asker_id, form_key, question, asked_at, answer,
        answered_at)
    SELECT bench_id(4, m), bench_id(2, 1), bench_id(1, 1 + m), m::text,
        repeat('Why is that so? ', 20), %(now)s, repeat('Because it is. ', 20), %(now)s
    FROM generate_series(1, %(questions)s) AS m
"""
_ASKED: Final = """
    INSERT INTO risk_request (id, subject_id, person_id, purpose, kinds, facts, facts_hash,
        asked_by, asked_at, not_before, closed_at)
    VALUES (bench_id(5, 1), bench_id(2, 1), bench_id(1, 1), 'loan', '{bureau}', '{}',
        repeat('0', 64), 'bench', %(now)s, %(now)s, %(now)s)
"""
_REPORT: Final = """
    INSERT INTO risk_report (id, request_id, subject_id, person_id, version, input, outcome, codes,
        points, points_max, grade, lines, at)
    SELECT bench_id(6, 1), bench_id(5, 1), bench_id(2, 1), bench_id(1, 1), 1, '{}', 'approve', '{}',
        50, 100, 'C', jsonb_agg(jsonb_build_object('key', 'bureau_score', 'value', 5, 'points', 5,
            'points_max', 10, 'reason', 'bureau_fair')), %(now)s
    FROM generate_series(1, 10)
"""
_REVIEWS: Final = """
    INSERT INTO loan_review (loan_id, stage, reviewer_id, decision, checked, reasons, notes, at,
        risk_report_id)
    SELECT bench_id(2, 1), stage, bench_id(1, reviewer), decision, '{identity,income}',
        '{income_steady,burden_low}', 'Seen.', %(now)s, bench_id(6, 1)
    FROM (VALUES ('first', 0, 'passed'), ('second', 2, 'offered'))
        AS made (stage, reviewer, decision)
"""


def run(place: Place, scale: Scale) -> list[Figure]:
    """List, then ask for pages."""
    loans = LISTINGS if scale.name != "smoke" else 500
    with site(place) as app, place.owner() as connection:
        lay_foundations(connection)
        _list(connection, loans)
        app.config["PAGES_PER_ADDRESS"] = "1000000000 per minute"
        visitor = app.test_client()
        visitor.set_cookie("bench", "1")  # nobody's pages are kept for whoever sends cookies
        lender = signed_in(app, PersonId(_person(connection)))
        theirs = bare_millis()
        one = f"/loans/{public_id('ln', _loan(connection))}"
        pages = [(visitor, path, "") for path in (*PATHS, _deep(app, loans))]
        pages += [(visitor, one, " for a visitor"), (lender, one, " for a lender")]
        return [
            page_figure(
                browser,
                path,
                f"{_named(path)}{who} with {loans:,} listings",
                theirs=theirs,
                folder=place.folder,
            )
            for browser, path, who in pages
        ]


def _list(connection: psycopg.Connection[Any], loans: int) -> None:
    facts = {"loans": loans, "parts": PARTS, "questions": QUESTIONS, "now": clock.now()}
    for sql in (_PERSONS, _LOANS, _PARTS, _QUESTIONS, _ASKED, _REPORT, _REVIEWS):
        connection.execute(sql.encode(), facts)
    connection.execute("VACUUM ANALYZE")


def _deep(app: Flask, loans: int) -> str:
    """Return the address of a page in the middle of the list: keyset pages cost the same there."""
    browser, address = app.test_client(), "/loans?sort=rate&format=json"
    for _ in range(loans // 24 // 2 if loans < LISTINGS else 40):
        address = browser.get(address).get_json()["next"]
    return address.replace("format=json&", "").replace("&format=json", "")


def _named(path: str) -> str:
    if "after=" in path:
        return "/loans?sort=rate, 40 pages on,"
    return "/loans/…" if path.startswith("/loans/ln_") else path


def _loan(connection: psycopg.Connection[Any]) -> Any:  # noqa: ANN401 - a uuid
    return connection.execute("SELECT bench_id(2, 1)").fetchone()[0]  # type: ignore[index]


def _person(connection: psycopg.Connection[Any]) -> Any:  # noqa: ANN401 - a uuid
    return connection.execute("SELECT bench_id(1, 3)").fetchone()[0]  # type: ignore[index]
