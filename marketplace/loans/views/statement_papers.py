"""Statements and tax summaries as papers: PDFs that are the same each time they are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from marketplace.identity import queries as identity
from marketplace.infra.settings import current_settings
from marketplace.kernel.ids import PersonId, public_id
from marketplace.kernel.money import Money
from marketplace.web.csv_answer import Table
from marketplace.web.locale import _, language
from marketplace.web.rendering import day_text, money_text


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
    movements = _pdf_table(told.table, (1.2, 2.6, 0.9, 1.5, 1.6, 1.5))
    return [*found, movements, pdf.Paragraph(told.note, quiet=True)]


def tax_year(year: int, table: Table, person_id: UUID) -> bytes:
    """Return what a calendar year brought."""
    from marketplace.infra import pdf

    blocks: list[pdf.Block] = []
    for row in table.rows:
        blocks += [
            pdf.Heading(str(row["currency"])),
            pdf.Facts(
                [
                    (str(column["label"]), money_text(row[str(column["key"])]))
                    for column in table.columns[1:]
                ]
            ),
        ]
    if not blocks:
        blocks.append(pdf.Paragraph(_("Nothing came back in this year.")))
    note = _("Years are calendar years, UTC. Interest counts on the day it reached your wallet.")
    blocks.append(pdf.Paragraph(note, quiet=True))
    return _written(_("Tax summary %(year)s", year=year), person_id, str(year), blocks)


def _pdf_table(table: Table, shares: tuple[float, ...]) -> Any:  # noqa: ANN401 - pdf.Table
    from marketplace.infra import pdf

    columns = [
        pdf.Column(str(one["label"]), share, figures=one.get("kind") in {"money", "number"})
        for one, share in zip(table.columns, shares, strict=True)
    ]
    cells = [[_cell(row[str(one["key"])]) for one in table.columns] for row in table.rows]
    return pdf.Table(columns, cells)


def _cell(value: object) -> str:
    if isinstance(value, Money):
        return money_text(value)
    if value is None:
        return ""
    return day_text(value) if isinstance(value, date) else str(value)


def _pair(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["label"]), money_text(row["amount"])


def _written(title: str, person_id: UUID, about: str, blocks: list[Any]) -> bytes:
    from marketplace.infra import pdf

    person = identity.person(PersonId(person_id))
    site = current_settings().site_name
    return pdf.write(
        pdf.Paper(
            title=title,
            issuer=site,
            reference=f"{public_id('per', person_id)} · {about}",
            page_words=lambda number, pages: _(
                "Page %(number)s of %(pages)s", number=number, pages=pages
            ),
            subtitle=person.name if person else "",
            language=language(),
            blocks=blocks,
        )
    )
