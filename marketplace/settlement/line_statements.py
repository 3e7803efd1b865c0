"""The monthly statements of credit lines, once bills are issued and repayments are shared."""

from __future__ import annotations

from datetime import datetime

from marketplace.kernel.ids import public_id
from marketplace.loans.queries.credit_lines import PREFIX
from marketplace.loans.services import line_statements
from marketplace.settlement.lines import Line


def write_due_statements(now: datetime) -> list[Line]:
    """Write every statement whose day has come."""
    return [
        Line("line.statement", public_id(PREFIX, one.line_id), None, None)
        for one in line_statements.write_due(now)
    ]
