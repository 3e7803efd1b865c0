"""Reads a sheet of tracking numbers: each line has a fate before anything is changed. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from marketplace.campaigns.states.fulfilments import TO_SEND, FulfilmentState
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id

LINES_MAX: Final = 5_000
CARRIER_MAX: Final = 60
TRACKING_MAX: Final = 80


class Fate(StrEnum):
    """What becomes of one line."""

    SHIP = "ship"  # is marked as sent; where something is held the inspection begins
    NUMBER = "number"  # was sent before: gets its carrier and number
    SAME = "same"  # says what is known already
    OVER = "over"  # accepted, objected to or decided: nothing changes
    UNKNOWN = "unknown"  # no such pledge in this campaign
    TWICE = "twice"  # a line above is about the same pledge
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Known:
    """What the board says of one pledge."""

    state: str
    carrier: str
    tracking: str


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line of the sheet and what becomes of it."""

    number: int
    reference: str
    carrier: str
    tracking: str
    pledge_id: UUID | None
    fate: Fate

    @property
    def is_done(self) -> bool:
        """Whether importing the sheet does something with it."""
        return self.fate in {Fate.SHIP, Fate.NUMBER}


def read(text: str, known: Mapping[UUID, Known]) -> list[SheetLine]:
    """Return the lines of a sheet in their order, each with its fate.

    A line is a pledge's reference, a carrier and a number, by comma, semicolon or tab; a headline
    and empty lines are left out.
    """
    lines: list[SheetLine] = []
    seen: set[UUID] = set()
    for number, cells in enumerate(_cells(text), 1):
        if not any(cells) or (number == 1 and not cells[0].startswith("pl_")):
            continue
        reference, carrier, tracking = (*cells, "", "")[:3]
        pledge_id = _pledge(reference)
        fate = _fate(pledge_id, carrier, tracking, known)
        if pledge_id is not None and pledge_id in seen:
            fate = Fate.TWICE
        if pledge_id is not None:
            seen.add(pledge_id)
        lines.append(SheetLine(number, reference, carrier, tracking, pledge_id, fate))
    return lines


def _cells(text: str) -> list[list[str]]:
    head = text[:2_000]
    mark = max(("\t", ";", ","), key=head.count)
    found = csv.reader(io.StringIO(text), delimiter=mark)
    return [[cell.strip().removeprefix("'") for cell in row] for row in found][:LINES_MAX]


def _pledge(reference: str) -> UUID | None:
    try:
        return parse_public_id("pl", reference)
    except NotFound:
        return None


def _fate(pledge_id: UUID | None, carrier: str, tracking: str, known: Mapping[UUID, Known]) -> Fate:
    found = known.get(pledge_id) if pledge_id is not None else None
    if found is None:
        return Fate.UNKNOWN
    if len(carrier) > CARRIER_MAX or len(tracking) > TRACKING_MAX:
        return Fate.TOO_LONG
    if found.state in TO_SEND:
        return Fate.SHIP
    if found.state not in {FulfilmentState.SHIPPED, FulfilmentState.SENT}:
        return Fate.OVER
    new = (carrier, tracking)
    return Fate.SAME if new in {("", ""), (found.carrier, found.tracking)} else Fate.NUMBER
