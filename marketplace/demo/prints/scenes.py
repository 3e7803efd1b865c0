"""Film: landscapes in bands, a night crossing, a beam of light."""

from __future__ import annotations

import math
import random

from marketplace.demo.prints.inks import NIGHTS, SETS
from marketplace.demo.prints.press import HEIGHT, WIDTH, Plate, Point, Print


def _ridge(rng: random.Random, level: float, high: float, rough: float) -> list[Point]:
    """Return the points of a skyline around `level`, from edge to edge."""
    waves = [
        (rng.uniform(0.6, 1.6) * rough**k, rng.uniform(0, math.tau), high / (k + 1) ** 1.25)
        for k in range(6)
    ]
    return [
        (
            x,
            level
            - sum(
                size * math.sin(x / WIDTH * math.tau * speed + turn) for speed, turn, size in waves
            )
            / 2,
        )
        for x in range(-10, WIDTH + 20, 10)
    ]


def _land(skyline: list[Point]) -> list[Point]:
    return [*skyline, (WIDTH + 10, HEIGHT + 10), (-10, HEIGHT + 10)]


def ridges(rng: random.Random) -> Print:
    """Hills behind hills under a large sun, water in front."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    sheet.wash(inks.light, 0.0, 0.72, flip=True, strength=0.9)
    sun = (rng.uniform(260, 940), rng.uniform(190, 330))
    size = rng.uniform(80, 150)
    disc = Plate()
    disc.disc(sun, size)
    sheet.ink(inks.warm, disc)
    shore = rng.uniform(560, 640)
    for step, colour in enumerate((inks.light, inks.cool, inks.cool, inks.dark)):
        plate = Plate()
        level = 370 + step * (shore - 370) / 3.4
        plate.poly(_land(_ridge(rng, level, 130 - step * 22, 1.9)))
        sheet.ink(colour, plate, strength=(0.75, 0.55, 0.85, 0.92)[step])
    water = Plate()
    water.rect((-10, shore, WIDTH + 10, HEIGHT + 10))
    sheet.ink(inks.light, water, cover=True)
    _ripples(sheet, rng, inks.dark, shore, sun[0])
    return sheet


def _ripples(sheet: Print, rng: random.Random, colour: str, shore: float, under: float) -> None:
    plate = Plate()
    y = shore + 8
    while y < HEIGHT:
        depth = (y - shore) / (HEIGHT - shore)
        for _ in range(3 + round(5 * depth)):
            middle = rng.gauss(under, 90 + 330 * depth)
            half = rng.uniform(12, 60) * (0.5 + depth)
            plate.line([(middle - half, y), (middle + half, y)], 1.6 + 3.4 * depth)
        y += 7 + 13 * depth
    sheet.ink(colour, plate, strength=0.75)


def night_crossing(rng: random.Random) -> Print:
    """A lit boat on dark water under a moon."""
    inks = rng.choice(NIGHTS)
    sheet = Print(rng, inks.paper)
    horizon = rng.uniform(430, 500)
    moon = (rng.uniform(180, 1020), rng.uniform(110, 240))
    _sky(sheet, rng, inks.light, horizon, moon)
    coast = Plate()
    coast.poly(_land(_ridge(rng, horizon - 16, 70, 2.1)))
    sheet.ink(inks.second, coast, strength=0.4, cover=True)
    sea = Plate()
    sea.rect((-10, horizon, WIDTH + 10, HEIGHT + 10))
    sheet.ink(inks.dark, sea, cover=True)
    shine = Plate()
    y = horizon + 6
    while y < HEIGHT:
        depth = (y - horizon) / (HEIGHT - horizon)
        for _ in range(2 + round(3 * depth)):
            middle = rng.gauss(moon[0], 24 + 110 * depth)
            half = rng.uniform(10, 46) * (0.6 + depth)
            shine.line([(middle - half, y), (middle + half, y)], 1.5 + 3 * depth)
        y += 8 + 12 * depth
    sheet.ink(inks.light, shine, strength=0.8, cover=True)
    _boat(
        sheet, rng, (rng.uniform(330, 760), horizon + rng.uniform(70, 130)), inks.main, inks.light
    )
    return sheet


def _sky(sheet: Print, rng: random.Random, colour: str, horizon: float, moon: Point) -> None:
    stars = Plate()
    for _ in range(150):
        stars.disc(
            (rng.uniform(0, WIDTH), rng.uniform(0, horizon - 60)), rng.choice((0.9, 1.2, 2.0))
        )
    size = rng.uniform(46, 80)
    stars.disc(moon, size * 1.5, 0)
    stars.disc(moon, size)
    if rng.random() < 0.5:
        stars.disc((moon[0] + size * 0.45, moon[1] - size * 0.2), size * 0.92, 0)
    sheet.ink(colour, stars, cover=True)


def _boat(sheet: Print, rng: random.Random, at: Point, lamp: str, hull: str) -> None:
    x, y = at
    long = rng.uniform(230, 330)
    body = Plate()
    body.poly(
        [
            (x - long * 0.52, y - 34),
            (x + long * 0.56, y - 34),
            (x + long * 0.47, y + 14),
            (x - long * 0.46, y + 14),
        ]
    )
    body.rect((x - long * 0.36, y - 70, x + long * 0.3, y - 40))
    body.rect((x - long * 0.22, y - 100, x + long * 0.12, y - 74))
    body.rect((x - long * 0.08, y - 146, x + long * 0.0, y - 102))
    body.line([(x + long * 0.22, y - 70), (x + long * 0.22, y - 160)], 3)
    sheet.ink(hull, body, cover=True)
    lit = Plate()
    for k in range(9):
        left = x - long * 0.33 + k * long * 0.068
        lit.rect((left, y - 63, left + long * 0.036, y - 50))
    for k in range(4):
        left = x - long * 0.19 + k * long * 0.075
        lit.rect((left, y - 94, left + long * 0.045, y - 82))
    lit.rect((x - long * 0.08, y - 134, x, y - 122))
    for _ in range(26):
        low = y + rng.uniform(20, 120)
        middle = rng.gauss(x, long * 0.22)
        lit.line([(middle - 14, low), (middle + 14, low)], 2.4)
    sheet.ink(lamp, lit, cover=True)


def projector(rng: random.Random) -> Print:
    """A beam through a dark hall onto a screen, heads in front."""
    inks = rng.choice(NIGHTS)
    sheet = Print(rng, inks.paper)
    left, top = rng.uniform(120, 220), rng.uniform(70, 110)
    right, bottom = left + rng.uniform(640, 720), top + rng.uniform(400, 440)
    lamp = (1260.0, rng.uniform(-40, 60))
    sheet.glow(inks.dark, (WIDTH / 2, 900), 700, strength=0.7)
    beam = Plate()
    beam.poly([lamp, (left, top), (left, bottom), (right, bottom)])
    sheet.ink(inks.second, beam, strength=0.42, cover=True)
    screen = Plate()
    screen.rect((left, top, right, bottom))
    sheet.ink(inks.light, screen, cover=True)
    _picture_on_screen(sheet, rng, (left, top, right, bottom), inks.main, inks.paper)
    rays = Plate()
    for k in range(19):
        rays.line([lamp, (left + (right - left) * (k % 4) / 8, top + (bottom - top) * k / 18)], 1.0)
    sheet.ink(inks.light, rays, strength=0.28, cover=True)
    for row, (level, step) in enumerate(((566, 104), (668, 138))):
        heads = Plate()
        for k in range(-1, 14):
            x = k * step + row * 52 + rng.uniform(-12, 12)
            heads.disc((x, level), 31 + row * 9, squash=1.2)
            heads.slab(
                (x - 56 - row * 12, level + 40 + row * 10, x + 56 + row * 12, HEIGHT + 60), 36
            )
        sheet.ink((inks.paper, inks.dark)[row], heads, cover=True)
    return sheet


def _picture_on_screen(
    sheet: Print, rng: random.Random, box: tuple[float, float, float, float], warm: str, dark: str
) -> None:
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    sun = Plate()
    sun.disc((left + wide * rng.uniform(0.3, 0.7), top + high * 0.46), high * 0.24)
    sun.rect((left, top + high * 0.66, right, bottom), 0)
    sheet.ink(warm, sun, cover=True)
    land = Plate()
    for k in range(7):
        y = top + high * (0.68 + 0.05 * k)
        land.line([(left + 8, y), (right - 8, y)], 2 + k)
    peak = left + wide * rng.uniform(0.55, 0.85)
    land.poly(
        [(peak - 120, top + high * 0.68), (peak, top + high * 0.3), (peak + 105, top + high * 0.68)]
    )
    sheet.ink(dark, land, strength=0.9, cover=True)
