"""The stylesheets keep their own rules: colours and sizes are tokens, classes have a use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marketplace.pages import styles

ROOT = Path(__file__).resolve().parents[3]
CSS = ROOT / "static/css"
SHEETS = sorted(path.name for path in CSS.glob("*.css"))
LITERAL = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|lab|lch|oklab|oklch|hwb)\("
    r"|:\s*(?:white|black|red|green|blue|grey|gray|orange|yellow|brown|silver)\b",
    re.IGNORECASE,
)
SCRIPT_BYTES_MAX = 8_000
STYLE_BYTES_MAX = 64_000


def _rules(name: str) -> str:
    """Return a stylesheet without comments and without the declarations of its tokens."""
    text = re.sub(r"/\*.*?\*/", "", (CSS / name).read_text(), flags=re.DOTALL)
    text = text.replace("color-mix(in oklab,", "color-mix(")
    return re.sub(r"--[\w-]+:[^;}]+", "", text)


@pytest.mark.parametrize("name", SHEETS)
def test_a_colour_is_named_once_as_a_token(name: str) -> None:
    assert LITERAL.findall(_rules(name)) == []


@pytest.mark.parametrize("name", SHEETS)
def test_every_token_that_is_used_is_there(name: str) -> None:
    sources = [name] if name == "simulator.css" else ["tokens.css", name]
    declared = {
        token
        for sheet in sources
        for token in re.findall(r"--([\w-]+):", (CSS / sheet).read_text())
    }

    assert set(re.findall(r"var\(--([\w-]+)", (CSS / name).read_text())) - declared == set()


def test_every_token_is_used() -> None:
    declared = set(re.findall(r"--([\w-]+):", (CSS / "tokens.css").read_text()))
    used = {
        token
        for name in styles.LAYERS
        for token in re.findall(r"var\(--([\w-]+)", (CSS / f"{name}.css").read_text())
    }

    assert declared - used == set()


def test_the_joined_stylesheet_holds_the_layers_and_nothing_of_the_provider() -> None:
    joined = styles.joined(CSS)

    assert [joined.index(f"@layer {layer} {{") for layer in styles.LAYERS] == sorted(
        joined.index(f"@layer {layer} {{") for layer in styles.LAYERS
    )
    assert ".harbour" not in joined


def test_every_class_of_the_stylesheet_is_used_somewhere() -> None:
    sources = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("marketplace/**/*.py")]
    markup = "\n".join(path.read_text() for path in [*sources, ROOT / "static/js/enhance.js"])
    classes = {
        found
        for layer in styles.LAYERS
        for found in re.findall(
            r"\.([a-z][\w-]*)", re.sub(r"url\([^)]*\)|\"[^\"]*\"", "", _rules(f"{layer}.css"))
        )
    }
    assert {name for name in classes if not _is_in(markup, name)} - {"js", "css"} == set()


def _is_in(markup: str, name: str) -> bool:
    """Whether a class is written out, or its end is computed: `tag--{{ tone }}`, `row--{}`."""
    stems = [name[:end] for end in range(1, len(name)) if name[end - 1] in "-_"]
    return name in markup or any(f"{stem}{{" in markup for stem in stems)


def test_script_and_style_stay_small() -> None:
    assert len((ROOT / "static/js/enhance.js").read_bytes()) < SCRIPT_BYTES_MAX
    assert len(styles.joined(CSS).encode()) < STYLE_BYTES_MAX
