"""Pieces are remembered by what they show, and what looks different is never the same piece."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import combinations
from typing import Any, NamedTuple
from uuid import UUID

import jinja2
import pytest
from flask import Flask
from markupsafe import Markup

from marketplace.campaigns.queries.listing import Listed, Wanted
from marketplace.campaigns.queries.told import BudgetRow, FaqRow, StepRow
from marketplace.campaigns.views.narrowing import Asked
from marketplace.campaigns.views.showing import Card
from marketplace.kernel.money import Money
from marketplace.web import pieces
from marketplace.web.pieces import Later, PieceEnvironment, Pieces, Unknown, frozen
from marketplace.web.tables import table_columns

AT = datetime(2026, 3, 2, tzinfo=UTC)


class Row(NamedTuple):
    """A row of two columns."""

    title: str
    minor: int


class Rated(NamedTuple):
    """A row of which equal ones may look different: 1.0 and 1.00."""

    rate: Decimal


@dataclass(frozen=True)
class Frozen:
    """A row that stays as it is."""

    row: Row
    at: datetime | None


@dataclass
class Loose:
    """A row that may change."""

    title: str


def cells(_row: Row) -> dict[str, str]:
    return {}


def other_cells(_row: Row) -> dict[str, str]:
    return {}


def _named(value: object) -> str:
    """A name that every process gives: functions are told without their address."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


LOOKS: list[Any] = [
    *(
        1,
        True,
        1.0,
        Decimal(1),
        Decimal("1.0"),
        "1",
        Markup("1"),
        None,
        "",
        0,
        False,
        Money(1, "EUR"),
    ),
    *(Money(1, "USD"), [1], [1, 1], {"a": 1}, {"a": True}, {"b": 1}, [["a", 1]], Row("a", 1)),
    *("<b>", Markup("<b>"), AT, AT.date(), date(2026, 3, 3), UUID(int=1), UUID(int=2)),
    *(Frozen(Row("a", 1), AT), Frozen(Row("a", 1), None), Later(Row("a", 1), cells)),
    *(Later(Row("a", 2), cells), Later(Row("a", 1), other_cells)),
]


def test_what_looks_different_has_different_keys() -> None:
    for one, other in combinations(LOOKS, 2):
        assert frozen(one) != frozen(other), (one, other)


@pytest.mark.parametrize("value", LOOKS, ids=_named)
def test_what_is_equal_has_one_key(value: Any) -> None:
    assert hash(frozen(value)) == hash(frozen(value))
    assert frozen(value) == frozen(value)


@pytest.mark.parametrize("value", [Loose("a"), object(), [Loose("a")], Rated(Decimal(1)), {1, 2}])
def test_what_nobody_vouches_for_is_not_remembered(value: Any) -> None:
    with pytest.raises(Unknown):
        frozen(value)


@pytest.fixture
def components(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of macros that remember, and a list of what they rendered."""
    pieces.pieces.clear()
    environment = PieceEnvironment(Flask(__name__), autoescape=True)
    rendered: list[str] = []

    def seen(text: str) -> str:
        rendered.append(text)
        return text

    environment.filters["seen"] = seen
    environment.loader = jinja2.DictLoader(
        {
            "components/ui.html": (
                "{% macro tag(label, tone='neutral') %}<i class={{ tone }}>{{ label|seen }}</i>"
                "{% if caller is defined and caller %}{{ caller() }}{% endif %}{% endmacro %}"
            ),
        }
    )
    module: Any = environment.get_template("components/ui.html").module
    yield module, rendered
    pieces.pieces.clear()


def test_a_macro_works_once_for_equal_arguments(components: Any) -> None:
    module, rendered = components

    said = [module.tag("Open"), module.tag("Open"), module.tag("Open", tone="good")]

    assert said[0] == said[1] == "<i class=neutral>Open</i>"
    assert said[2] == "<i class=good>Open</i>"
    assert rendered == ["Open", "Open"]


def test_markup_that_was_shown_does_not_let_text_of_the_same_letters_through(
    components: Any,
) -> None:
    module, _rendered = components

    trusted, typed = module.tag(Markup("<b>")), module.tag("<b>")

    assert trusted == "<i class=neutral><b></i>"
    assert typed == "<i class=neutral>&lt;b&gt;</i>"


def test_what_comes_later_is_made_only_where_it_is_not_remembered(components: Any) -> None:
    module, _rendered = components
    made: list[Row] = []

    def label(row: Row) -> str:
        made.append(row)
        return row.title

    said = [module.tag(Later(Row("Open", minor), label)) for minor in (1, 1, 2)]

    assert said == ["<i class=neutral>Open</i>"] * 3
    assert made == [Row("Open", 1), Row("Open", 2)]


def test_pieces_that_nobody_asks_for_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_PIECES_MAX", 4)
    kept = Pieces()
    kept.keep("asked for", Markup("yes"))
    for number in range(50):
        kept.keep(number, Markup("no"))
        assert kept.get("asked for") == "yes"

    assert kept.get(0) is None
    assert len(kept) <= 8


def test_pieces_are_bounded_by_what_they_weigh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_CHARACTERS_MAX", 100)
    kept = Pieces()
    light, huge = (Markup("x" * count) for count in (30, 100_000))  # noqa: S704 - our own text
    for number in range(50):
        kept.keep(number, light)
    kept.keep("huge", huge)

    assert len(kept) <= 8
    assert kept.get("huge") is None


def test_a_name_in_a_mapping_is_found_before_the_mappings_own(components: Any) -> None:
    del components
    environment = PieceEnvironment(Flask(__name__))

    said = environment.from_string("{{ a.items }} {{ a.get('b') }} {{ a.none|default('-') }}")

    assert said.render(a={"items": 3, "b": 4}) == "3 4 -"


def test_the_row_of_a_listed_campaign_is_the_key_of_its_card() -> None:
    listed = Listed._make(range(len(Listed._fields)))

    assert frozen(Card(listed, "9 days left")) == frozen(Card(listed, "9 days left"))


def test_what_the_list_is_narrowed_to_is_the_key_of_its_filters() -> None:
    film = frozen(Asked(Wanted(category="film"), is_sorted=False))

    assert film == frozen(Asked(Wanted(category="film"), is_sorted=False))
    assert film != frozen(Asked(Wanted(category="games"), is_sorted=False))


def test_a_page_escapes_text_and_lets_markup_and_only_markup_through(components: Any) -> None:
    del components
    environment = PieceEnvironment(Flask(__name__), autoescape=True)
    page = environment.from_string("{{ a }}|{{ b }}|{{ c }}|{{ d }}")

    class Pretender(str):
        """A text that is not markup, whatever it is called."""

        __slots__ = ()

    said = page.render(a="<b>", b=Markup("<b>"), c=Pretender("<b>"), d=7)

    assert said == "&lt;b&gt;|<b>|&lt;b&gt;|7"


def test_of_columns_that_look_the_same_there_is_one_and_it_is_its_own_key() -> None:
    shown = [{"key": "amount", "label": "Amount", "kind": "money"}]

    columns = table_columns(shown)

    assert columns is table_columns([dict(shown[0])])
    assert columns is not table_columns([{**shown[0], "kind": "date"}])
    assert frozen(columns) is columns
    assert [dict(column) for column in columns] == shown


@pytest.mark.parametrize(
    "row",
    [
        BudgetRow("Paper", Money(90_000, "EUR")),
        StepRow(date(2026, 5, 1), "Printed"),
        FaqRow("Why?", "Because it is missing."),
    ],
)
def test_what_a_campaign_tells_beside_its_story_is_part_of_a_key(row: tuple[Any, ...]) -> None:
    assert frozen([row]) == frozen([type(row)(*row)])
