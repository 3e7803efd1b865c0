"""Ten sets of inks, warm and few, so that a page of pictures is lively and still one house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Inks:
    """A paper and the inks on it: `dark` for lines, `main`, `second` and `light` for areas."""

    paper: str
    dark: str
    main: str
    second: str
    light: str

    @property
    def warm(self) -> str:
        """The warmer of the two strong inks: suns, lamps, fires."""
        return max(self.main, self.second, key=_warmth)

    @property
    def cool(self) -> str:
        """The cooler of the two strong inks: water, woods, distance."""
        return min(self.main, self.second, key=_warmth)


def _warmth(colour: str) -> int:
    return int(colour[1:3], 16) - int(colour[5:7], 16)


SETS: Final = (
    Inks("#f4ead9", "#231a14", "#d9480f", "#2f7f79", "#e8b04a"),
    Inks("#efe6d6", "#1d2a33", "#2c5f8a", "#e07a4a", "#a9c6c4"),
    Inks("#f6eee0", "#2b2030", "#7a3b5e", "#e39a3b", "#d9c3a5"),
    Inks("#eee7d5", "#1f2e25", "#4f7a3a", "#d8622b", "#c9cf8f"),
    Inks("#f7ecdc", "#2a1d16", "#b5432a", "#3f6f8c", "#efc78e"),
    Inks("#e9e6dc", "#1b2233", "#34508c", "#d9480f", "#b8c3d9"),
    Inks("#f5e7d3", "#31241a", "#c9822b", "#5d7f5a", "#f0cf9b"),
    Inks("#ede8df", "#22252b", "#5a6472", "#d9480f", "#c6c2b6"),
    Inks("#f8ebe0", "#33191a", "#cc5a48", "#35706b", "#f1bfa0"),
    Inks("#e8ebe0", "#17302f", "#1f7068", "#e0913a", "#b5d0bf"),
)
NIGHTS: Final = (
    Inks("#1b2533", "#0d131c", "#e8b04a", "#5f8fb0", "#f4e6cc"),
    Inks("#2a1f2e", "#150e18", "#e2764a", "#a06a96", "#f2dfc6"),
    Inks("#14302f", "#081a1a", "#e9a23f", "#6fb09c", "#f2ead2"),
    Inks("#2b1d16", "#150c08", "#e8662a", "#c79a5a", "#f6e7cf"),
)
