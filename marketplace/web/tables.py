"""The rows of tables, written in Python.

A page may have a thousand cells, and a macro call for each was half the work of such a page.
Head, foot and caption stay in `components/money.html`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask import Flask
from markupsafe import Markup, escape

from marketplace.kernel.money import Money
from marketplace.web.pieces import Later, Unknown, frozen, once, stands_for_itself
from marketplace.web.rendering import day, moment, money

Tag = Callable[[Any, str, Any], Markup]
_Head = tuple[str, str, str]

_NOTHING: Final = Markup('<span class="muted">–</span>')
_LINK: Final = Markup('<a href="{}">{}</a>')
_REF: Final = Markup('<bdi class="ref">{}</bdi>')
_PLAIN_ROW: Final = Markup("<tr>")
_ROW_END: Final = Markup("</tr>\n")
_ROW: Final = Markup('<tr class="table__row--{}">')
_HEAD: Final = Markup('<th scope="row"{} data-label="{}">')
_CELL: Final = Markup('<td{} data-label="{}">')
_CLASSES: Final = {
    **dict.fromkeys(("money", "number"), Markup(' class="table__num"')),
    # Beside columns that do not wrap these would be left one word to a line.
    "title": Markup(' class="table__title"'),
    "words": Markup(' class="table__words"'),
}


@dataclass(frozen=True, slots=True)
class _Column:
    key: str
    href_key: str
    kind: str
    start: Markup
    end: Markup


class _Heads:
    """The columns of a table. In the key of its rows it stands for itself: nothing is compared."""

    def __init__(self, columns: Iterable[_Column]) -> None:
        self.columns = tuple(columns)


class Columns:
    """Columns of several tables of a page. Of those that look the same there is one object."""

    def __init__(self, columns: Sequence[Mapping[str, Any]]) -> None:
        self._columns = tuple(columns)
        self.heads = _heads_of(columns)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Give one column after the other."""
        return iter(self._columns)

    def __len__(self) -> int:
        """Count the columns."""
        return len(self._columns)


stands_for_itself(Columns)
_COLUMNS_MAX: Final = 512
_known: Final[dict[Hashable, Columns]] = {}


def install(app: Flask) -> None:
    """Give templates the rows of tables."""
    app.jinja_env.globals["table_rows"] = table_rows
    app.jinja_env.globals["table_columns"] = table_columns


def table_columns(columns: Sequence[Mapping[str, Any]]) -> Columns:
    """Return `columns` for several `money_table`s: what they show is looked at once, here."""
    shown = frozen(columns)
    found = _known.get(shown)
    if found is None:
        if len(_known) >= _COLUMNS_MAX:
            _known.clear()
        found = _known[shown] = Columns(columns)
    return found


def table_rows(
    columns: Columns | Sequence[Mapping[str, Any]], rows: Iterable[Any], tag: Tag
) -> Markup:
    """Return the `<tr>`s of a `money_table` (see docs/interface.md); `tag` is the macro."""
    heads = columns.heads if isinstance(columns, Columns) else _heads_of(columns)
    return Markup("".join([_row(heads, row, tag) for row in rows]))  # noqa: S704 - all markup


def _heads_of(columns: Sequence[Mapping[str, Any]]) -> _Heads:
    return _heads(
        tuple((str(one["label"]), one["key"], one.get("kind", "text")) for one in columns)
    )


def _row(heads: _Heads, row: Any, tag: Tag) -> Markup:  # noqa: ANN401 - as `_of`
    try:
        shown = (heads, frozen(row))
    except Unknown:
        return _drawn(heads, row, tag)
    return once("table row", shown, lambda: _drawn(heads, row, tag))


def _drawn(heads: _Heads, row: Any, tag: Tag) -> Markup:  # noqa: ANN401 - as `_of`
    row = row.make(row.shown) if isinstance(row, Later) else row
    tone = _of(row, "_tone")
    parts = [_ROW.format(tone) if tone else _PLAIN_ROW]
    for column in heads.columns:
        parts += (column.start, _cell(column, row, tag), column.end)
    parts.append(_ROW_END)
    return Markup("".join(parts))  # noqa: S704 - all markup


@functools.lru_cache(maxsize=512)
def _heads(heads: tuple[_Head, ...]) -> _Heads:
    return _Heads(_column(*head, first=number == 0) for number, head in enumerate(heads))


def _column(label: str, key: str, kind: str, *, first: bool) -> _Column:
    start = (_HEAD if first else _CELL).format(_CLASSES.get(kind, Markup("")), label)
    end = Markup("</th>") if first else Markup("</td>")
    return _Column(key, f"{key}_href", kind, start, end)


def _of(row: Any, key: str) -> Any:  # noqa: ANN401 - a mapping or a frozen row
    return row.get(key) if isinstance(row, Mapping) else getattr(row, key, None)


def _cell(column: _Column, row: Any, tag: Tag) -> Markup:  # noqa: ANN401 - as `_of`
    value = _of(row, column.key)
    if value is None:
        return _NOTHING
    if column.kind == "tag" and isinstance(value, Mapping):
        return tag(value["label"], value.get("tone", "neutral"), value.get("shape"))
    shown = _shown(column.kind, value)
    href = row.get(column.href_key) if isinstance(row, Mapping) else None
    return _LINK.format(href, shown) if href else shown


def _shown(kind: str, value: Any) -> Markup:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, Money):
        return money(value)
    if kind == "moment" and isinstance(value, datetime):
        return moment(value)
    if kind == "date" and isinstance(value, date):
        return day(value)
    return _REF.format(value) if kind == "ref" else escape(value)
