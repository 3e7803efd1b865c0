"""Sound for the demo world, made by code: voices that walk, breathe, and a crane with one note."""

from __future__ import annotations

import array
import io
import math
import random
import sys
import wave
from collections.abc import Sequence
from typing import Final

RATE: Final = 11_025
_STEP_SECONDS: Final = 0.55
_LOUDEST: Final = 26_000
_CRANE_HERTZ: Final = 98.0  # a quarter tone flat, as was said
_SCALE: Final = (0, 2, 3, 5, 7, 8, 10, 12)  # a minor scale, in half tones
_ROOT_HERTZ: Final = 196.0


def song(seed: int, *, steps: int = 20, voices: int = 3, crane: bool = False) -> bytes:
    """Return a WAV file of a few voices walking: four steps, a breath, four steps."""
    rng = random.Random(f"song/{seed}")
    length = int(steps * _STEP_SECONDS * RATE)
    mix = [0.0] * length
    for voice in range(voices):
        _walk(mix, _line(rng, steps), 2.0 ** (voice - 1), rng.uniform(0, 0.02))
    if crane:
        _tone(mix, 0, length, _CRANE_HERTZ, 0.9)
    return _written(mix)


def _line(rng: random.Random, steps: int) -> list[int | None]:
    """Return a degree of the scale for each step; every fifth one is a breath."""
    at, line = rng.randrange(3), list[int | None]()
    for step in range(steps):
        at = max(0, min(len(_SCALE) - 1, at + rng.choice((-2, -1, -1, 1, 1, 2))))
        line.append(None if step % 5 == 4 else at)
    return line


def _walk(mix: list[float], line: Sequence[int | None], octave: float, late: float) -> None:
    step = int(_STEP_SECONDS * RATE)
    for number, degree in enumerate(line):
        if degree is not None:
            hertz = _ROOT_HERTZ * octave * 2 ** (_SCALE[degree] / 12)
            _tone(mix, number * step + int(late * RATE), step, hertz, 0.5)


def _tone(mix: list[float], start: int, length: int, hertz: float, loud: float) -> None:
    """Add a tone with one overtone that swells and fades, so that nothing clicks."""
    turn = math.tau * hertz / RATE
    for at in range(min(length, len(mix) - start)):
        swell = math.sin(math.pi * at / length) ** 0.6
        angle = turn * at
        mix[start + at] += loud * swell * (math.sin(angle) + 0.35 * math.sin(2 * angle))


def _written(mix: Sequence[float]) -> bytes:
    top = max(1.0, *(abs(value) for value in mix))
    samples = array.array("h", (int(value / top * _LOUDEST) for value in mix))
    if sys.byteorder == "big":
        samples.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(samples.tobytes())
    return out.getvalue()
