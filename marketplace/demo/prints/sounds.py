"""Music: waveforms, grooves and strings."""

from __future__ import annotations

import math
import random

from marketplace.demo.prints.inks import NIGHTS, SETS, Inks
from marketplace.demo.prints.press import HEIGHT, WIDTH, Plate, Point, Print


def _loudness(rng: random.Random, count: int) -> list[float]:
    """Return `count` heights between 0.04 and 1 that swell and fall like a phrase."""
    beats = [
        (rng.uniform(1, 4), rng.uniform(0, math.tau)),
        (rng.uniform(5, 11), rng.uniform(0, math.tau)),
    ]
    heights = []
    for k in range(count):
        at = k / count * math.tau
        swell = (
            0.55
            + 0.3 * math.sin(at * beats[0][0] + beats[0][1])
            + 0.2 * math.sin(at * beats[1][0] + beats[1][1])
        )
        edge = min(1.0, k / 9, (count - k) / 9)
        heights.append(max(0.04, min(1.0, abs(swell) * rng.uniform(0.5, 1.1) * edge)))
    return heights


def waveform(rng: random.Random) -> Print:
    """Two takes of the same phrase printed over each other."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    wide = rng.choice((14.0, 20.0, 28.0))
    count = round((WIDTH - 160) / wide)
    middle = HEIGHT / 2 + rng.uniform(-20, 20)
    for colour, high, shift in (
        (inks.light, 350, 0.0),
        (inks.main, 300, wide * 0.28),
        (inks.second, 210, -wide * 0.22),
    ):
        plate = Plate()
        for k, height in enumerate(_loudness(rng, count)):
            x = 80 + (k + 0.5) * wide + shift
            plate.slab(
                (x - wide * 0.27, middle - height * high, x + wide * 0.27, middle + height * high),
                wide * 0.27,
            )
        sheet.ink(colour, plate)
    line = Plate()
    line.rect((80, middle - 2, WIDTH - 80, middle + 2))
    mark = rng.uniform(300, 900)
    line.rect((mark - 2, 60, mark + 2, HEIGHT - 60))
    line.poly([(mark - 16, 50), (mark + 16, 50), (mark, 76)])
    sheet.ink(inks.dark, line)
    return sheet


def grooves(rng: random.Random) -> Print:
    """A record, its grooves cut by a slow wave, a coloured label off centre."""
    night = rng.random() < 0.5
    inks = rng.choice(NIGHTS if night else SETS)
    sheet = Print(rng, inks.paper)
    centre = (rng.uniform(380, 820), rng.uniform(340, 470))
    if not night:
        sheet.glow(inks.light, centre, 560)
    radius = rng.uniform(400, 500)
    body = Plate()
    body.disc(centre, radius)
    sheet.ink(inks.dark, body, cover=True)
    cut = Plate()
    r = radius - 14
    while r > 142:
        quiet = 0.5 + 0.5 * math.sin(r / 23 + centre[0])
        start = rng.uniform(0, 360)
        cut.arc(centre, r, (start, start + 250 + 90 * quiet), 0.8 + 1.2 * quiet)
        r -= rng.choice((7, 7, 9, 16))
    sheet.ink(inks.second, cut, strength=0.85, cover=True)
    for turn, colour in ((0, inks.light), (180, inks.light)):
        shine = Plate()
        angle = rng.uniform(-40, -10) + turn
        shine.pie(centre, radius - 10, angle, angle + 26)
        shine.disc(centre, 140, 0)
        sheet.ink(colour, shine, strength=0.2, cover=True)
    _label(sheet, centre, inks)
    return sheet


def _label(sheet: Print, centre: Point, inks: Inks) -> None:
    label = Plate()
    label.disc(centre, 132)
    label.disc(centre, 11, 0)
    sheet.ink(inks.main, label, cover=True)
    words = Plate()
    for k, half in enumerate((60, 44, 70, 30)):
        y = centre[1] - 74 + k * 18 + (90 if k > 1 else 0)
        words.rect((centre[0] - half, y, centre[0] + half, y + 5))
    words.ring(centre, 122, 2)
    sheet.ink(inks.paper, words, cover=True)


def strings(rng: random.Random) -> Print:
    """Plucked strings: standing waves between two posts."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    sheet.wash(inks.light, 0.3, 1.0, strength=0.7)
    count = rng.choice((4, 5, 6))
    gap = 560 / (count - 1)
    plates = {inks.light: Plate(), inks.warm: Plate(), inks.cool: Plate()}
    lines = Plate()
    for k in range(count):
        level = 120 + k * gap
        nodes = rng.choice((1, 2, 3, 4, 5))
        swing = gap * rng.uniform(0.5, 0.78)
        tone = (inks.warm, inks.cool)[k % 2]
        for share, plate in ((1.0, plates[inks.light]), (0.62, plates[tone])):
            upper = _wave(level, swing * share, nodes)
            lower = _wave(level, -swing * share, nodes)
            plate.poly([*upper, *reversed(lower)])
        for share in (1.0, 0.62, 0.25):
            for side in (1, -1):
                lines.line(_wave(level, side * share * swing, nodes), 1.6)
    for tone, plate in plates.items():
        sheet.ink(tone, plate, strength=0.9)
    for x in (78, WIDTH - 90):
        lines.slab((x, 60, x + 12, HEIGHT - 60), 5)
        for k in range(count):
            lines.disc((x + 6, 120 + k * gap), 15)
    sheet.ink(inks.dark, lines)
    return sheet


def _wave(level: float, swing: float, nodes: int) -> list[Point]:
    return [
        (x, level + swing * math.sin((x - 84) / (WIDTH - 168) * math.pi * nodes))
        for x in range(84, WIDTH - 83, 6)
    ]
