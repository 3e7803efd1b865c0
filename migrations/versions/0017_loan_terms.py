"""Loan products whole: methods, periods, fees, late and prepayment rules, calendars."""

from __future__ import annotations

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
