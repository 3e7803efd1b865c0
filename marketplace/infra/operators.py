"""Groups of operators' commands: whatever the database says ends in one sentence, and not in 0."""

from __future__ import annotations

from typing import Any

import click
import psycopg
import sqlalchemy.exc
from flask.cli import AppGroup

_GONE = (psycopg.OperationalError, sqlalchemy.exc.OperationalError)
_OTHER = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)


class Commands(AppGroup):
    """A group of commands that work on the database."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run a command; a database that cannot be used is a `click.ClickException`."""
        try:
            return super().invoke(ctx)
        except _GONE as gone:
            raise click.ClickException(
                f"The database cannot be used: {_reason(gone)}. Check DATABASE_URL and DATA_DIR;"
                " “flask --app wsgi db upgrade” makes the tables of a new one."
            ) from gone
        except (sqlalchemy.exc.ProgrammingError, *_OTHER) as trouble:
            cause = getattr(trouble, "orig", trouble)
            if not isinstance(cause, _OTHER):
                raise
            raise click.ClickException(
                f"The database has other tables than this version needs: {_reason(trouble)}."
                " Bring them up to date by “flask --app wsgi db upgrade”."
            ) from trouble


def _reason(trouble: Exception) -> str:
    """Return the first line of what the server said, without an address to read about it."""
    said = str(getattr(trouble, "orig", None) or trouble).strip()
    return said.splitlines()[0].rstrip(".") if said else type(trouble).__name__
