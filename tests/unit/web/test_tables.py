"""What a column holds decides on which side it stands and how narrow it may become."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markupsafe import Markup

from marketplace.web.tables import table_rows


def _no_tag(label: str, tone: str, shape: object) -> Markup:
    raise AssertionError((label, tone, shape))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("number", "table__num"),
        ("money", "table__num"),
        ("title", "table__title"),
        ("words", "table__words"),
        ("text", None),
        ("date", None),
    ],
)
@pytest.mark.parametrize("place", [0, 1], ids=["head of its row", "cell"])
def test_a_cell_has_the_class_of_its_kind(kind: str, name: str | None, place: int) -> None:
    other = {"key": "other", "label": "Other"}
    column = {"key": "it", "label": "It", "kind": kind}
    row: dict[str, Any] = {"it": "An officer looks at it", "other": "-"}

    rows = table_rows([[column, other], [other, column]][place], [row], _no_tag)

    cell = re.search(r'<t[hd][^>]*data-label="It">', rows)
    assert cell is not None
    assert re.findall(r'class="([^"]*)"', cell[0]) == ([name] if name else [])
