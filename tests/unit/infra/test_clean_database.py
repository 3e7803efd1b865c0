"""The tests' own database leaves nothing behind and loses nothing that migrations brought."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.database import clean


def _filled(connection: psycopg.Connection[Any]) -> dict[str, int]:
    tables = connection.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'test') "
        "AND schemaname NOT LIKE 'pg\\_temp%'"
    ).fetchall()
    counts = {
        name: connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()
        for (name,) in tables
    }
    return {name: count[0] for name, count in counts.items() if count and count[0]}


def test_cleaning_removes_what_a_test_wrote_even_where_triggers_refuse_it(
    owner_connection: psycopg.Connection[Any],
) -> None:
    clean(owner_connection)  # whatever ran before
    before = _filled(owner_connection)
    owner_connection.execute(
        "INSERT INTO state_transition (subject_type, subject_id, move, from_state, "
        "to_state, actor, at) SELECT 'x', gen_random_uuid(), 'go', 'a', 'b', 'me', now()"
    )

    clean(owner_connection)

    assert before == _filled(owner_connection)


def test_cleaning_restores_rows_that_migrations_brought(
    owner_connection: psycopg.Connection[Any],
) -> None:
    seeded = owner_connection.execute("SELECT name FROM test.seeded").fetchall()
    clean(owner_connection)  # whatever ran before
    before = _filled(owner_connection)
    for (name,) in seeded:
        if name != "alembic_version":
            owner_connection.execute("SET session_replication_role = replica")
            owner_connection.execute(f"DELETE FROM {name}".encode())
            owner_connection.execute("SET session_replication_role = DEFAULT")

    clean(owner_connection)

    assert before == _filled(owner_connection)
