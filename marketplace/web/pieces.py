"""Pieces of pages, remembered by everything they show.

A macro of the templates in `PURE` is a function: its markup follows from its arguments and the
language of the answer, and from nothing else (tests/laws holds that). So a macro that is called
again with equal arguments need not work again, whoever asks: what a piece shows is its key. Whole
pages are never remembered. What nobody asks for is forgotten.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import FunctionType
from typing import Any, Final, cast, get_args, get_type_hints
from uuid import UUID

from flask.sansio.app import App
from flask.templating import Environment
from flask_babel.speaklater import LazyString
from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

from marketplace.kernel.money import Money
from marketplace.web.locale import locale_name

# Not forms.html: its macros show forms, which carry tokens.
_COMPONENTS: Final = (
    *("cards", "grids", "icons", "lines", "money", "plots", "project", "told", "ui"),
)
PURE: Final = frozenset(
    {"layouts/_frame.html", *(f"components/{name}.html" for name in _COMPONENTS)}
)
# Lists that may be somebody's own. Their rows are pieces, the whole of them is not.
BY_THE_ROW: Final = frozenset({"money_table", "timeline", "schedule_table", "trail_table"})
# Of one generation, of which there are two.
_PIECES_MAX: Final = 8192
_CHARACTERS_MAX: Final = 8 * 1024 * 1024
_PIECE_CHARACTERS_MAX: Final = 64 * 1024


class Pieces:
    """What was rendered before, by what it shows. One for each process, bounded.

    Two generations: what is asked for moves to the young one; when that is full, the old one, in
    which lies what was not asked for in all that time, is forgotten.
    """

    def __init__(self) -> None:
        self._young: dict[Hashable, Markup] = {}
        self._old: dict[Hashable, Markup] = {}
        self._characters = 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: Hashable) -> Markup | None:
        """Return the piece, or None."""
        found = self._young.get(key)
        if found is None and (found := self._old.pop(key, None)) is not None:
            self.keep(key, found)
        return found

    def keep(self, key: Hashable, piece: Markup) -> None:
        """Remember a piece, unless it is too large to be worth it."""
        if len(piece) > _PIECE_CHARACTERS_MAX:
            return
        if len(self._young) >= _PIECES_MAX or self._characters >= _CHARACTERS_MAX:
            self._old, self._young, self._characters = self._young, {}, 0
        self._young[key] = piece
        self._characters += len(piece)

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old, self._characters = {}, {}, 0


pieces: Final = Pieces()


@dataclass(frozen=True, slots=True)
class Later:
    """What a piece is given, worked out only where the piece is not remembered.

    `make` looks at `shown` and the language, and at nothing else.
    """

    shown: Any
    make: Callable[[Any], Any]


class Unknown(Exception):
    """A value of which nobody knows whether it will look the same another time."""


def frozen(value: Any) -> Hashable:  # noqa: ANN401 - whatever a page shows
    """Return `value` as a key: two keys are equal only if their values look the same.

    That is stricter than Python's own equality: `True` is not 1, 1.0 not 1.00, and text not the
    markup of the same letters, which is not escaped. What is not listed here is `Unknown`.
    """
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value  # type: ignore[no-any-return]  # narrowed by the line above
    freeze = _FREEZERS.get(kind)
    if freeze is not None:
        return freeze(value)
    if _is_row(cast("Hashable", kind)):
        return (kind, value)
    raise Unknown(kind.__name__)


@functools.cache
def _is_row(kind: Hashable) -> bool:
    """Whether `kind` is a row, tuple or frozen dataclass, of which equal ones look the same."""
    if not isinstance(kind, type):
        return False
    parameters = getattr(kind, "__dataclass_params__", None)
    if not (hasattr(kind, "_fields") if parameters is None else parameters.frozen):
        return False
    hints = get_type_hints(kind).values()
    types = {one for hint in hints for one in get_args(hint) or (hint,)}
    return all(one in _ONE_LOOK or _is_row(one) for one in types)


def _items(value: Mapping[str, Any]) -> Hashable:
    return (dict, *value, *map(frozen, value.values()))


_FREEZERS: Final[dict[type, Callable[[Any], Hashable]]] = {
    dict: _items,
    list: lambda value: (list, *map(frozen, value)),
    tuple: lambda value: (list, *map(frozen, value)),
    bool: lambda value: (bool, value),
    float: lambda value: (float, value),
    Decimal: lambda value: (Decimal, str(value)),
    Markup: lambda value: (Markup, value),
    LazyString: lambda value: (LazyString, str(value)),
    Money: lambda value: (Money, value.minor, value.currency),
    date: lambda value: (date, value),
    datetime: lambda value: (datetime, value, value.tzinfo),
    UUID: lambda value: (UUID, value.int),
    Later: lambda value: (value.make, frozen(value.shown)),
}


def stands_for_itself(kind: type) -> None:
    """Let a `kind` of which there is one object for each look be its own key."""
    _FREEZERS[kind] = lambda value: value


# Types of columns of which equal values look the same: a column holds one type only.
_ONE_LOOK: Final = frozenset({bool, str, int, UUID, date, datetime, type(None)})


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever a page shows
    """Return `value` escaped; markup as it is, which most of a page's values are."""
    return value if type(value) is Markup else escape(value)


class PieceTemplate(Template):
    """A template; the macros of those in `PURE` remember."""

    @classmethod
    def _from_namespace(
        cls,
        environment: Environment,  # type: ignore[override]  # Flask's
        namespace: MutableMapping[str, Any],
        globals: MutableMapping[str, Any],  # noqa: A002 - Jinja's own signature
    ) -> Template:
        namespace["escape"] = _shown  # what its compiled code calls
        return super()._from_namespace(environment, namespace, globals)

    def make_module(
        self,
        vars: dict[str, Any] | None = None,  # noqa: A002 - Jinja's own signature
        shared: bool = False,  # noqa: FBT001, FBT002 - Jinja's own signature
        locals: Mapping[str, Any] | None = None,  # noqa: A002 - Jinja's own signature
    ) -> TemplateModule:
        """Return what the template gives to those who import it."""
        module = super().make_module(vars, shared, locals)
        if self.name in PURE:
            for name, macro in list(module.__dict__.items()):
                if isinstance(macro, Macro) and name not in BY_THE_ROW:
                    setattr(module, name, _remembering(f"{self.name}:{name}", macro))
        return module


class PieceContext(Context):
    """The names of a page; a function is called without looking what else it might be."""

    def call(self, obj: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in a template
        """Return `obj(...)`: of a hundred calls on a page, most are of pieces and texts."""
        if type(obj) is not FunctionType:
            return super().call(obj, *args, **kwargs)
        wants = obj.__dict__.get("jinja_pass_arg")
        if wants is not None and wants.name != "eval_context":
            return super().call(obj, *args, **kwargs)
        if kwargs:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
        return obj(*args, **kwargs) if wants is None else obj(self.eval_ctx, *args, **kwargs)


class PieceEnvironment(Environment):
    """Jinja as Flask sets it up, with macros that remember and four shorter ways."""

    template_class = PieceTemplate
    context_class = PieceContext

    def __init__(self, app: App, **options: Any) -> None:  # noqa: ANN401 - as Jinja takes them
        super().__init__(app, **options)
        self._loaded: dict[str, Template] = {}

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's own signature
    ) -> Template:
        """Return the template; a page asks a dozen times, and files do not change while it runs."""
        if globals or self.auto_reload or isinstance(name, Template):
            return super().get_template(name, parent, globals)
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = super().get_template(name, parent)
        return found

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return what every template knows: no template of ours has names of its own."""
        return super().make_globals(d) if d else self.globals

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as in a template
        """Return `obj.attribute`; of a mapping the item, without trying the attribute first."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def once(name: str, shown: Hashable, render: Callable[[], Markup]) -> Markup:
    """Return `render()`, remembered under its `name`, the language and everything it shows."""
    key = (name, locale_name(), shown)
    found = pieces.get(key)
    if found is None:
        found = render()
        pieces.keep(key, found)
    return found


def _remembering(name: str, macro: Macro) -> Callable[..., Markup]:
    def piece(*args: Any, **kwargs: Any) -> Markup:  # noqa: ANN401 - a macro takes what it takes
        try:
            shown = (len(args), *map(frozen, args), *kwargs, *map(frozen, kwargs.values()))
        except Unknown:  # a block that is handed in, an object: made anew
            return _rendered(macro, args, kwargs)
        return once(name, shown, lambda: _rendered(macro, args, kwargs))

    return piece


def _rendered(macro: Macro, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Markup:
    made = [_made(value) for value in args], {key: _made(kwargs[key]) for key in kwargs}
    return cast("Markup", macro(*made[0], **made[1]))


def _made(value: Any) -> Any:  # noqa: ANN401 - whatever a macro takes
    return value.make(value.shown) if type(value) is Later else value
