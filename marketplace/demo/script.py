"""The script of the demo world, read from the TOML files beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Tier:
    """A reward: price in whole currency units, delivery in months after the deadline.

    `options` are lines such as `Colour: red, blue`, `sending` what it costs by zone; an early bird
    is sold in the first `early_days`.
    """

    title: str
    price: int
    text: str
    months: int
    quantity: int | None = None
    kind: str = "physical"
    addon: bool = False
    hidden: bool = False
    early_days: int = 0
    per_person: int | None = None
    options: tuple[str, ...] = ()
    sending: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class News:
    """An update, `day` days after the launch."""

    day: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Project:
    """One campaign from draft to its end; see projects.toml for what the numbers mean."""

    title: str
    picture: int
    by: str
    tagline: str
    category: str
    currency: str
    goal: int
    launch_day: int
    duration: int
    reach: int
    story: str
    risks: str
    tiers: tuple[Tier, ...]
    news: tuple[News, ...]
    end: str
    collection: str = "now"
    model: str = "all_or_nothing"
    optimum: int = 0
    round_two_days: int = 0
    late_days: int = 0
    stretch: tuple[tuple[int, str, str], ...] = ()
    visitor_card: str = ""
    budget: tuple[tuple[str, int], ...] = ()
    timeline: tuple[tuple[float, str], ...] = ()
    faq: tuple[tuple[str, str], ...] = ()
    sound: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Plan:
    """What sponsors of one category say beside their stories; see plans.toml."""

    budget: tuple[tuple[str, int], ...]
    timeline: tuple[tuple[float, str], ...]
    faq: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pledged:
    """What stands behind a loan, its worth in whole currency units, and where it is registered."""

    what: str
    worth: int
    office: str
    number: str


@dataclass(frozen=True, slots=True)
class Borrowing:
    """One loan request from application to its end; see borrowings.toml."""

    title: str
    story: str
    purpose: str
    currency: str
    amount: int
    months: int
    grade: str
    rate: str
    day: int
    income: int
    obligations: int
    by: str = ""
    work: str = "employed"
    years: int = 0
    housing: str = "rent"
    funded_in: int = 0
    habit: str = "on_time"
    early: str = ""
    end: str = ""
    product: str = "personal"
    collateral: Pledged | None = None
    offered: int = 0
    counter: str = ""
    slip_day: int = 0

    @property
    def lent(self) -> int:
        """What lenders are asked for: what was wished, or less where so much was offered."""
        return self.offered or self.amount


@cache
def projects() -> tuple[Project, ...]:
    """Return all projects in the order they launch."""
    found = [_project(entry) for entry in _read("projects.toml")["project"]]
    return tuple(sorted(found, key=lambda project: project.launch_day))


@cache
def borrowings() -> tuple[Borrowing, ...]:
    """Return all loan requests in the order they are made."""
    found = [_borrowing(entry) for entry in _read("borrowings.toml")["loan"]]
    return tuple(sorted(found, key=lambda borrowing: borrowing.day))


@cache
def plans() -> dict[str, Plan]:
    """Return what is said beside the stories, by category."""
    return {category: Plan(**entry) for category, entry in _read("plans.toml").items()}


@cache
def people() -> dict[str, list[str]]:
    """Return the names of the cast: sponsors, borrowers, crowd."""
    return {kind: list(names) for kind, names in _read("people.toml").items()}


def _project(entry: dict[str, Any]) -> Project:
    plain = {key: value for key, value in entry.items() if key not in {"tier", "update"}}
    return Project(
        **{"end": "", **plain},
        tiers=tuple(Tier(**tier) for tier in entry.get("tier", ())),
        news=tuple(News(**update) for update in entry.get("update", ())),
    )


def _borrowing(entry: dict[str, Any]) -> Borrowing:
    pledged = entry.get("collateral")
    return Borrowing(**{**entry, "collateral": Pledged(**pledged) if pledged else None})


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
