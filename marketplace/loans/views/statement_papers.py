"""Statements as papers: PDFs that are the same each time they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from marketplace.identity import queries as identity
from marketplace.kernel.ids import PersonId, public_id
from marketplace.web import papers
from marketplace.web.csv_answer import Table
from marketplace.web.locale import _
from marketplace.web.rendering import day_text, money_text

if TYPE_CHECKING:
    from marketplace.infra import pdf

_MOVEMENTS: Final = (1.2, 2.6, 0.9, 1.5, 1.6, 1.5)


@dataclass(frozen=True, slots=True)
class Told:
    """What a statement says: the sums of wallet and lending, and every movement with its note."""

    currency: str
    first: date
    last: date
    wallet_rows: list[dict[str, Any]]
    lent_rows: list[dict[str, Any]]
    table: Table
    note: str


def statement(told: Told, person_id: UUID) -> bytes:
    """Return the statement of a span of days."""
    title = _(
        "Statement %(first)s to %(last)s", first=day_text(told.first), last=day_text(told.last)
    )
    return _written(title, person_id, told.currency, blocks(told))


def blocks(told: Told) -> list[Any]:
    """Return the blocks of a statement, in order."""
    from marketplace.infra import pdf  # the setting of type is loaded where it is needed

    found: list[pdf.Block] = [
        pdf.Heading(_("Wallet")),
        pdf.Facts([_pair(row) for row in told.wallet_rows]),
        pdf.Heading(_("Lending")),
        pdf.Facts([_pair(row) for row in told.lent_rows]),
        pdf.Heading(told.table.caption),
    ]
    if not told.table.rows:
        return [*found, pdf.Paragraph(_("No money moved in these days."))]
    return [*found, papers.table(told.table, _MOVEMENTS), pdf.Paragraph(told.note, quiet=True)]


def tax_year(year: int, brought: Table, person_id: UUID) -> bytes:
    """Return what a calendar year brought."""
    from marketplace.infra import pdf

    blocks: list[pdf.Block] = []
    for row in brought.rows:
        blocks += [
            pdf.Heading(str(row["currency"])),
            pdf.Facts(
                [
                    (str(column["label"]), money_text(row[str(column["key"])]))
                    for column in brought.columns[1:]
                ]
            ),
        ]
    if not blocks:
        blocks.append(pdf.Paragraph(_("Nothing came back in this year.")))
    note = _("Years are calendar years, UTC. Interest counts on the day it reached your wallet.")
    blocks.append(pdf.Paragraph(note, quiet=True))
    return _written(_("Tax summary %(year)s", year=year), person_id, str(year), blocks)


def _pair(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["label"]), money_text(row["amount"])


def _written(title: str, person_id: UUID, about: str, blocks: Sequence[pdf.Block]) -> bytes:
    person = identity.person(PersonId(person_id))
    reference = f"{public_id('per', person_id)} · {about}"
    return papers.write(title, person.name if person else "", reference, blocks)
