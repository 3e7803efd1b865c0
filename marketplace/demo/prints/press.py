"""A small printing press: plates cut as masks, inked one over the other on tinted paper.

Everything is drawn at twice the size and reduced, so edges are smooth; grain and halftone come
from fixed tiles, so the same seed gives the same picture to the byte.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from functools import cache
from typing import Final

from PIL import Image, ImageChops, ImageColor, ImageDraw

WIDTH: Final = 1200
HEIGHT: Final = 800
_SCALE: Final = 2
_BLEED: Final = 8  # room for plates that are not quite in register
_DOT: Final = 12  # period of the halftone screen in pixels

Point = tuple[float, float]
Colour = str


class Plate:
    """What one ink will cover. Coordinates are those of the finished 1200 by 800 picture."""

    def __init__(self) -> None:
        size = (WIDTH * _SCALE + 2 * _BLEED, HEIGHT * _SCALE + 2 * _BLEED)
        self.mask = Image.new("L", size, 0)
        self._draw = ImageDraw.Draw(self.mask)

    def poly(self, points: Sequence[Point], value: int = 255) -> None:
        """Cut a filled shape; `value` 0 takes ink away again."""
        self._draw.polygon([self._at(point) for point in points], fill=value)

    def rect(self, box: tuple[float, float, float, float], value: int = 255) -> None:
        """Cut a filled rectangle given as left, top, right, bottom."""
        self._draw.rectangle([self._at(box[:2]), self._at(box[2:])], fill=value)

    def slab(self, box: tuple[float, float, float, float], radius: float, value: int = 255) -> None:
        """Cut a rectangle with round corners."""
        corners = [self._at(box[:2]), self._at(box[2:])]
        self._draw.rounded_rectangle(corners, radius * _SCALE, fill=value)

    def disc(self, centre: Point, radius: float, value: int = 255, squash: float = 1.0) -> None:
        """Cut a disc, or an ellipse `squash` times as high as wide."""
        self._draw.ellipse(self._box(centre, radius, squash), fill=value)

    def ring(self, centre: Point, radius: float, width: float, value: int = 255) -> None:
        """Cut a ring whose line lies inside `radius`."""
        box = self._box(centre, radius, 1.0)
        self._draw.ellipse(box, outline=value, width=max(1, round(width * _SCALE)))

    def oval(self, centre: Point, radius: float, squash: float, width: float) -> None:
        """Cut the outline of an ellipse."""
        box = self._box(centre, radius, squash)
        self._draw.ellipse(box, outline=255, width=max(1, round(width * _SCALE)))

    def pie(self, centre: Point, radius: float, start: float, end: float, value: int = 255) -> None:
        """Cut a slice between two angles in degrees, clockwise from three o'clock."""
        self._draw.pieslice(self._box(centre, radius, 1.0), start, end, fill=value)

    def arc(self, centre: Point, radius: float, span: tuple[float, float], width: float) -> None:
        """Cut part of a ring between two angles in degrees."""
        box = self._box(centre, radius, 1.0)
        self._draw.arc(box, span[0], span[1], fill=255, width=max(1, round(width * _SCALE)))

    def sector(self, centre: Point, inner: float, outer: float, span: tuple[float, float]) -> None:
        """Cut part of a broad ring between two angles in degrees."""
        steps = max(2, round((span[1] - span[0]) / 2))
        angles = [math.radians(span[0] + (span[1] - span[0]) * k / steps) for k in range(steps + 1)]
        far = [(centre[0] + outer * math.cos(a), centre[1] + outer * math.sin(a)) for a in angles]
        near = [(centre[0] + inner * math.cos(a), centre[1] + inner * math.sin(a)) for a in angles]
        self.poly([*far, *reversed(near)])

    def line(self, points: Sequence[Point], width: float, value: int = 255) -> None:
        """Cut a line through `points`."""
        pen = max(1, round(width * _SCALE))
        self._draw.line([self._at(p) for p in points], fill=value, width=pen, joint="curve")

    def dashes(self, start: Point, end: Point, width: float, pattern: tuple[float, float]) -> None:
        """Cut a broken straight line; `pattern` is stroke and gap."""
        length = math.dist(start, end) or 1.0
        way = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        at = 0.0
        while at < length:
            stop = min(at + pattern[0], length)
            first = (start[0] + way[0] * at, start[1] + way[1] * at)
            self.line([first, (start[0] + way[0] * stop, start[1] + way[1] * stop)], width)
            at += sum(pattern)

    @staticmethod
    def _at(point: Sequence[float]) -> Point:
        return (point[0] * _SCALE + _BLEED, point[1] * _SCALE + _BLEED)

    def _box(self, centre: Point, radius: float, squash: float) -> list[Point]:
        x, y = centre
        high = radius * squash
        return [self._at((x - radius, y - high)), self._at((x + radius, y + high))]


class Print:
    """The sheet under the press."""

    def __init__(self, rng: random.Random, ground: Colour) -> None:
        self.rng = rng
        self.sheet = Image.new("RGB", (WIDTH, HEIGHT), ground)

    def ink(
        self, colour: Colour, plate: Plate, *, strength: float = 1.0, cover: bool = False
    ) -> None:
        """Print `plate`; colours darken what lies under them unless `cover` is set."""
        shift = (self.rng.randint(-3, 3), self.rng.randint(-3, 3))
        found = plate.mask.getbbox()
        if found is None:
            return
        left, top, right, bottom = (
            max(0, (found[0] - _BLEED - shift[0]) // _SCALE - 1),
            max(0, (found[1] - _BLEED - shift[1]) // _SCALE - 1),
            min(WIDTH, (found[2] - _BLEED - shift[0]) // _SCALE + 2),
            min(HEIGHT, (found[3] - _BLEED - shift[1]) // _SCALE + 2),
        )
        if left >= right or top >= bottom:
            return
        start = (left * _SCALE + _BLEED + shift[0], top * _SCALE + _BLEED + shift[1])
        end = (start[0] + (right - left) * _SCALE, start[1] + (bottom - top) * _SCALE)
        mask = plate.mask.reduce(_SCALE, (*start, *end))
        self._print(colour, mask, strength, cover=cover, at=(left, top))

    def wash(
        self,
        colour: Colour,
        top: float,
        bottom: float,
        *,
        flip: bool = False,
        strength: float = 1.0,
    ) -> None:
        """Print a halftone that grows from nothing at `top` to full at `bottom` (0 to 1)."""
        high = max(1, round((bottom - top) * HEIGHT))
        ramp = _ramp().resize((WIDTH, high))
        if flip:
            ramp = ramp.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        tone = Image.new("L", (WIDTH, HEIGHT), 0)
        tone.paste(ramp, (0, round(top * HEIGHT)))
        self._print(colour, _screened(tone), strength, cover=False)

    def glow(self, colour: Colour, centre: Point, radius: float, *, strength: float = 1.0) -> None:
        """Print a halftone disc that fades outward."""
        size = round(radius * 2)
        disc = ImageChops.invert(_disc()).resize((size, size))
        tone = Image.new("L", (WIDTH, HEIGHT), 0)
        tone.paste(disc, (round(centre[0] - radius), round(centre[1] - radius)))
        self._print(colour, _screened(tone), strength, cover=False)

    def tint(self, colour: Colour, plate: Plate, *, strength: float = 1.0) -> None:
        """Print `plate` as an even halftone."""
        mask = plate.mask.reduce(_SCALE, self._box())
        tone = mask.point([round(value * 0.45) for value in range(256)])
        self._print(colour, ImageChops.multiply(_screened(tone), mask), strength, cover=False)

    def finished(self) -> Image.Image:
        """Return the sheet with the paper's own grain."""
        grain = Image.merge("RGB", [_grain(9)] * 3)
        return ImageChops.multiply(self.sheet, grain)

    def _print(
        self,
        colour: Colour,
        mask: Image.Image,
        strength: float,
        *,
        cover: bool,
        at: tuple[int, int] = (0, 0),
    ) -> None:
        box = (*at, at[0] + mask.width, at[1] + mask.height)
        worn = ImageChops.multiply(mask, _grain(46).crop(box))
        if strength < 1:
            worn = worn.point([round(value * strength) for value in range(256)])
        inked = Image.new("RGB", mask.size, ImageColor.getrgb(colour))
        if not cover:
            inked = ImageChops.multiply(self.sheet.crop(box), inked)
        self.sheet.paste(inked, at, worn)

    @staticmethod
    def _box() -> tuple[int, int, int, int]:
        return (_BLEED, _BLEED, _BLEED + WIDTH * _SCALE, _BLEED + HEIGHT * _SCALE)


@cache
def _grain(depth: int) -> Image.Image:
    """Return paper grain: 255 less up to `depth`, always the same."""
    noise = random.Random(1897)
    side = 400
    tile = Image.frombytes("L", (side, side), noise.randbytes(side * side))
    tile = tile.point([255 - (255 - value) * depth // 255 for value in range(256)])
    whole = Image.new("L", (WIDTH, HEIGHT))
    for left in range(0, WIDTH, side):
        for top in range(0, HEIGHT, side):
            whole.paste(tile, (left, top))
    return whole


@cache
def _screen() -> Image.Image:
    """Return the halftone screen: a spot function repeated every `_DOT` pixels, turned by 45°."""
    turn = 2 * math.pi / _DOT
    spot = bytes(
        round(255 * (0.5 + 0.25 * (math.cos((x + y) * turn) + math.cos((x - y) * turn))))
        for y in range(_DOT)
        for x in range(_DOT)
    )
    tile = Image.frombytes("L", (_DOT, _DOT), spot)
    whole = Image.new("L", (WIDTH, HEIGHT))
    row = Image.new("L", (WIDTH, _DOT))
    for left in range(0, WIDTH, _DOT):
        row.paste(tile, (left, 0))
    for top in range(0, HEIGHT, _DOT):
        whole.paste(row, (0, top))
    return whole


def _screened(tone: Image.Image) -> Image.Image:
    """Turn grey into dots of that weight, with soft edges."""
    sum_above = ImageChops.add(tone, _screen(), scale=1, offset=-255)
    return sum_above.point([min(255, value * 5) for value in range(256)])


@cache
def _ramp() -> Image.Image:
    return Image.linear_gradient("L")


@cache
def _disc() -> Image.Image:
    return Image.radial_gradient("L")
