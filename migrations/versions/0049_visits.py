"""Where visitors of campaigns come from: numbers by day and source, and nobody in them."""

from __future__ import annotations

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

VISITS = """
-- No person, no address and no cookie: only how many, on a day, by which kind of site or which tag.
CREATE TABLE visit_day (
    campaign_id uuid NOT NULL,
    day date NOT NULL,
    source text NOT NULL,
    visits integer NOT NULL DEFAULT 0,
    starts integer NOT NULL DEFAULT 0,
    CONSTRAINT visit_day_pkey PRIMARY KEY (campaign_id, day, source),
    CONSTRAINT visit_day_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT visit_day_source_check CHECK (source <> '' AND length(source) <= 44),
    CONSTRAINT visit_day_counts_check CHECK (visits >= 0 AND starts >= 0)
);
"""


def upgrade() -> None:
    """Create the table."""
    op.get_bind().connection.driver_connection.execute(VISITS)
