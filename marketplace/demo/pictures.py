"""Original campaign pictures: the same category and number always give the same picture."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import Final

from marketplace.demo.prints import letters, objects, patterns, plans, scenes, sounds
from marketplace.demo.prints.press import Print

Motif = Callable[[random.Random], Print]

MOTIFS: Final[dict[str, tuple[Motif, ...]]] = {
    "film": (scenes.ridges, scenes.night_crossing, scenes.projector),
    "publishing": (letters.specimen, letters.shelf, letters.paper_stage),
    "tech": (objects.exploded, objects.circuit, objects.instrument),
    "design": (patterns.vessels, patterns.joints, patterns.quarter_circles),
    "music": (sounds.waveform, sounds.grooves, sounds.strings),
    "food": (patterns.slices, patterns.wheat, patterns.table),
    "games": (plans.hexes, patterns.dice, plans.canals),
    "community": (plans.neighbourhood, plans.facades, plans.garden),
}
_SPOKEN: Final = {"technology": "tech", "books": "publishing"}
_QUALITY: Final = 88


def draw(category: str, seed: int) -> bytes:
    """Return a 1200 by 800 JPEG for `category`; neighbouring seeds take turns among its motifs."""
    name = _SPOKEN.get(category, category)
    motifs = MOTIFS.get(name, MOTIFS["design"])
    rng = random.Random(f"{name}/{seed}")
    printed = motifs[seed % len(motifs)](rng)
    out = io.BytesIO()
    printed.finished().save(out, "JPEG", quality=_QUALITY, optimize=False)
    return out.getvalue()
