"""What a settlement run says it did: one line for each thing decided or paid."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Line:
    """One thing done, or, in a dry run, to be done.

    `kind` names the act (`campaign.funded`, `pledge.refund` …), `subject` what it is about (a
    public id), `person` who gets the money (None: nobody or the house), `note` says why in
    plain English for operators.
    """

    kind: str
    subject: str
    person: UUID | None
    amount: Money | None
    note: str = ""
