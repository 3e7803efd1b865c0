"""Publishing: letters built from squares and quarter circles, shelves, a paper stage."""

from __future__ import annotations

import math
import random
from typing import Final

from marketplace.demo.prints.inks import SETS, Inks
from marketplace.demo.prints.press import HEIGHT, WIDTH, Plate, Point, Print

# A four by five grid for each letter: # a square; q w a s quarter circles whose round corner is
# top left, top right, bottom left, bottom right; o a dot. Cut for this project.
GLYPHS: Final = {
    "A": (".qw.", "q##w", "#..#", "####", "#..#"),
    "B": ("##w.", "#..#", "###.", "#..#", "###s"),
    "C": ("q##w", "#...", "#...", "#...", "a##s"),
    "E": ("####", "#...", "###.", "#...", "####"),
    "G": ("q##w", "#...", "#.##", "#..#", "a##s"),
    "K": ("#..s", "#.s.", "##..", "#.w.", "#..w"),
    "M": ("w..q", "##q#", "#as#", "#..#", "#..#"),
    "N": ("w..#", "#w.#", "#a##", "#.a#", "#..#"),
    "Q": ("q##w", "#..#", "#..#", "#.w#", "a##w"),
    "R": ("###w", "#..#", "###s", "#.w.", "#..w"),
    "S": ("q##w", "#...", "a##w", "...#", "a##s"),
    "T": ("####", ".##.", ".##.", ".##.", ".##."),
    "&": (".qw.", ".as.", "q#.q", "#.##", "a##w"),
    "g": ("....", "q##w", "#..#", "a###", ".##s"),
}
_CORNERS: Final = {"q": (1, 1, 180), "w": (0, 1, 270), "a": (1, 0, 90), "s": (0, 0, 0)}


def _set(plate: Plate, glyph: str, at: Point, cell: float) -> None:
    """Set one letter with its top left corner `at`."""
    for row, line in enumerate(GLYPHS[glyph]):
        for column, sort in enumerate(line):
            x, y = at[0] + column * cell, at[1] + row * cell
            if sort == "#":
                plate.rect((x, y, x + cell, y + cell))
            elif sort in _CORNERS:
                right, down, angle = _CORNERS[sort]
                plate.pie((x + right * cell, y + down * cell), cell, angle, angle + 90)


def _text_block(plate: Plate, rng: random.Random, at: Point, size: tuple[int, float]) -> None:
    """Set `size[0]` lines of words too small to read, `size[1]` wide."""
    lines, wide = size
    for row in range(lines):
        x = at[0]
        end = at[0] + wide * (1 if row < lines - 1 else rng.uniform(0.3, 0.8))
        while x < end - 8:
            word = min(rng.uniform(10, 46), end - x)
            plate.rect((x, at[1] + row * 15, x + word, at[1] + row * 15 + 5))
            x += word + 7


def specimen(rng: random.Random) -> Print:
    """One or three large letters over ruled construction lines, with a column of text."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    cell = rng.choice((92.0, 104.0, 112.0))
    top = (HEIGHT - 5 * cell) / 2
    rules = Plate()
    for k in range(6):
        rules.rect((60, top + k * cell - 1, WIDTH - 60, top + k * cell + 1))
    letters = rng.sample(sorted(GLYPHS), 3)
    starts = [90, 90 + cell * 2.6, 90 + cell * 5.2]
    for x in starts:
        for k in range(5):
            rules.dashes((x + k * cell, 60), (x + k * cell, HEIGHT - 60), 1.2, (6, 8))
    for letter, x, colour in zip(
        letters, starts, (inks.main, inks.light, inks.second), strict=True
    ):
        plate = Plate()
        _set(plate, letter, (x, top), cell)
        sheet.ink(colour, plate)
    sheet.ink(inks.dark, rules, strength=0.8)
    notes = Plate()
    column = starts[2] + 4 * cell + 36
    if column < WIDTH - 160:
        _text_block(notes, rng, (column, top + 4), (9, WIDTH - 70 - column))
        _text_block(notes, rng, (column, top + 4 + 3 * cell), (7, WIDTH - 70 - column))
    for x in starts:
        notes.ring((x, top), 9, 2)
        notes.ring((x + 4 * cell, top + 5 * cell), 9, 2)
    sheet.ink(inks.dark, notes)
    return sheet


def shelf(rng: random.Random) -> Print:
    """Spines on two shelves, one book leaning."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    sheet.wash(inks.light, 0.0, 1.0, strength=0.5)
    for floor in (396.0, 776.0):
        _row_of_books(sheet, rng, inks, floor)
        board = Plate()
        board.rect((0, floor, WIDTH, floor + 12))
        sheet.ink(inks.dark, board, cover=True)
    return sheet


def _row_of_books(sheet: Print, rng: random.Random, inks: Inks, floor: float) -> None:
    plates = {colour: Plate() for colour in (inks.main, inks.second, inks.light, inks.dark)}
    bands = Plate()
    x = rng.uniform(-20, 24)
    while x < WIDTH:
        thick, high = rng.uniform(26, 82), rng.uniform(200, 340)
        if rng.random() < 0.09:
            lean = rng.uniform(36, 70)
            corners = [
                (x + lean, floor - high),
                (x + lean + thick, floor - high + 12),
                (x + thick, floor),
                (x, floor),
            ]
            plates[inks.main].poly(corners)
            x += lean + thick + 10
            continue
        colour = rng.choice((inks.main, inks.second, inks.light, inks.light, inks.dark))
        plates[colour].rect((x, floor - high, x + thick - 3, floor))
        _bands(bands, rng, (x, floor - high, thick, high))
        x += thick + (rng.uniform(14, 60) if rng.random() < 0.08 else 0)
    for colour, plate in plates.items():
        sheet.ink(colour, plate, cover=True)
    sheet.ink(inks.paper, bands, cover=True)


def _bands(plate: Plate, rng: random.Random, box: tuple[float, float, float, float]) -> None:
    x, y, thick, high = box
    style = rng.randrange(4)
    inner = (x + 6, x + thick - 9)
    if style == 0:
        for share in (0.12, 0.16, 0.84, 0.88):
            plate.rect((inner[0], y + high * share, inner[1], y + high * share + 3))
    elif style == 1:
        plate.rect((inner[0] + 2, y + high * 0.16, inner[1] - 2, y + high * 0.4))
    elif style == 2 and thick > 40:
        cell = (thick - 22) / 4
        _set(plate, rng.choice(sorted(GLYPHS)), (x + 10, y + 24), cell)
    else:
        middle = x + (thick - 3) / 2
        plate.rect((middle - 2, y + high * 0.2, middle + 2, y + high * 0.74))
        plate.disc((middle, y + high * 0.86), min(9, thick / 4))


def paper_stage(rng: random.Random) -> Print:
    """Cut arches one behind the other, a small light at the end."""
    inks = rng.choice(SETS)
    sheet = Print(rng, inks.paper)
    centre = (WIDTH / 2 + rng.uniform(-60, 60), 500.0)
    sheet.glow(inks.light, (centre[0], 430), 420)
    lamp = Plate()
    lamp.disc((centre[0], 430), rng.uniform(46, 80))
    sheet.ink(inks.main, lamp)
    layers = 6
    tones = (inks.light, inks.second, inks.main, inks.second, inks.main, inks.dark)
    for k in range(layers):
        half = 150 + k * 74
        high = 200 + k * 52
        plate = Plate()
        plate.rect((-10, -10, WIDTH + 10, HEIGHT + 10))
        top = 500 - high
        _arch(plate, centre[0], (half, top, 600 + k * 24), rng.choice((6, 8, 10, 12)))
        sheet.ink(tones[k], plate, strength=0.34 + 0.11 * k)
    figures = Plate()
    for _ in range(rng.choice((2, 3))):
        x = centre[0] + rng.uniform(-110, 110)
        figures.poly([(x - 16, 602), (x + 16, 602), (x + 5, 536), (x - 5, 536)])
        figures.disc((x, 526), 10)
    sheet.ink(inks.dark, figures)
    return sheet


def _arch(plate: Plate, x: float, size: tuple[float, float, float], scallops: int) -> None:
    half, top, floor = size
    plate.rect((x - half, top + half * 0.5, x + half, floor), 0)
    plate.disc((x, top + half * 0.55), half, 0, squash=0.62)
    for k in range(scallops + 1):
        angle = math.pi * k / scallops
        spot = (x - half * math.cos(angle), top + half * 0.55 - half * 0.62 * math.sin(angle))
        plate.disc(spot, half * 0.09)
