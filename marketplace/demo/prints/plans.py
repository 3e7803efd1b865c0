"""Community and games: plans of places, façades, gardens, maps of hexes and canals."""

from __future__ import annotations

import math
import random

from marketplace.demo.prints.inks import SETS, Inks
from marketplace.demo.prints.press import HEIGHT, WIDTH, Plate, Point, Print


def neighbourhood(rng: random.Random) -> Print:
    """Blocks and streets from above, trees, one house in colour, north arrow and scale."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    turn = math.radians(rng.uniform(-16, 16))
    houses, yards, trees, ours = Plate(), Plate(), Plate(), Plate()
    blocks = _blocks(rng)
    off = rng.uniform(-120, 120)
    place = min(blocks, key=lambda b: math.hypot(b[0] + b[2] / 2 - off, b[1] + b[3] / 2))
    for block in blocks:
        if block == place:
            ours.poly(_turned(block, turn))
            continue
        yards.poly(_turned(block, turn))
        _houses(houses, rng, block, turn)
    for _ in range(120):
        trees.disc((rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)), rng.uniform(7, 18))
    trees.poly(_turned(place, turn), 0)
    sheet.ink(inks.light, yards, strength=0.8)
    sheet.ink(inks.cool, trees, strength=0.8)
    sheet.ink(inks.dark, houses, strength=0.85)
    sheet.ink("#d9480f", ours)
    _court(sheet, place, turn, inks.paper)
    _north(sheet, inks.dark)
    return sheet


def _blocks(rng: random.Random) -> list[tuple[float, float, float, float]]:
    """Return blocks around the origin as left, top, width and depth."""
    blocks = []
    y = -420.0
    while y < 460:
        deep = rng.uniform(120, 190)
        x = -760.0
        while x < 760:
            wide = rng.uniform(130, 260)
            blocks.append((x, y, wide, deep))
            x += wide + rng.choice((26, 26, 48))
        y += deep + rng.choice((28, 28, 54))
    return blocks


def _turned(
    block: tuple[float, float, float, float], turn: float, inset: float = 0.0
) -> list[Point]:
    x, y, wide, deep = block
    corners = (
        (x + inset, y + inset),
        (x + wide - inset, y + inset),
        (x + wide - inset, y + deep - inset),
        (x + inset, y + deep - inset),
    )
    return [
        (
            WIDTH / 2 + a * math.cos(turn) - b * math.sin(turn),
            HEIGHT / 2 + a * math.sin(turn) + b * math.cos(turn),
        )
        for a, b in corners
    ]


def _houses(
    plate: Plate, rng: random.Random, block: tuple[float, float, float, float], turn: float
) -> None:
    x, y, wide, deep = block
    for edge in (y + 6, y + deep - 48):
        at = x + 6
        while at < x + wide - 30:
            long = min(rng.uniform(28, 74), x + wide - 6 - at)
            if rng.random() < 0.86:
                plate.poly(_turned((at, edge, long - 3, rng.uniform(30, 42)), turn))
            at += long


def _court(
    sheet: Print, block: tuple[float, float, float, float], turn: float, colour: str
) -> None:
    plate = Plate()
    x, y, wide, deep = block
    plate.poly(_turned(block, turn, inset=min(wide, deep) * 0.26))
    for k in range(1, 5):
        plate.poly(_turned((x + wide * k / 5 - 2, y + 8, 4, deep * 0.14), turn))
    sheet.ink(colour, plate, cover=True)


def _north(sheet: Print, colour: str) -> None:
    field = Plate()
    field.disc((1110, 96), 52)
    field.slab((70, 722, 340, 762), 4)
    sheet.ink("#f6efe2", field, cover=True)
    plate = Plate()
    plate.poly([(1110, 54), (1128, 122), (1110, 108), (1092, 122)])
    plate.ring((1110, 96), 50, 3)
    for k in range(4):
        if k % 2 == 0:
            plate.rect((85 + k * 60, 736, 145 + k * 60, 748))
    plate.rect((85, 748, 325, 750))
    sheet.ink(colour, plate, cover=True)


def facades(rng: random.Random) -> Print:
    """A row of house fronts, windows lit here and there."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    sheet.wash(inks.light, 0.0, 0.8, flip=True, strength=0.7)
    floor = 716.0
    plates = {tone: Plate() for tone in (inks.main, inks.second, inks.light)}
    openings, lit, lines = Plate(), Plate(), Plate()
    x = -30.0
    while x < WIDTH + 20:
        wide, high = rng.uniform(120, 210), rng.uniform(290, 500)
        tone = rng.choice((inks.main, inks.second, inks.light, inks.light))
        plates[tone].rect((x, floor - high, x + wide - 4, floor))
        _roof(plates[tone], lines, rng, (x, floor - high, wide))
        _windows(openings, lit, rng, (x, floor, wide, high))
        x += wide
    for tone, plate in plates.items():
        sheet.ink(tone, plate)
    sheet.ink(inks.dark, openings, strength=0.92)
    sheet.ink("#f3c35a", lit, cover=True)
    lines.rect((-10, floor, WIDTH + 10, floor + 8))
    for _ in range(40):
        a = rng.uniform(0, WIDTH)
        y = rng.uniform(floor + 18, HEIGHT)
        lines.line([(a, y), (a + rng.uniform(30, 120), y)], 2)
    sheet.ink(inks.dark, lines)
    return sheet


def _roof(body: Plate, lines: Plate, rng: random.Random, top: tuple[float, float, float]) -> None:
    x, y, wide = top
    right, kind = x + wide - 4, rng.randrange(4)
    if kind == 0:
        body.poly([(x, y + 1), ((x + right) / 2, y - wide * 0.45), (right, y + 1)])
    elif kind == 1:
        step = (wide - 4) / 7
        for k, level in enumerate((0, 1, 2, 3, 2, 1, 0)):
            body.rect((x + k * step, y - level * step * 0.8, x + (k + 1) * step, y + 1))
    elif kind == 2:
        body.pie(((x + right) / 2, y + 1), (wide - 4) / 2, 180, 360)
    else:
        lines.rect((x - 4, y - 10, right + 4, y))
    lines.rect((right - 34, y - 46, right - 20, y - (0 if kind == 3 else 8)))


def _windows(
    dark: Plate, lit: Plate, rng: random.Random, box: tuple[float, float, float, float]
) -> None:
    x, floor, wide, high = box
    columns = max(2, round(wide / 56))
    rows = max(2, round((high - 120) / 82))
    pitch = (wide - 24) / columns
    arched = rng.random() < 0.4
    for row in range(rows):
        for column in range(columns):
            left, top = x + 10 + column * pitch + pitch * 0.2, floor - high + 30 + row * 80
            plate = lit if rng.random() < 0.16 else dark
            plate.rect((left, top, left + pitch * 0.58, top + 48))
            if arched:
                plate.pie((left + pitch * 0.29, top + 1), pitch * 0.29, 180, 360)
    door = x + 10 + pitch * rng.randrange(columns) + pitch * 0.15
    dark.rect((door, floor - 84, door + pitch * 0.68, floor))


def garden(rng: random.Random) -> Print:
    """Beds and paths from above, rows of planting, a pond."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    earth, green, flowers, lines = Plate(), Plate(), Plate(), Plate()
    columns, rows = rng.choice((3, 4)), rng.choice((2, 3))
    wide, deep = (WIDTH - 120) / columns, (HEIGHT - 110) / rows
    pond = (rng.randrange(columns), rng.randrange(rows))
    for column in range(columns):
        for row in range(rows):
            box = (
                70 + column * wide,
                65 + row * deep,
                70 + (column + 1) * wide - 40,
                65 + (row + 1) * deep - 40,
            )
            if (column, row) == pond:
                centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
                for k in range(4):
                    lines.oval(centre, wide * (0.38 - k * 0.08), 0.7, 3)
                continue
            earth.slab(box, 14)
            _planting(rng, box, (green, flowers))
    for _ in range(22):
        spot = (
            rng.choice((rng.uniform(-10, 50), rng.uniform(WIDTH - 50, WIDTH + 10))),
            rng.uniform(0, HEIGHT),
        )
        green.disc(spot, rng.uniform(18, 46))
    sheet.ink(inks.light, earth)
    sheet.ink(inks.cool, green)
    sheet.ink(inks.warm, flowers)
    sheet.ink(inks.dark, lines)
    return sheet


def _planting(
    rng: random.Random, box: tuple[float, float, float, float], plates: tuple[Plate, Plate]
) -> None:
    left, top, right, bottom = box
    kind = rng.randrange(4)
    plate = plates[rng.randrange(2)]
    gap = rng.choice((26, 34, 42))
    y = top + gap * 0.8
    while y < bottom - gap * 0.4:
        if kind == 0:
            plate.line([(left + 18, y), (right - 18, y)], gap * 0.32)
        else:
            x = left + gap * 0.8
            while x < right - gap * 0.4:
                if kind == 1:
                    plate.disc((x, y), gap * 0.3)
                elif kind == 2:
                    plate.ring((x, y), gap * 0.36, 4)
                else:
                    for way in (-0.8, 0.0, 0.8):
                        plate.line(
                            [
                                (x, y + 8),
                                (x + math.sin(way) * gap * 0.5, y - math.cos(way) * gap * 0.4),
                            ],
                            3.4,
                        )
                x += gap
        y += gap


def hexes(rng: random.Random) -> Print:
    """A board of hexes: field, wood, water, hill."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    size = rng.choice((74.0, 92.0))
    over, down = size * math.sqrt(3), size * 1.5
    tones = (inks.light, inks.cool, inks.warm, inks.paper)
    plates = {tone: Plate() for tone in tones}
    marks = Plate()
    for row in range(-1, math.ceil(HEIGHT / down) + 1):
        for column in range(-1, math.ceil(WIDTH / over) + 1):
            centre = (column * over + (over / 2 if row % 2 else 0), row * down)
            pick = (
                math.sin(centre[0] / 260 + size)
                + math.cos(centre[1] / 210 + row / 5)
                + rng.uniform(-0.7, 0.7)
            )
            kind = 0 if pick > 0.7 else 1 if pick > -0.2 else 2 if pick > -1.2 else 3
            points = [
                (
                    centre[0] + size * 0.95 * math.sin(k * math.pi / 3),
                    centre[1] + size * 0.95 * math.cos(k * math.pi / 3),
                )
                for k in range(6)
            ]
            plates[tones[kind]].poly(points)
            _hex_mark(marks, rng, centre, size, kind)
    for tone, plate in plates.items():
        sheet.ink(tone, plate, cover=tone == inks.paper)
    sheet.ink(inks.dark, marks, strength=0.9)
    _pawns(sheet, rng, inks, over)
    return sheet


def _hex_mark(plate: Plate, rng: random.Random, centre: Point, size: float, kind: int) -> None:
    x, y = centre
    if kind == 0:
        for k in range(4):
            plate.line([(x - size * 0.4, y - 24 + k * 16), (x + size * 0.4, y - 24 + k * 16)], 2)
    elif kind == 1 and rng.random() < 0.8:
        for dx, dy in ((-20, 12), (18, 18), (0, -20)):
            plate.poly(
                [(x + dx - 13, y + dy + 12), (x + dx + 13, y + dy + 12), (x + dx, y + dy - 22)]
            )
    elif kind == 2 and rng.random() < 0.7:
        plate.arc((x, y + 14), 30, (180, 360), 3)
        plate.arc((x + 16, y + 14), 18, (180, 360), 3)
    elif kind == 3:
        for k in range(2):
            wave = [(x - 34 + t * 4, y - 8 + k * 20 + 5 * math.sin(t)) for t in range(18)]
            plate.line(wave, 2.4)


def _pawns(sheet: Print, rng: random.Random, inks: Inks, step: float) -> None:
    for _ in range(rng.choice((3, 4, 5))):
        x, y = step * rng.randint(1, 7), rng.uniform(180, 700)
        plate = Plate()
        plate.poly([(x - 36, y + 40), (x + 36, y + 40), (x + 12, y - 34), (x - 12, y - 34)])
        plate.disc((x, y - 52), 27)
        plate.slab((x - 44, y + 36, x + 44, y + 56), 8)
        sheet.ink(rng.choice(("#d9480f", inks.dark)), plate, cover=True)


def canals(rng: random.Random) -> Print:
    """Canals between islands, locks across them, small boats."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    water = Plate()
    water.rect((-10, -10, WIDTH + 10, HEIGHT + 10))
    sheet.ink(inks.cool, water, cover=True)
    land, roofs, detail = Plate(), Plate(), Plate()
    centre = (rng.uniform(420, 780), rng.uniform(560, 900))
    for ring in range(7):
        inner, outer = 120 + ring * 128, 120 + ring * 128 + 88
        cuts = sorted(rng.uniform(0, 360) for _ in range(4 + ring * 2))
        for start, end in zip(cuts, [*cuts[1:], cuts[0] + 360], strict=True):
            margin = 900 / outer
            if end - start > 3 * margin:
                land.sector(centre, inner, outer, (start + margin, end - margin))
                _roofs(roofs, rng, centre, (inner, outer, start + margin, end - margin))
    for _ in range(16):
        ring, angle = rng.randrange(6), math.radians(rng.uniform(180, 360))
        r = 120 + ring * 128 + 108
        spot = (centre[0] + r * math.cos(angle), centre[1] + r * math.sin(angle))
        way = (math.cos(angle + math.pi / 2), math.sin(angle + math.pi / 2))
        detail.line(
            [
                (spot[0] - way[0] * 20, spot[1] - way[1] * 20),
                (spot[0] + way[0] * 20, spot[1] + way[1] * 20),
            ],
            11,
        )
    sheet.ink(inks.light, land, cover=True)
    sheet.ink(inks.warm, roofs)
    sheet.ink(inks.paper, detail, cover=True)
    return sheet


def _roofs(
    plate: Plate, rng: random.Random, centre: Point, span: tuple[float, float, float, float]
) -> None:
    inner, outer, start, end = span
    angle = start + 2
    while angle < end - 4:
        step = rng.uniform(1800, 3600) / outer / 1.6
        if rng.random() < 0.8 and angle + step < end - 1:
            deep = (outer - inner) * rng.uniform(0.3, 0.62)
            plate.sector(centre, outer - 12 - deep, outer - 12, (angle, angle + step * 0.82))
        angle += step
