"""What a measurement says: our rate beside a yardstick's, and the floor it must reach."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Rate = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """`ours` and `theirs` are medians a second; `ratio` is the median of the rounds' ratios.

    `quick_enough` passes a figure whose floor has an alternative in absolute time.
    """

    name: str
    unit: str
    ours: float
    yardstick: str
    theirs: float
    ratio: float
    floor: float
    remark: str = ""
    quick_enough: bool = False

    @property
    def ok(self) -> bool:
        """Whether the floor is reached."""
        return self.ratio >= self.floor or self.quick_enough

    def facts(self) -> dict[str, object]:
        """Return the figure as JSON can hold it."""
        return {
            "name": self.name,
            "unit": self.unit,
            "figure": round(self.ours, 1),
            "yardstick": self.yardstick,
            "yardstick_figure": round(self.theirs, 1),
            "ratio": round(self.ratio, 3),
            "floor": self.floor,
            "ok": self.ok,
            "remark": self.remark,
        }


@dataclass(frozen=True, slots=True)
class Rounds:
    """What alternating rounds measured, oldest first."""

    ours: Sequence[float]
    theirs: Sequence[float]

    def figure(self, name: str, unit: str, yardstick: str, floor: float) -> Figure:
        """Boil the rounds down. Each ratio is of one round: neighbours in time, equal weather."""
        ratios = [one / other for one, other in zip(self.ours, self.theirs, strict=True)]
        return Figure(
            *(name, unit, statistics.median(self.ours)),
            *(yardstick, statistics.median(self.theirs)),
            *(statistics.median(ratios), floor),
        )


def alternate(rounds: int, theirs: Rate, *ours: Rate) -> list[Rounds]:
    """Measure the yardstick and each of `ours` in turn, `rounds` times; one answer for each."""
    beside: list[float] = []
    measured: list[list[float]] = [[] for _ in ours]
    for _ in range(rounds):
        beside.append(theirs())
        for rates, rate in zip(measured, ours, strict=True):
            rates.append(rate())
    return [Rounds(rates, beside) for rates in measured]


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table for people."""
    head = ("name", "figure", "yardstick", "", "ratio", "floor", "ok")
    body = [_cells(figure) for figure in figures]
    widths = [max(len(row[at]) for row in (head, *body)) for at in range(len(head))]
    return "\n".join(_line(row, widths) for row in (head, *body))


def _cells(figure: Figure) -> tuple[str, ...]:
    remark = f" ({figure.remark})" if figure.remark else ""
    return (
        f"{figure.name}{remark}",
        f"{figure.ours:,.0f} {figure.unit}",
        figure.yardstick,
        f"{figure.theirs:,.0f}",
        f"{figure.ratio:.2f}",
        f"{figure.floor:.2f}",
        "ok" if figure.ok else "MISSED",
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    left = {0, 2, 6}
    placed = [
        cell.ljust(width) if at in left else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(placed).rstrip()


def as_json(figures: Sequence[Figure], machine: Mapping[str, object]) -> dict[str, object]:
    """Return a whole run as JSON can hold it."""
    return {
        "machine": dict(machine),
        "figures": [figure.facts() for figure in figures],
        "ok": all(figure.ok for figure in figures),
    }
