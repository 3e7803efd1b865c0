"""An operator whose command cannot use the database reads one sentence."""

from __future__ import annotations

import click
import psycopg
import pytest
import sqlalchemy.exc
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo

from marketplace.infra.operators import Commands

NO_ROLE = psycopg.OperationalError('connection failed: role "kindling_app" does not exist\nmore')
NO_TABLE = psycopg.errors.UndefinedTable('relation "campaign" does not exist\nLINE 1: SELECT')


def said_of(trouble: Exception) -> tuple[int, str]:
    group = Commands("ledger")

    @group.command("check")
    def check() -> None:
        raise trouble

    app = Flask("empty")
    done = CliRunner().invoke(group, ["check"], obj=ScriptInfo(create_app=lambda: app))
    return done.exit_code, done.output


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_database_that_cannot_be_used_is_said_with_what_to_do(*, wrapped: bool) -> None:
    trouble = sqlalchemy.exc.OperationalError(None, None, NO_ROLE) if wrapped else NO_ROLE

    code, said = said_of(trouble)

    assert code == 1
    assert said == (
        'Error: The database cannot be used: connection failed: role "kindling_app" does not'
        " exist. Check DATABASE_URL and DATA_DIR; “flask --app wsgi db upgrade” makes the tables"
        " of a new one.\n"
    )


@pytest.mark.parametrize("wrapped", [False, True])
def test_tables_of_another_version_are_said(*, wrapped: bool) -> None:
    trouble = sqlalchemy.exc.ProgrammingError(None, None, NO_TABLE) if wrapped else NO_TABLE

    code, said = said_of(trouble)

    assert code == 1
    assert said.startswith("Error: The database has other tables than this version needs:")
    assert said.count("\n") == 1


def test_what_is_no_trouble_of_the_database_is_not_hidden() -> None:
    group = Commands("ledger")

    @group.command("check")
    def check() -> None:
        raise sqlalchemy.exc.ProgrammingError(None, None, psycopg.errors.SyntaxError("at FROM"))

    done = CliRunner().invoke(group, ["check"], obj=ScriptInfo(create_app=lambda: Flask("empty")))

    assert isinstance(done.exception, sqlalchemy.exc.ProgrammingError)
    assert not isinstance(done.exception, click.ClickException)
