"""The picture that is shown where a project is shared: its name, its sponsor, its bar.

What it shows is all that makes it: the same words and the same percent are drawn once and kept.
"""

from __future__ import annotations

import functools
import io
import re
import textwrap
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

import marketplace.infra

_FONTS: Final = Path(marketplace.infra.__file__).parent / "fonts"
_WIDTH: Final = 1200
_HEIGHT: Final = 630
_EDGE: Final = 72
_PAPER: Final = "#faf7f2"
_INK: Final = "#26211c"
_FAINT: Final = "#6a6058"
_EMBER: Final = "#b8420f"
_GROOVE: Final = "#e4dcd1"
_LINES_MAX: Final = 3
_LETTERS_MAX: Final = 30
# What our font has no letters for: a row of boxes says less than nothing.
_UNKNOWN: Final = re.compile(r"[^\u0020-\u1eff\u2010-\u2027\u20ac]+")


@functools.lru_cache(maxsize=256)
def card_png(title: str, sponsor: str, raised: str, goal: str, percent: int) -> bytes:
    """Return a PNG of 1200 × 630, the size that other sites ask for."""
    image = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, _WIDTH, 14), fill=_EMBER)
    top = _write_title(pen, _known(title))
    pen.text((_EDGE, top + 12), _known(sponsor), font=_font(32), fill=_FAINT)
    _draw_bar(pen, percent)
    pen.text((_EDGE, 500), raised, font=_font(48, bold=True), fill=_INK)
    pen.text((_WIDTH - _EDGE, 512), goal, font=_font(34), fill=_FAINT, anchor="ra")
    pen.text((_WIDTH - _EDGE, 396), f"{percent} %", font=_font(34), fill=_EMBER, anchor="ra")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _write_title(pen: ImageDraw.ImageDraw, title: str) -> int:
    lines = textwrap.wrap(title, _LETTERS_MAX, max_lines=_LINES_MAX, placeholder=" …")
    for n, line in enumerate(lines):
        pen.text((_EDGE, 76 + n * 78), line, font=_font(60, bold=True), fill=_INK)
    return 76 + len(lines) * 78


def _draw_bar(pen: ImageDraw.ImageDraw, percent: int) -> None:
    top, bottom = 450, 474
    pen.rounded_rectangle((_EDGE, top, _WIDTH - _EDGE, bottom), 12, fill=_GROOVE)
    length = (_WIDTH - 2 * _EDGE) * min(max(percent, 0), 100) // 100
    if length > 0:
        pen.rounded_rectangle((_EDGE, top, _EDGE + max(length, 24), bottom), 12, fill=_EMBER)


def _known(words: str) -> str:
    return " ".join(_UNKNOWN.sub(" ", words).split())


@functools.lru_cache(maxsize=8)
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(_FONTS / name), size)
