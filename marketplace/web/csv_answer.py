"""Tables that can be downloaded: the CSV holds exactly the rows the page shows.

RFC 4180: comma, CRLF, quotes doubled, one header line, UTF-8. Money becomes a plain decimal and
a column with its currency; days and moments are ISO. Text that a spreadsheet would run as a
formula gets an apostrophe in front; numbers are written by us and keep their sign.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, request

from marketplace.kernel.money import Money
from marketplace.web.attachments import attachment

# What spreadsheets take for the start of a formula, ASCII and full-width.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PARAMETER: Final = "format"
_CONTENT_TYPE: Final = "text/csv; charset=utf-8; header=present"


@dataclass(frozen=True, slots=True)
class Table:
    """One list, for the page (`m.money_table`) and for the download.

    `columns` and `rows` are those of `m.money_table`; `name` is the file's name without ending.
    A column that is `page_only` holds ways to act and no facts: the download leaves it out.
    """

    name: str
    caption: str
    columns: Sequence[Mapping[str, Any]]
    rows: Sequence[Mapping[str, Any]]
    totals: Mapping[str, Any] = field(default_factory=dict)


def wanted() -> bool:
    """Whether the request asks for the download (`?format=csv`) instead of the page."""
    return request.args.get(_PARAMETER) == "csv"


def here() -> str:
    """Return the address of this very list as a download: same filters, same page."""
    kept = {key: text for key, text in request.args.items() if key != _PARAMETER}
    pairs = {**kept, _PARAMETER: "csv"}
    return f"{request.path}?{urlencode(pairs)}"


def csv_answer(table: Table) -> Response:
    """Answer with the rows of `table` as a file; never stored by anybody between."""
    return attachment(csv_text(table), _CONTENT_TYPE, f"{table.name}.csv")


def csv_text(table: Table) -> str:
    """Return `table` as RFC 4180 text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe(name) for name in _header(table)])
    for row in table.rows:
        cells: list[str] = []
        for column in _kept(table):
            cells += _cells(row.get(column["key"]), is_money=column.get("kind") == "money")
        writer.writerow(cells)
    return out.getvalue()


def safe(text: str) -> str:
    """Return `text` so that no spreadsheet runs it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _kept(table: Table) -> list[Mapping[str, Any]]:
    return [column for column in table.columns if not column.get("page_only")]


def _header(table: Table) -> list[str]:
    names: list[str] = []
    for column in _kept(table):
        names.append(str(column["label"]))
        if column.get("kind") == "money":
            names.append(f"{column['label']} (currency)")
    return names


def _cells(value: Any, *, is_money: bool) -> list[str]:  # noqa: ANN401 - whatever a table shows
    if isinstance(value, Money):
        return [f"{value.decimal():f}", value.currency] if is_money else [str(value.decimal())]
    text = _text(value)
    return [text, ""] if is_money else [text]


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a table shows
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return safe(str(value.get("label", "")))
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | Decimal):
        return str(value)
    return safe(str(value))
