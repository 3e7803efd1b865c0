"""Tables of media."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE picture (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES person (id),
    alt text NOT NULL CHECK (btrim(alt) <> '' AND length(alt) <= 300),
    focus_x smallint NOT NULL DEFAULT 50 CHECK (focus_x BETWEEN 0 AND 100),
    focus_y smallint NOT NULL DEFAULT 50 CHECK (focus_y BETWEEN 0 AND 100),
    width int NOT NULL CHECK (width > 0),
    height int NOT NULL CHECK (height > 0),
    key_small text NOT NULL,
    key_medium text NOT NULL,
    key_large text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX picture_owner_idx ON picture (owner_id, created_at);
"""


def upgrade() -> None:
    op.execute(TABLES)
