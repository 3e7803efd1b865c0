"""Design, food and games: vessels, joints, tiles, slices, ears of wheat, a laid table, dice."""

from __future__ import annotations

import math
import random

from marketplace.demo.prints.inks import SETS, Inks
from marketplace.demo.prints.press import HEIGHT, WIDTH, Plate, Point, Print


def vessels(rng: random.Random) -> Print:
    """Turned vessels on a shelf, each with its shadow printed over its neighbour."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    wall = Plate()
    floor = rng.uniform(640, 680)
    wall.rect((-10, floor, WIDTH + 10, HEIGHT + 10))
    sheet.ink(inks.light, wall)
    count = rng.choice((4, 5))
    tones = [inks.main, inks.second, inks.light, inks.dark, inks.main]
    for k in range(count):
        x = 130 + (WIDTH - 260) * (k + 0.5) / count + rng.uniform(-20, 20)
        high = rng.uniform(230, 520)
        outline = _profile(rng, high)
        body, shade = Plate(), Plate()
        body.poly(
            [(x - r, floor - y) for r, y in outline]
            + [(x + r, floor - y) for r, y in reversed(outline)]
        )
        shade.poly(
            [(x + r * 0.25, floor - y) for r, y in outline]
            + [(x + r, floor - y) for r, y in reversed(outline)]
        )
        sheet.ink(tones[k], body)
        sheet.tint(inks.dark, shade, strength=0.75)
        lip = Plate()
        top = outline[-1]
        lip.disc((x, floor - top[1]), top[0], squash=0.22)
        sheet.ink(inks.dark, lip, cover=True)
        if rng.random() < 0.45:
            _handle(sheet, (x, floor), outline, tones[k])
    return sheet


def _profile(rng: random.Random, high: float) -> list[Point]:
    """Return radius and height up the wall of a vessel."""
    foot, belly, neck = rng.uniform(44, 70), rng.uniform(80, 128), rng.uniform(22, 62)
    where = rng.uniform(0.28, 0.55)
    points = []
    for k in range(41):
        t = k / 40
        swell = math.exp(-(((t - where) / 0.24) ** 2))
        base = foot + (neck - foot) * t
        lip = 14 * max(0.0, t - 0.92) / 0.08
        points.append((base + (belly - base) * swell + lip, high * t))
    return points


def _handle(sheet: Print, foot: Point, outline: list[Point], colour: str) -> None:
    radius, level = outline[26]
    plate = Plate()
    plate.ring((foot[0] + radius + 16, foot[1] - level), 58, 17)
    body = [(foot[0] - r, foot[1] - y) for r, y in outline] + [
        (foot[0] + r, foot[1] - y) for r, y in reversed(outline)
    ]
    plate.poly(body, 0)
    sheet.ink(colour, plate)


def joints(rng: random.Random) -> Print:
    """Beams that pass over and under each other, grain showing."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    sheet.wash(inks.light, 0.2, 1.0, strength=0.6)
    wide = rng.choice((78.0, 96.0, 116.0))
    pitch = wide * rng.choice((1.9, 2.2))
    angle = math.radians(rng.choice((28, 34, 40)))
    for turn, colour in ((angle, inks.main), (-angle, inks.second)):
        plate, grain = Plate(), Plate()
        for k in range(-9, 10):
            _beam(rng, (plate, grain), turn, (k * pitch, wide))
        sheet.ink(colour, plate)
        sheet.ink(inks.dark, grain, strength=0.4)
    pegs = Plate()
    for i in range(-14, 15):
        for j in range(-14, 15):
            x = WIDTH / 2 + (j - i) * pitch / (2 * math.sin(angle))
            y = HEIGHT / 2 + (i + j) * pitch / (2 * math.cos(angle))
            if -40 < x < WIDTH + 40 and -40 < y < HEIGHT + 40:
                pegs.disc((x, y), wide * 0.13)
    sheet.ink(inks.paper, pegs, cover=True)
    return sheet


def _beam(
    rng: random.Random, plates: tuple[Plate, Plate], turn: float, place: tuple[float, float]
) -> None:
    plate, grain = plates
    shift, wide = place
    way, side = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    middle = (WIDTH / 2 + side[0] * shift, HEIGHT / 2 + side[1] * shift)

    def at(along: float, off: float) -> Point:
        return (
            middle[0] + way[0] * along + side[0] * off,
            middle[1] + way[1] * along + side[1] * off,
        )

    plate.poly([at(-900, -wide / 2), at(900, -wide / 2), at(900, wide / 2), at(-900, wide / 2)])
    for _ in range(5):
        off = rng.uniform(-wide * 0.42, wide * 0.42)
        start = rng.uniform(-800, 500)
        grain.line([at(start, off), at(start + rng.uniform(90, 420), off)], 1.6)


def quarter_circles(rng: random.Random) -> Print:
    """Tiles of quarter circles turned at random."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    side = rng.choice((100.0, 133.34, 200.0))
    tones = (inks.main, inks.second, inks.light, inks.dark)
    plates = {tone: Plate() for tone in tones}
    for row in range(math.ceil(HEIGHT / side)):
        for column in range(math.ceil(WIDTH / side)):
            x, y = column * side, row * side
            tone = rng.choices(tones, (4, 3, 4, 1))[0]
            turn = rng.randrange(4)
            corner = (x + side * (turn in (1, 2)), y + side * (turn in (2, 3)))
            angle = (0, 90, 180, 270)[turn]
            if rng.random() < 0.15:
                plates[tone].disc((x + side / 2, y + side / 2), side * 0.3)
            else:
                plates[tone].pie(corner, side, angle, angle + 90)
                if rng.random() < 0.55:
                    plates[tone].pie(corner, side * 0.62, angle, angle + 90, 0)
                    plates[rng.choice(tones)].pie(corner, side * 0.34, angle, angle + 90)
    for tone, plate in plates.items():
        sheet.ink(tone, plate)
    return sheet


def slices(rng: random.Random) -> Print:
    """Cut fruit in rows, no two alike."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    size = rng.choice((118.0, 148.0))
    rind, flesh, seeds = Plate(), Plate(), Plate()
    rows, columns = round(HEIGHT / (size * 1.72)) + 1, round(WIDTH / (size * 2)) + 2
    for row in range(rows):
        for column in range(columns):
            spot = (column * size * 2.02 - (size if row % 2 else 0), 60 + row * size * 1.78)
            _slice(rng, spot, size * rng.uniform(0.82, 0.95), (rind, flesh, seeds))
    sheet.ink(inks.main, rind)
    sheet.ink(inks.light, flesh)
    sheet.ink(inks.dark, seeds, strength=0.9)
    return sheet


def _slice(
    rng: random.Random, spot: Point, size: float, plates: tuple[Plate, Plate, Plate]
) -> None:
    rind, flesh, seeds = plates
    kind = rng.randrange(3)
    turn = rng.uniform(0, 360)
    if kind == 0:
        rind.ring(spot, size, size * 0.1)
        parts = rng.choice((8, 9, 10))
        for k in range(parts):
            angle = turn + k * 360 / parts
            middle = (
                spot[0] + 7 * math.cos(math.radians(angle + 180 / parts)),
                spot[1] + 7 * math.sin(math.radians(angle + 180 / parts)),
            )
            flesh.pie(middle, size * 0.8, angle + 3, angle + 360 / parts - 3)
            way = math.radians(angle + 180 / parts)
            seeds.disc(
                (spot[0] + size * 0.34 * math.cos(way), spot[1] + size * 0.34 * math.sin(way)), 4
            )
    elif kind == 1:
        rind.disc(spot, size)
        rind.disc(spot, size * 0.55, 0)
        flesh.disc(spot, size * 0.62)
        for k in range(24):
            way = math.radians(turn + k * 15)
            reach = size * (0.5 if k % 2 else 0.42)
            seeds.disc(
                (spot[0] + reach * math.cos(way), spot[1] + reach * math.sin(way)), 5, squash=0.7
            )
    else:
        flesh.disc(spot, size)
        rind.pie(spot, size, turn, turn + 180)
        for k in range(5):
            seeds.ring(spot, size * (0.9 - k * 0.17), 3)


def wheat(rng: random.Random) -> Print:
    """Ears of grain under a round sun."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    sun = Plate()
    centre = (rng.uniform(300, 900), rng.uniform(250, 380))
    sun.disc(centre, rng.uniform(170, 250))
    sheet.ink(inks.light, sun)
    sheet.wash(inks.light, 0.5, 1.0, strength=0.8)
    for depth, colour in enumerate((inks.second, inks.main, inks.dark)):
        plate = Plate()
        count = 13 - depth * 3
        for k in range(count):
            foot = WIDTH * (k + rng.uniform(0.1, 0.9)) / count
            _ear(plate, rng, foot, 330 + depth * 70 + rng.uniform(-70, 70))
        sheet.ink(colour, plate, strength=0.92)
    return sheet


def _ear(plate: Plate, rng: random.Random, foot: float, high: float) -> None:
    bend = rng.uniform(-90, 90)

    def stem(t: float) -> Point:
        return (foot + bend * t * t, HEIGHT + 10 - high * t * 1.25)

    plate.line([stem(k / 20) for k in range(21)], 4)
    for k in range(9):
        x, y = stem(0.66 + k * 0.04)
        lean = math.atan2(bend * 1.3, high)
        for side in (-1, 1):
            way = -math.pi / 2 + lean + side * 0.55
            tip = (x + 34 * math.cos(way), y + 34 * math.sin(way))
            across = (-math.sin(way) * 8, math.cos(way) * 8)
            middle = ((x + tip[0]) / 2, (y + tip[1]) / 2)
            plate.poly(
                [
                    (x, y),
                    (middle[0] + across[0], middle[1] + across[1]),
                    tip,
                    (middle[0] - across[0], middle[1] - across[1]),
                ]
            )
            plate.line(
                [
                    tip,
                    (
                        tip[0] + 40 * math.cos(way + side * 0.1),
                        tip[1] + 40 * math.sin(way + side * 0.1),
                    ),
                ],
                1.4,
            )


def table(rng: random.Random) -> Print:
    """A laid table seen from above."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    cloth = Plate()
    step = rng.choice((50, 66, 80))
    for x in range(0, WIDTH, step * 2):
        cloth.rect((x, 0, x + step, HEIGHT))
    sheet.ink(inks.light, cloth, strength=0.6)
    cloth = Plate()
    for y in range(0, HEIGHT, step * 2):
        cloth.rect((0, y, WIDTH, y + step))
    sheet.ink(inks.light, cloth, strength=0.6)
    for spot in ((250, 240), (620, 560), (980, 260), (230, 660), (1010, 690), (610, 170)):
        centre = (spot[0] + rng.uniform(-40, 40), spot[1] + rng.uniform(-30, 30))
        _dish(sheet, rng, centre, rng.uniform(110, 165), inks)
    return sheet


def _dish(sheet: Print, rng: random.Random, centre: Point, size: float, inks: Inks) -> None:
    plate = Plate()
    plate.disc(centre, size)
    sheet.ink(inks.paper, plate, cover=True)
    rim = Plate()
    rim.ring(centre, size, 4)
    rim.ring(centre, size * 0.72, 2.5)
    tools = rng.random() < 0.55
    if tools:
        x = centre[0] + size + 34
        rim.slab((x - 5, centre[1] - 20, x + 5, centre[1] + 130), 5)
        rim.disc((x, centre[1] - 52), 17, squash=1.9)
    sheet.ink(inks.dark, rim)
    food = Plate()
    if rng.random() < 0.5:
        for k in range(rng.randint(5, 9)):
            way, reach = k * 2.4, size * 0.13 * math.sqrt(k) * 1.45
            food.disc(
                (centre[0] + reach * math.cos(way), centre[1] + reach * math.sin(way)),
                size * rng.uniform(0.12, 0.2),
            )
    else:
        food.disc(centre, size * 0.62)
        for k in range(3):
            food.arc(centre, size * (0.5 - k * 0.15), (k * 70, k * 70 + 200), 4)
        food.disc((centre[0] + size * 0.2, centre[1] - size * 0.1), size * 0.16, 0)
    sheet.ink(rng.choice((inks.main, inks.second)), food)


def dice(rng: random.Random) -> Print:
    """Cubes stacked like a puzzle, pips on their faces."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    side = rng.choice((92.0, 116.0))
    top, left, right, pips = Plate(), Plate(), Plate(), Plate()
    up, over = side, side * 0.87
    for row in range(-1, math.ceil(HEIGHT / (side * 1.5)) + 2):
        for column in range(-1, math.ceil(WIDTH / (over * 2)) + 2):
            if rng.random() < 0.14:
                continue
            x = column * over * 2 + (over if row % 2 else 0)
            y = row * side * 1.5
            top.poly([(x, y - up), (x + over, y - up / 2), (x, y), (x - over, y - up / 2)])
            left.poly([(x - over, y - up / 2), (x, y), (x, y + up), (x - over, y + up / 2)])
            right.poly([(x + over, y - up / 2), (x, y), (x, y + up), (x + over, y + up / 2)])
            _pips(pips, rng.randint(1, 6), (x, y - up / 2), (over * 0.5, up * 0.25))
    sheet.ink(inks.light, top)
    sheet.ink(inks.main, left)
    sheet.ink(inks.second, right)
    sheet.ink(inks.dark, pips)
    return sheet


def _pips(plate: Plate, count: int, centre: Point, half: tuple[float, float]) -> None:
    spots = {
        1: ((0, 0),),
        2: ((-1, -1), (1, 1)),
        3: ((-1, -1), (0, 0), (1, 1)),
        4: ((-1, -1), (1, -1), (-1, 1), (1, 1)),
        5: ((-1, -1), (1, -1), (0, 0), (-1, 1), (1, 1)),
        6: ((-1, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (1, 1)),
    }[count]
    for a, b in spots:
        spot = (centre[0] + (a - b) * half[0] * 0.46, centre[1] + (a + b) * half[1] * 0.46)
        plate.disc(spot, 8, squash=0.6)
