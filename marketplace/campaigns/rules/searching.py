"""Which searches can be kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from marketplace.campaigns import rules
from marketplace.kernel.errors import Refusal

SEARCHES_MAX: Final = 20
NAME_MAX: Final = 120
# What a search is made of; in which order it is read is not part of it.
_PARTS: Final = ("q", "category", "currency", "language", "state", "ends", "model", "pays")


def as_address(asked: Mapping[str, str]) -> str:
    """Return a search as it stands in an address, the same for the same search; empty for none."""
    parts = [(name, str(asked.get(name) or "").strip()) for name in _PARTS]
    return urlencode([(name, said) for name, said in parts if said])


def save_refusals(name: str, asked: str, *, count: int) -> list[Refusal]:
    """Return what keeps a search from being kept beside `count` others."""
    found = [] if asked else [Refusal("search_empty")]
    if not name:
        found.append(Refusal("search_unnamed", "name"))
    found += rules.text_refusals([("name", name, NAME_MAX)])
    if count >= SEARCHES_MAX:
        found.append(Refusal("searches_full", most=SEARCHES_MAX))
    return found
