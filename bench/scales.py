"""How long and how large: the smoke test's, the everyday and the full measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of one run. `rounds` alternate, so that both sides meet the same weather."""

    name: str
    rounds: int
    seconds: int
    pgbench_scale: int
    batch_movements: int
    notes: int
    loans: int
    nights: int

    @property
    def told(self) -> str:
        """What a reader must know of the sizes."""
        return (
            f"scale {self.name}: {self.rounds} rounds of {self.seconds} s; batches of"
            f" {self.batch_movements:,} movements; one loan of {self.notes:,} notes;"
            f" a night of {self.loans:,} loans of 10 notes"
        )


SCALES: Final = {
    scale.name: scale
    for scale in (
        Scale(
            "smoke",
            rounds=1, seconds=1, pgbench_scale=1, batch_movements=200,
            notes=200, loans=50, nights=1,
        ),
        Scale(
            "default",
            rounds=5, seconds=4, pgbench_scale=20, batch_movements=100_000,
            notes=10_000, loans=10_000, nights=3,
        ),
        Scale(
            "full",
            rounds=7, seconds=8, pgbench_scale=50, batch_movements=500_000,
            notes=10_000, loans=100_000, nights=3,
        ),
    )
}  # fmt: skip
