"""Papers of ours: a table of a page as it is printed, what stands around it, the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from flask import Response

from marketplace.infra.settings import current_settings
from marketplace.kernel.money import Money
from marketplace.web.attachments import attachment
from marketplace.web.csv_answer import Table
from marketplace.web.locale import _, language
from marketplace.web.rendering import day_text, money_text

if TYPE_CHECKING:
    from marketplace.infra import pdf


def table(found: Table, shares: Sequence[float] = ()) -> pdf.Table:
    """Return a table as it is printed, its columns as wide as `shares` says, or all alike."""
    from marketplace.infra import pdf  # the setting of type is loaded where it is needed

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
    if isinstance(value, Mapping):
        return str(value.get("label", ""))
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
