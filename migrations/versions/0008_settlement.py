"""What settlement needs in the database: ids made in sets."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# A UUIDv7 by its layout: milliseconds first, so that it sorts by time. The rest is a digest of
# what the row is about instead of chance, so that the same row made twice has the same id.
DATED_UUID = """
CREATE FUNCTION dated_uuid(at timestamptz, about text) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '7' || substr(digest, 1, 3) || '9' || substr(digest, 4, 15))::uuid
    FROM (SELECT md5(about) AS digest) AS made
$$;
"""


def upgrade() -> None:
    """Create the function."""
    op.execute(DATED_UUID)
