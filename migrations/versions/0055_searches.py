"""Searches that people keep, and want to hear of once a day."""

from __future__ import annotations

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

SEARCHES = """
-- The one that was laid out before was never written to.
DROP TABLE saved_search;
-- `asked` is the search as it stands in an address; what began before `told_until` is told.
CREATE TABLE saved_search (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    name text NOT NULL,
    asked text NOT NULL,
    is_mailed boolean NOT NULL,
    saved_at timestamptz NOT NULL,
    told_until timestamptz NOT NULL,
    CONSTRAINT saved_search_pkey PRIMARY KEY (id),
    CONSTRAINT saved_search_asked_key UNIQUE (person_id, asked),
    CONSTRAINT saved_search_person_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT saved_search_name_check CHECK (btrim(name) <> '' AND length(name) <= 120),
    CONSTRAINT saved_search_asked_check CHECK (asked <> '' AND length(asked) <= 2000)
);
CREATE INDEX saved_search_due_idx ON saved_search (told_until) WHERE is_mailed;
"""


def upgrade() -> None:
    """Create the table."""
    op.get_bind().connection.driver_connection.execute(SEARCHES)
