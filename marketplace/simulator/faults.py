"""The seam for the bank's bad days. Nothing is wrong yet; the fault panel will sit here.

`before` may refuse or delay a call, `after` may lose its answer, `parcels` may drop, repeat,
reorder or forge what is about to be delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

Parcel = TypeVar("Parcel")


class Faults(Protocol):
    """What may go wrong, asked at each of the three places where it can."""

    def before(self, method: str, path: str) -> None:
        """Run before a call does anything; raise to make it fail without effect."""

    def after(self, method: str, path: str) -> None:
        """Run after a call has had its effect; raise to lose its answer."""

    def parcels(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Return what is really delivered, and in which order."""
        return parcels


class GoodDay:
    """Everything works."""

    def before(self, method: str, path: str) -> None:
        """Let the call through."""

    def after(self, method: str, path: str) -> None:
        """Let the answer through."""

    def parcels(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Deliver everything in order."""
        return parcels
