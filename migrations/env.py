"""Alembic's entry: runs migrations on the address handed over by infra.migrating."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool, text

from marketplace.infra.database import Base

# Two deployments starting at once must not run the same migration twice.
LOCK = 7_214_011


def run() -> None:
    """Run the asked-for migrations in one transaction each, one process at a time."""
    url = context.config.attributes["url"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
