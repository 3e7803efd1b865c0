"""The tests' database: a real PostgreSQL, migrated once, one copy for each pytest worker.

Without TEST_DATABASE_URL or DATABASE_URL our own embedded server runs in test mode (no fsync) in
`.test-data`, shared by all workers and kept between runs. Migrations run once into a template
named after their text; every worker clones it (some 50 ms) and drops its clone at the end.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from marketplace.infra import migrating, postgres

ROOT = Path(__file__).resolve().parents[1]
LOCK = 4_711_002  # one worker at a time makes templates, clones and clears up
PREFIX = "kindling_test_"

PREPARE = """
CREATE SCHEMA test;
CREATE TABLE test.template (last_oid oid NOT NULL);
CREATE VIEW test.tables AS
    SELECT c.oid, c.oid::regclass::text AS name, row_number() OVER (ORDER BY c.oid) AS n,
        c.oid > (SELECT last_oid FROM test.template) AS is_new
    FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't'
      AND s.nspname NOT IN ('pg_catalog', 'information_schema', 'test');
INSERT INTO test.template SELECT max(oid) FROM pg_class;
DO $$
DECLARE place record; filled boolean;
BEGIN
    -- Rows that migrations put in are part of the product: remember them, to restore them.
    CREATE TABLE test.seeded (name text PRIMARY KEY, columns text NOT NULL);
    FOR place IN SELECT * FROM test.tables LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', place.name) INTO filled;
        CONTINUE WHEN NOT filled;
        EXECUTE format('CREATE TABLE test.seed_%s AS TABLE %s', place.n, place.name);
        INSERT INTO test.seeded
        SELECT place.name, string_agg(quote_ident(attname), ', ' ORDER BY attnum)
            || '|test.seed_' || place.n
        FROM pg_attribute
        WHERE attrelid = place.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    END LOOP;
END $$;
-- Which tables hold what migrations did not put there. Written out, one part for each table: a
-- connection plans it once and then asks all of them in a millisecond, before every single test.
DO $write$
BEGIN
    EXECUTE (
        SELECT 'CREATE FUNCTION test.filled() RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN '
            || 'RETURN QUERY ' || string_agg(CASE WHEN k.name IS NULL
                THEN format('SELECT %L WHERE EXISTS (SELECT FROM %s)', t.name, t.name)
                ELSE format('SELECT %L WHERE EXISTS (
                    (SELECT a::text FROM %2$s a EXCEPT ALL SELECT b::text FROM %3$s b)
                    UNION ALL (SELECT b::text FROM %3$s b EXCEPT ALL SELECT a::text FROM %2$s a))',
                    t.name, t.name, split_part(k.columns, '|', 2))
                END, ' UNION ALL ') || '; END $$'
        FROM test.tables t LEFT JOIN test.seeded k ON k.name = t.name
    );
END $write$;
CREATE FUNCTION test.clean() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica
AS $$
DECLARE name text; kept text;
BEGIN
    FOR name, kept IN
        SELECT f.name, k.columns
        FROM (SELECT test.filled()
            UNION ALL SELECT t.name FROM test.tables t WHERE t.is_new) f (name)
        LEFT JOIN test.seeded k ON k.name = f.name
    LOOP
        EXECUTE format('DELETE FROM %s', name);
        CONTINUE WHEN kept IS NULL;
        EXECUTE format('INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM %3$s',
            name, split_part(kept, '|', 1), split_part(kept, '|', 2));
    END LOOP;
END $$;
-- All rows as they are now, under a name, and back again (tests/builders/scenes.py).
CREATE TABLE test.kept (scene text, name text, columns text NOT NULL, PRIMARY KEY (scene, name));
CREATE FUNCTION test.keep(_scene text) RETURNS void LANGUAGE plpgsql
AS $$
DECLARE place record; filled boolean;
BEGIN
    FOR place IN SELECT * FROM test.tables LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', place.name) INTO filled;
        CONTINUE WHEN NOT filled;
        EXECUTE format('CREATE TABLE test.%I AS TABLE %s', _scene || '_' || place.oid, place.name);
        INSERT INTO test.kept
        SELECT _scene, place.name, string_agg(quote_ident(attname), ', ' ORDER BY attnum)
            || format('|test.%I', _scene || '_' || place.oid)
        FROM pg_attribute
        WHERE attrelid = place.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    END LOOP;
END $$;
CREATE FUNCTION test.recall(_scene text) RETURNS void LANGUAGE plpgsql
SET session_replication_role = replica
AS $$
DECLARE name text; kept text; filled boolean;
BEGIN
    FOR name, kept IN
        SELECT t.name, k.columns
        FROM test.tables t LEFT JOIN test.kept k ON k.scene = _scene AND k.name = t.name
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %s', name); END IF;
        CONTINUE WHEN kept IS NULL;
        EXECUTE format('INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM %3$s',
            name, split_part(kept, '|', 1), split_part(kept, '|', 2));
    END LOOP;
END $$;
"""

# A loan that is full is funded at once; tests of reflection ask for days of it themselves.
QUICK = "UPDATE loan_product SET reflection_days = 0"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a database, so that .ci/run can repeat just that on another server."""
    for item in items:
        if isinstance(item, pytest.Function) and "server_url" in item.fixturenames:
            item.add_marker("database")


def clean(connection: psycopg.Connection[Any]) -> None:
    """Empty every table that has rows and restore what migrations seeded; the owner's connection.

    Triggers and foreign keys are off meanwhile, so the append-only ledger is emptied too. It
    waits for no lock longer than ten seconds: a test that left a transaction open is named then.
    """
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '10s'")
        connection.execute("SELECT test.clean()")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """Address of a server on which databases may be made, as a role that may make them."""
    given = os.environ.get("TEST_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    server = postgres.start(ROOT / ".test-data", test_mode=True)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def database_url(server_url: str, worker_id: str) -> Iterator[str]:
    """Address of this worker's own migrated database, as its owner."""
    with clone(server_url, f"{PREFIX}{os.getpid()}_{worker_id}") as url:
        yield url


@contextmanager
def clone(server_url: str, name: str) -> Iterator[str]:
    """Give the address of a migrated database called `name`, as its owner; gone afterwards."""
    with _maintenance(server_url) as server:
        _drop_leftovers(server)
        template = _template(server, server_url)
        # Copying files beats copying through the log on a server that need not survive a crash.
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        # Held open to the end: a test database without connections counts as left over.
        owner = psycopg.connect(_address(server_url, name), autocommit=True)
    try:
        yield _address(server_url, name)
    finally:
        owner.close()
        with psycopg.connect(server_url, autocommit=True) as server:
            _drop(server, name)


@pytest.fixture(scope="session")
def owner_connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """One connection as the owner, for looking behind the site's back."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def sweeping_connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The connection that empties the database before every test.

    A change of its role would cost all plans, so triggers are off on it from the beginning.
    """
    role = "-c session_replication_role=replica"
    with psycopg.connect(database_url, autocommit=True, options=role) as connection:
        yield connection


@pytest.fixture
def clean_database(sweeping_connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Find and leave the database as migrations left it."""
    clean(sweeping_connection)
    yield
    clean(sweeping_connection)


def empty_database(server_url: str, name: str) -> str:
    """Make a database without any table (tests of migrations); give its address."""
    with psycopg.connect(server_url, autocommit=True) as server:
        _drop(server, name)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return _address(server_url, name)


@contextmanager
def _maintenance(server_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield server


def _template(server: psycopg.Connection[Any], server_url: str) -> str:
    name = f"kindling_template_{_migrations_digest()}"
    found = "SELECT 1 FROM pg_database WHERE datname = %s"
    if server.execute(found, [name]).fetchone():
        return name
    # Made under another name and renamed: an interrupted run leaves no half-made template.
    fresh = f"{name}_new"
    address = _address(server_url, fresh)
    _drop(server, fresh)
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
    migrating.upgrade(address)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(QUICK)
        connection.execute(PREPARE)
    server.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(fresh), sql.Identifier(name)
        )
    )
    return name


def _migrations_digest() -> str:
    """Name the schema: the migrations, every SQL file, and the queue's own schema version."""
    digest = hashlib.sha256((QUICK + PREPARE).encode())
    digest.update(importlib.metadata.version("procrastinate").encode())
    for path in sorted([*ROOT.glob("migrations/**/*.py"), *ROOT.glob("m*/**/*.sql")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _drop_leftovers(server: psycopg.Connection[Any]) -> None:
    """Drop clones of runs that died, and templates of migrations that have changed since."""
    query = """
        SELECT datname FROM pg_database d
        WHERE (datname LIKE %s OR (datname LIKE 'kindling\\_template\\_%%' AND datname <> %s))
          AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datid = d.oid)
    """
    keep = f"kindling_template_{_migrations_digest()}"
    for (name,) in server.execute(query, [PREFIX.replace("_", "\\_") + "%", keep]).fetchall():
        _drop(server, name)


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _address(server_url: str, database: str) -> str:
    return urlsplit(server_url)._replace(path=f"/{database}").geturl()
