"""Forms that are a list: a row of the same fields for each entry, empty ones among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, TypeVar

from wtforms import Field

from marketplace.campaigns.rules.drafting import row_field
from marketplace.web.forms import Form, MoneyField


class RowsForm(Form):
    """`count` rows with a field for each of `cells`; `rows_form` makes it."""

    cells: ClassVar[Mapping[str, Callable[[], Field]]] = {}
    count = 0

    @property
    def rows(self) -> list[list[Any]]:
        """The fields of every row, in order."""
        numbers = range(1, self.count + 1)
        return [[self[row_field(name, number)] for name in self.cells] for number in numbers]

    def price_in(self, currency: str) -> None:
        """Take all amounts to be in this currency."""
        for field in self:
            if isinstance(field, MoneyField):
                field.currency = currency


_Rows = TypeVar("_Rows", bound=RowsForm)


def rows_form(kind: type[_Rows], count: int, shown: Sequence[Sequence[Any]]) -> _Rows:
    """Return a form of this kind with `count` rows; the first are filled with what is `shown`."""
    data = {
        row_field(name, number): cell
        for number, row in enumerate(shown, start=1)
        for name, cell in zip(kind.cells, row, strict=True)
    }
    form: _Rows = _with_rows(kind, count)(data=data)  # type: ignore[arg-type]  # it is hashable
    return form


@cache
def _with_rows(kind: type[RowsForm], count: int) -> Any:  # noqa: ANN401 - a class of that kind
    fields = {
        row_field(name, number): make()
        for number in range(1, count + 1)
        for name, make in kind.cells.items()
    }
    return type(kind.__name__, (kind,), {"count": count, **fields})
