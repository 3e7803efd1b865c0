"""What is remembered shows its arguments and the language, and nothing that may change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2 import Environment, meta, nodes
from jinja2.filters import FILTERS

from marketplace.web.pieces import PURE

# Names every template knows that mean the same for everyone at every time.
SAME_FOR_ALL = {"_", "gettext", "ngettext", "range", "namespace", "places", "own_pages"}
# `table_rows` is given all it shows.
SAME_FOR_ALL |= {"table_rows"}
# Filters of ours that follow from what they are given; Jinja's own do, but for `random`.
OUR_PURE_FILTERS = {
    *("money", "money_text", "brief", "day", "moment", "day_text", "moment_text"),
    *("percent", "bps", "paragraphs", "ref"),
}


def unaccounted(environment: Environment, source: str) -> Iterator[str]:
    """Yield what the macros of `source` look at besides their arguments."""
    bare = environment.overlay()
    bare.globals = {}  # what is global is no argument either
    tree = bare.parse(source)
    own = {one.name for one in tree.find_all(nodes.Name) if one.ctx != "load"}
    yield from meta.find_undeclared_variables(tree) - own - SAME_FOR_ALL
    pure = OUR_PURE_FILTERS | (set(FILTERS) - {"random"})
    yield from {one.name for one in tree.find_all(nodes.Filter)} - pure
    if next(tree.find_all(nodes.FromImport), None):
        yield "names of another template"
    for part in tree.find_all(nodes.Import):
        name = part.template.value if isinstance(part.template, nodes.Const) else "?"
        if part.with_context or name not in PURE:
            yield f"import of {name}"
    if next(tree.find_all((nodes.Include, nodes.Extends)), None):
        yield "another template's text"


@pytest.mark.parametrize("name", sorted(PURE))
def test_a_remembered_macro_shows_its_arguments_and_nothing_else(app: Flask, name: str) -> None:
    assert app.jinja_env.loader is not None
    source, _path, _fresh = app.jinja_env.loader.get_source(app.jinja_env, name)

    assert sorted(unaccounted(app.jinja_env, source)) == []


@pytest.mark.parametrize(
    "body",
    [
        "{{ csrf_token() }}",
        "{{ request.path }}",
        "{{ me.label }}",
        "{{ now }}",
        "{{ get_flashed_messages() }}",
        "{{ until|time_left }}",
        "{% if 'wallet.use'|allowed %}yes{% endif %}",
        "{% import 'components/forms.html' as f %}",
        "{% import 'components/ui.html' as ui with context %}",
        "{% include 'layouts/base.html' %}",
    ],
)
def test_the_law_sees_what_would_change(app: Flask, body: str) -> None:
    source = f"{{% macro piece(until) %}}{body}{{% endmacro %}}"

    assert list(unaccounted(app.jinja_env, source))
