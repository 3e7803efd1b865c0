"""Colours that meet on a page can be told apart, by day and by night (WCAG 1.4.3, 1.4.11)."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[3] / "static/css"
TEXT, GRAPHIC = 4.5, 3.0
SCHEMES = ("light", "dark")

GROUNDS = ("page", "surface", "sunken")
TONES = ("good", "warn", "bad", "info")
TEXTS: list[tuple[str, str]] = [
    *itertools.product(("ink", "ink-2", "link"), GROUNDS),
    *itertools.product(("good", "bad", "warn", "info"), GROUNDS),
    *((tone, f"{tone}-tint") for tone in TONES),
    *(("ink", f"{tone}-tint") for tone in TONES),
    ("action-ink", "action"),
    ("action-ink", "action-strong"),
    ("danger-ink", "danger"),
    ("page", "ink"),  # a chosen door, a pressed switch
    *((text, "slate") for text in ("slate-ink", "slate-ink-2", "slate-link")),
]
GRAPHICS: list[tuple[str, str]] = [
    *itertools.product(("control", "ember", "ink-2"), ("page", "surface")),
    ("control", "sunken"),
    ("ember", "track"),
    ("action", "page"),
    ("danger", "page"),
    *((tone, "page") for tone in TONES),
    ("focus-inner", "focus-outer"),
]
PROVIDER_TEXTS: list[tuple[str, str]] = [
    *itertools.product(("ink", "ink-2", "deep"), ("page", "sheet")),
    ("on-deep", "deep"),
    ("bad", "sheet"),
    ("bad", "bad-tint"),
    ("warn", "warn-tint"),
]


def tokens(file: str) -> dict[str, tuple[str, str]]:
    """Return each colour token with its light and its dark value."""
    declarations = re.findall(r"^\s*--([\w-]+):\s*(.+?);$", (CSS / file).read_text(), re.MULTILINE)
    found = {}
    for name, value in declarations:
        both = re.fullmatch(r"light-dark\((#\w{6}), (#\w{6})\)", value)
        if both:
            found[name] = (both[1], both[2])
        elif re.fullmatch(r"#\w{6}", value):
            found[name] = (value, value)
    return found


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, as WCAG defines it."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def too_weak(
    file: str, pairs: list[tuple[str, str]], scheme: str, least: float
) -> dict[str, float]:
    """Return the pairs of tokens that are harder to tell apart than `least`."""
    known, side = tokens(file), SCHEMES.index(scheme)
    found = {f"{a} on {b}": contrast(known[a][side], known[b][side]) for a, b in pairs}
    return {pair: round(value, 2) for pair, value in found.items() if value < least}


def test_contrast_is_computed_as_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read_on_every_ground_it_stands_on(scheme: str) -> None:
    assert too_weak("tokens.css", TEXTS, scheme, TEXT) == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_controls_bars_and_marks_can_be_seen(scheme: str) -> None:
    assert too_weak("tokens.css", GRAPHICS, scheme, GRAPHIC) == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_focus_ring_shows_on_every_ground(scheme: str) -> None:
    known, side = tokens("tokens.css"), SCHEMES.index(scheme)
    rings = (known["focus-inner"][side], known["focus-outer"][side])

    for ground in (*GROUNDS, "action", "slate"):
        assert max(contrast(ring, known[ground][side]) for ring in rings) >= GRAPHIC, ground


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_providers_pages_can_be_read_as_well(scheme: str) -> None:
    assert too_weak("simulator.css", PROVIDER_TEXTS, scheme, TEXT) == {}
    assert too_weak("simulator.css", [("control", "sheet")], scheme, GRAPHIC) == {}
