"""Everything people read can be translated, and every language that is offered is complete."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from babel.messages.pofile import read_po
from jinja2 import nodes

from marketplace.web.locale import CATALOGUES, DEFAULT, LANGUAGES
from translations import make_messages

ROOT = Path(__file__).resolve().parents[2]
# The style guide shows made-up content; nobody but us reads it.
TEMPLATES = sorted(
    path
    for path in ROOT.glob("templates/**/*.*")
    if path.suffix in {".html", ".txt"} and "styleguide" not in path.parts
)
# Operators read English, the demo world speaks English, and samples are made up.
MODULES = sorted(
    path
    for path in ROOT.glob("marketplace/**/*.py")
    if path.name != "cli.py"
    and not {"demo", "infra", "kernel", "calc"} & set(path.parts)
    and not path.name.startswith("styleguide_")
)
READ_ATTRIBUTES = ("alt", "aria-label", "title", "placeholder")
READ_KEYS = {"label", "title", "hint", "body", "words", "detail", "caption", "note", "status"}
TRANSLATORS = {"_", "_l", "gettext", "ngettext", "lazy_gettext"}
WORD = re.compile(r"[A-Za-z]{2,}")
# Names, codes and units that are the same in every language.
SAME_EVERYWHERE = {"UTC", "CSV", "XIRR", "APR", "WCAG"}


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_template_of_translations_holds_every_sentence_of_the_sources() -> None:
    assert make_messages.POT.read_text(encoding="utf-8") == make_messages.text(), (
        "run make messages"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_that_is_offered_is_complete(language: str) -> None:
    wanted = {message.id for message in make_messages.catalogue() if message.id}
    if language == DEFAULT:
        told = wanted  # the sources are written in it
    else:
        folder = CATALOGUES / language.replace("-", "_") / "LC_MESSAGES"
        with (folder / "messages.po").open("rb") as file:
            told = {message.id for message in read_po(file) if message.string}

    assert wanted - told == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_a_template_says_nothing_that_cannot_be_translated(path: Path) -> None:
    assert list(_bare_words(path)) == []


def test_no_module_says_anything_that_cannot_be_translated() -> None:
    assert {_named(path): found for path in MODULES if (found := list(_bare_texts(path)))} == {}


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("<p>Hello there</p>", ["Hello there"]),
        ("<p>{{ _('Hello') }} {{ name }}</p>", []),
        ('<a title="Go on" href="/go">{{ name }}</a>', ["Go on"]),
        ("{{ ui.button('Save it now') }}", ["Save it now"]),
        ("{# Hello #}<br class=\"wide\">{{ icon('arrow') }}", []),
    ],
)
def test_the_search_for_bare_words_finds_them(tmp_path: Path, source: str, bare: list[str]) -> None:
    path = tmp_path / "page.html"
    path.write_text(source)

    assert list(_bare_words(path)) == bare


def _bare_words(path: Path) -> Iterator[str]:
    """Find what stands between tags, in attributes people read, and in arguments of macros."""
    source = path.read_text(encoding="utf-8")
    tree = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    markup = "".join(_literals(tree))
    for name, words in re.findall(r"([a-z-]+)=\"([^\"]*)\"", markup):
        if name in READ_ATTRIBUTES and _are_words(words):
            yield words
    without = re.sub(r"<(script|style)\b.*?</\1>|<[^<>]*>", "\n", markup, flags=re.DOTALL)
    for line in without.splitlines():
        if _are_words(line):
            yield line.strip()
    for constant in _constants(tree, translated=False):
        if _is_sentence(constant):
            yield constant


def _literals(tree: nodes.Node) -> Iterator[str]:
    """Give the text of a template, a mark standing for whatever is computed."""
    classes = [block for block in tree.find_all(nodes.Block) if block.name.endswith("_class")]
    unread = {id(output) for block in classes for output in block.find_all(nodes.Output)}
    for output in tree.find_all(nodes.Output):
        if id(output) in unread:
            continue
        for part in output.nodes:
            yield part.data if isinstance(part, nodes.TemplateData) else "\u2026"


def _constants(node: nodes.Node, *, translated: bool) -> Iterator[str]:
    for child in node.iter_child_nodes():
        said = translated or (
            isinstance(child, nodes.Call)
            and isinstance(child.node, nodes.Name)
            and child.node.name in TRANSLATORS
        )
        if isinstance(child, nodes.Const) and isinstance(child.value, str) and not said:
            yield child.value
        yield from _constants(child, translated=said)


def _are_words(text: str) -> bool:
    plain = re.sub(r"&\w+;|https?://\S+|\S+@\S+", " ", text)
    return bool(set(WORD.findall(plain)) - SAME_EVERYWHERE)


def _is_sentence(text: str) -> bool:
    return bool(re.match(r"[A-Z][a-z]+ [a-z]+", text)) and "<" not in text


def _bare_texts(path: Path) -> Iterator[str]:
    """Find labels of fields, messages and parts of pages that were not given to gettext."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name.endswith("Field") or name in {"done", "flash", "ValidationError"}:
                yield from (_text(argument) for argument in node.args if _is_said(argument))
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in READ_KEYS and _is_said(value):
                    yield _text(value)


def _is_said(node: ast.expr) -> bool:
    text = _text(node)
    return bool(WORD.search(text)) and not text.startswith(("/", "#")) and text[:1].isupper()


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
