"""Two officers may decide about what is held back before its last day."""

from __future__ import annotations

from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

CHOICES = """
ALTER TABLE holding_decision
    DROP CONSTRAINT holding_decision_choice_check,
    ADD CONSTRAINT holding_decision_choice_check
        CHECK (choice IN ('give_back', 'pay_on', 'decide'));
"""


def upgrade() -> None:
    """Let there be one choice more."""
    op.get_bind().connection.driver_connection.execute(CHOICES)
