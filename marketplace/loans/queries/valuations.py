"""What the collateral of a loan was said to be worth, by whom, and by which paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows, scalar
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.valuation import Worth


@dataclass(frozen=True, slots=True)
class Valuation:
    """An appraiser's word as a reviewer wrote it down."""

    id: UUID
    loan_id: UUID
    document_id: UUID
    appraiser: str
    licence: str
    method: str
    value_minor: int
    currency: str
    haircut_bps: int
    valued_on: date
    valid_until: date
    recorded_by: UUID
    recorded_name: str
    recorded_at: datetime

    @property
    def document_ref(self) -> str:
        """The public id of the paper it stands in."""
        return public_id("doc", self.document_id)

    @property
    def worth(self) -> Worth:
        """What it says, for reckoning."""
        value = Money(self.value_minor, self.currency)
        return Worth(value, self.haircut_bps, self.valued_on, self.valid_until)


# Not the last one written down but the last one made: an older paper found later changes nothing.
_ORDER: Final = "ORDER BY v.valued_on DESC, v.recorded_at DESC, v.id DESC"
COUNTING: Final = f"""
    (SELECT * FROM loan_valuation v WHERE v.loan_id = l.id {_ORDER} LIMIT 1)
"""  # noqa: S608 - our own constant
"""The valuation that counts, for statements over a loan `l`."""

_NEWEST_FIRST: Final = f"""
    SELECT v.id, v.loan_id, v.document_id, v.appraiser, v.licence,
        v.method, v.value_minor, v.currency, v.haircut_bps, v.valued_on, v.valid_until,
        v.recorded_by, p.name AS recorded_name, v.recorded_at
    FROM loan_valuation v JOIN person p ON p.id = v.recorded_by
    WHERE v.loan_id = %s {_ORDER}
"""  # noqa: S608 - our own constant


def valuations(loan_id: UUID) -> list[Valuation]:
    """Return what was written down of a loan's collateral, the one that counts first."""
    return rows(_NEWEST_FIRST, (loan_id,), into=Valuation)


def newest(loan_id: UUID) -> Valuation | None:
    """Return the valuation that counts; None where nobody has valued anything."""
    return row(_NEWEST_FIRST + " LIMIT 1", (loan_id,), into=Valuation)


def of_form(recorded_by: UUID, form_key: str) -> UUID | None:
    """Return what the same form has written down already."""
    sql = "SELECT id FROM loan_valuation WHERE recorded_by = %s AND form_key = %s"
    found: UUID | None = scalar(sql, (recorded_by, form_key))
    return found
