"""Statements as papers: PDFs that are the same each time they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import Response

from marketplace.identity import queries as identity
from marketplace.infra.settings import current_settings
from marketplace.kernel.ids import PersonId, public_id
from marketplace.kernel.money import Money
from marketplace.web.attachments import attachment
from marketplace.web.csv_answer import Table
from marketplace.web.locale import _, language
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
    return [*found, table(told.table, _MOVEMENTS), pdf.Paragraph(told.note, quiet=True)]


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


def table(found: Table, shares: Sequence[float] = ()) -> pdf.Table:
    """Return a table as it is printed, its columns as wide as `shares` says, or all alike."""
    from marketplace.infra import pdf

    columns = [
        pdf.Column(str(one["label"]), share, figures=one.get("kind") in {"money", "number"})
        for one, share in zip(found.columns, shares or [1.0] * len(found.columns), strict=True)
    ]
    keys = [str(one["key"]) for one in found.columns]
    rows = [[cell(row[key]) for key in keys] for row in found.rows]
    totals = [cell(found.totals.get(key)) for key in keys] if found.totals else None
    return pdf.Table(columns, rows, totals)


def cell(value: object) -> str:
    """Return what stands in a table: an amount, a day, words, or nothing."""
    if isinstance(value, Money):
        return money_text(value)
    if value is None:
        return ""
    return day_text(value) if isinstance(value, date) else str(value)


def write(title: str, subtitle: str, reference: str, blocks: Sequence[pdf.Block]) -> bytes:
    """Return a paper of ours in the reader's language."""
    from marketplace.infra import pdf

    paper = pdf.Paper(
        title=title,
        subtitle=subtitle,
        issuer=current_settings().site_name,
        reference=reference,
        page_words=lambda n, of: _("Page %(n)s of %(all)s", n=n, all=of),
        language=language(),
        blocks=blocks,
    )
    return pdf.write(paper)


def answer(paper: bytes, name: str) -> Response:
    """Hand a paper out."""
    return attachment(paper, "application/pdf", f"{name}.pdf")


def _pair(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["label"]), money_text(row["amount"])


def _written(title: str, person_id: UUID, about: str, blocks: Sequence[pdf.Block]) -> bytes:
    person = identity.person(PersonId(person_id))
    reference = f"{public_id('per', person_id)} · {about}"
    return write(title, person.name if person else "", reference, blocks)
