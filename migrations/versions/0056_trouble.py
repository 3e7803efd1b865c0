"""Pictures of what is wrong with a delivery."""

from __future__ import annotations

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

TROUBLE = """
-- `key` is a file of the private shelf: only its backer and who judges it look.
CREATE TABLE objection_picture (
    objection_id uuid NOT NULL,
    position int NOT NULL CONSTRAINT objection_picture_position_check CHECK (position > 0),
    key text NOT NULL,
    CONSTRAINT objection_picture_pkey PRIMARY KEY (objection_id, position),
    CONSTRAINT objection_picture_objection_fkey
        FOREIGN KEY (objection_id) REFERENCES objection (id)
);
"""


def upgrade() -> None:
    """Create the table."""
    op.get_bind().connection.driver_connection.execute(TROUBLE)
