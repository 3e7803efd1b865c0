"""What a bar says in the end: one line, reached or missed, with the seed that repeats it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

TROUBLES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """One bar: what was done, the figure it came to, and the floor the figure must reach."""

    bar: str
    done: str
    figure: str
    floor: str
    seed: int
    troubles: Sequence[str] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return not self.troubles

    def __str__(self) -> str:
        verdict = "ok" if self.ok else "MISSED"
        head = (
            f"{self.bar:12} {verdict:6} {self.figure} | floor: {self.floor} | {self.done}"
            f" | seed {self.seed}, {self.seconds:.0f} s"
        )
        shown = [f"{'':12} - {trouble}" for trouble in self.troubles[:TROUBLES_SHOWN]]
        if len(self.troubles) > TROUBLES_SHOWN:
            shown.append(f"{'':12} - and {len(self.troubles) - TROUBLES_SHOWN} more")
        return "\n".join([head, *shown])

    def facts(self) -> dict[str, object]:
        """Return the outcome as JSON can hold it."""
        return asdict(self) | {"ok": self.ok, "troubles": list(self.troubles)}


def say(text: str) -> None:
    """Tell whoever waits how far it is; the figures alone go to standard output."""
    print(f"chaos: {text}", file=sys.stderr, flush=True)
