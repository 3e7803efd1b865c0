"""Technology: exploded views, circuits, the face of an instrument."""

from __future__ import annotations

import math
import random

from marketplace.demo.prints.inks import NIGHTS, SETS, Inks
from marketplace.demo.prints.press import HEIGHT, WIDTH, Plate, Point, Print

_SLOPE = 0.5  # isometric: half a unit down for one across


def _iso(centre: Point, across: float, deep: float, up: float = 0.0) -> Point:
    """Return where a point of the ground plan stands on the sheet."""
    return (centre[0] + (across - deep) * 0.87, centre[1] + (across + deep) * _SLOPE - up)


def _slab(
    sheet: Print, centre: Point, size: tuple[float, float, float], colours: tuple[str, str, str]
) -> None:
    """Print a flat box: left side, right side, top."""
    across, deep, high = size
    corner = {
        name: _iso(centre, a * across / 2, d * deep / 2)
        for name, a, d in (("back", -1, -1), ("right", 1, -1), ("front", 1, 1), ("left", -1, 1))
    }
    low = {name: (x, y + high) for name, (x, y) in corner.items()}
    for colour, points in (
        (colours[0], [corner["left"], corner["front"], low["front"], low["left"]]),
        (colours[1], [corner["front"], corner["right"], low["right"], low["front"]]),
        (colours[2], [corner["back"], corner["right"], corner["front"], corner["left"]]),
    ):
        plate = Plate()
        plate.poly(points)
        sheet.ink(colour, plate, cover=True)


def exploded(rng: random.Random) -> Print:
    """Layers of a device lifted apart along one axis, with callouts."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    _grid(sheet, inks.light)
    x = rng.uniform(520, 680)
    count = rng.choice((4, 5))
    across, deep = rng.uniform(280, 360), rng.uniform(220, 300)
    levels = [650 - k * (500 / (count - 1)) for k in range(count)]
    axes = Plate()
    for a, d in ((-0.42, -0.42), (0.42, -0.42), (0.42, 0.42), (-0.42, 0.42)):
        axes.dashes(
            _iso((x, levels[0]), a * across, d * deep),
            _iso((x, levels[-1]), a * across, d * deep),
            2,
            (9, 7),
        )
    sheet.ink(inks.dark, axes)
    tones = [inks.second, inks.light, inks.main, inks.paper, inks.light]
    rng.shuffle(tones)
    for k, level in enumerate(levels):
        high = rng.choice((16.0, 26.0, 54.0)) if k in (0, count - 1) else rng.choice((9.0, 14.0))
        _slab(sheet, (x, level - high), (across, deep, high), (inks.dark, inks.dark, tones[k]))
        _parts(sheet, rng, (x, level - high), (across, deep), inks, top=k == count - 1)
        _callout(sheet, rng, (x, level), across, inks, right=k % 2 == 0)
    return sheet


def _grid(sheet: Print, colour: str) -> None:
    plate = Plate()
    for x in range(0, WIDTH + 1, 50):
        plate.rect((x - 0.8, 0, x + 0.8, HEIGHT))
    for y in range(0, HEIGHT + 1, 50):
        plate.rect((0, y - 0.8, WIDTH, y + 0.8))
    sheet.ink(colour, plate, strength=0.7)


def _parts(
    sheet: Print,
    rng: random.Random,
    centre: Point,
    size: tuple[float, float],
    inks: Inks,
    *,
    top: bool,
) -> None:
    lines, fill = Plate(), Plate()
    across, deep = size
    for a, d in ((-0.42, -0.42), (0.42, -0.42), (0.42, 0.42), (-0.42, 0.42)):
        spot = _iso(centre, a * across, d * deep)
        lines.disc(spot, 8, squash=0.58)
        lines.disc(spot, 4, 0, squash=0.58)
    if top:
        for r, pen in ((0.3, 4), (0.22, 3), (0.1, 3)):
            lines.oval(_iso(centre, 0, 0), across * r, 0.58, pen)
        fill.disc(_iso(centre, 0, 0), across * 0.16, squash=0.58)
    else:
        for _ in range(rng.randint(4, 8)):
            a, d = rng.uniform(-0.34, 0.2) * across, rng.uniform(-0.34, 0.2) * deep
            w, h = rng.uniform(18, 76), rng.uniform(18, 60)
            box = [
                _iso(centre, a, d),
                _iso(centre, a + w, d),
                _iso(centre, a + w, d + h),
                _iso(centre, a, d + h),
            ]
            (fill if rng.random() < 0.4 else lines).poly(box)
    sheet.ink(inks.dark, lines, cover=True)
    sheet.ink(inks.main, fill, cover=True)


def _callout(
    sheet: Print, rng: random.Random, centre: Point, across: float, inks: Inks, *, right: bool
) -> None:
    side = 1 if right else -1
    start = (centre[0] + side * across * 0.82, centre[1] - 4)
    bend = (start[0] + side * 60, start[1] - 40)
    end = (bend[0] + side * 90, bend[1])
    lines = Plate()
    lines.line([start, bend, end], 2.4)
    lines.disc(start, 6)
    lines.ring((end[0] + side * 22, end[1]), 22, 3)
    lines.disc((end[0] + side * 22, end[1]), 7)
    x = end[0] + side * 56
    for k, wide in enumerate((rng.uniform(60, 110), rng.uniform(40, 90))):
        lines.rect(
            (
                min(x, x + side * wide),
                end[1] - 10 + k * 14,
                max(x, x + side * wide),
                end[1] - 5 + k * 14,
            )
        )
    sheet.ink(inks.dark, lines)


def circuit(rng: random.Random) -> Print:
    """Traces that run straight and turn by 45 degrees between pads around a chip."""
    night = rng.random() < 0.6
    inks = rng.choice(NIGHTS if night else SETS)
    sheet = Print(rng, inks.paper)
    centre = (rng.uniform(430, 770), rng.uniform(330, 470))
    half = rng.uniform(96, 136)
    for colour, count in ((inks.second, 15), (inks.main, 7), (inks.light, 11)):
        plate = Plate()
        for _ in range(count):
            _trace(plate, rng, centre, half)
        sheet.ink(colour, plate, cover=True)
    chip = Plate()
    chip.slab((centre[0] - half, centre[1] - half, centre[0] + half, centre[1] + half), 10)
    sheet.ink(inks.dark, chip, cover=True)
    face = Plate()
    step = half * 2 / 9
    for k in range(8):
        offset = -half + step * (k + 1)
        for x, y in ((offset, -half), (offset, half), (-half, offset), (half, offset)):
            face.slab(
                (centre[0] + x - 5, centre[1] + y - 5, centre[0] + x + 5, centre[1] + y + 5), 2
            )
    face.ring((centre[0] - half * 0.66, centre[1] - half * 0.66), 11, 3)
    sheet.ink(inks.light, face, cover=True)
    heart = Plate()
    heart.disc(centre, half * 0.34)
    heart.disc(centre, half * 0.2, 0)
    sheet.ink(inks.main, heart, cover=True)
    return sheet


def _trace(plate: Plate, rng: random.Random, centre: Point, half: float) -> None:
    sides = rng.choice(((1, 0), (-1, 0), (0, 1), (0, -1)))
    slot = (rng.randint(1, 8) - 4.5) * half * 2 / 9
    x, y = (
        centre[0] + sides[0] * half + abs(sides[1]) * slot,
        centre[1] + sides[1] * half + abs(sides[0]) * slot,
    )
    points: list[Point] = [(x, y)]
    way = math.atan2(sides[1], sides[0])
    for _ in range(rng.randint(2, 4)):
        run = rng.choice((60, 90, 140, 210))
        x, y = x + math.cos(way) * run, y + math.sin(way) * run
        points.append((x, y))
        way += rng.choice((-math.pi / 4, math.pi / 4))
    plate.line(points, rng.choice((4.0, 5.0, 7.0)))
    plate.disc(points[-1], 13)
    plate.disc(points[-1], 6, 0)


def instrument(rng: random.Random) -> Print:
    """The front of a measuring thing: a scale with a needle, knobs, sockets, dimension lines."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    _grid(sheet, inks.light)
    left, top = rng.uniform(190, 270), 130.0
    right, bottom = WIDTH - left, 670.0
    body = Plate()
    body.slab((left, top, right, bottom), rng.choice((18, 44)))
    sheet.ink(rng.choice((inks.second, inks.main)), body, cover=True)
    window = Plate()
    window.slab((left + 50, top + 44, right - 50, top + 290), 12)
    sheet.ink(inks.paper, window, cover=True)
    pivot = ((left + right) / 2, top + 330)
    scale, needle = Plate(), Plate()
    for k in range(41):
        angle = math.radians(210 + k * 3)
        inner = 232 if k % 5 else 214
        scale.line(
            [
                (pivot[0] + inner * math.cos(angle) * 1.25, pivot[1] + inner * math.sin(angle)),
                (pivot[0] + 248 * math.cos(angle) * 1.25, pivot[1] + 248 * math.sin(angle)),
            ],
            2 if k % 5 else 4,
        )
    at = math.radians(rng.uniform(225, 315))
    needle.line(
        [
            (pivot[0] + 44 * math.cos(at), pivot[1] - 40),
            (pivot[0] + 238 * math.cos(at) * 1.22, pivot[1] + 238 * math.sin(at)),
        ],
        5,
    )
    sheet.ink(inks.dark, scale, cover=True)
    sheet.ink("#d9480f", needle, cover=True)
    _knobs(sheet, rng, (left, right, bottom), inks)
    _dimensions(sheet, (left, top, right, bottom), inks.dark)
    return sheet


def _knobs(sheet: Print, rng: random.Random, edges: tuple[float, float, float], inks: Inks) -> None:
    left, right, bottom = edges
    count = rng.choice((3, 4, 5))
    dark, light = Plate(), Plate()
    for k in range(count):
        spot = (left + (right - left) * (k + 0.5) / count, bottom - 104)
        if rng.random() < 0.6:
            dark.disc(spot, 50)
            turn = rng.uniform(0, math.tau)
            light.line([spot, (spot[0] + 42 * math.cos(turn), spot[1] + 42 * math.sin(turn))], 6)
        else:
            light.disc(spot, 34)
            dark.ring(spot, 34, 8)
            dark.disc(spot, 10)
    sheet.ink(inks.dark, dark, cover=True)
    sheet.ink(inks.paper, light, cover=True)


def _dimensions(sheet: Print, box: tuple[float, float, float, float], colour: str) -> None:
    left, top, right, bottom = box
    plate = Plate()
    plate.line([(left, 730), (right, 730)], 2)
    plate.line([(120, top), (120, bottom)], 2)
    for x in (left, right):
        plate.line([(x, 690), (x, 745)], 2)
        plate.line([(x - 8, 738), (x + 8, 722)], 3)
    for y in (top, bottom):
        plate.line([(105, y), (160, y)], 2)
        plate.line([(112, y + 8), (128, y - 8)], 3)
    sheet.ink(colour, plate, strength=0.9)
