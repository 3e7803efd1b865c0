"""The port to the sources of risk reports."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.kernel.errors import ProviderTrouble
from marketplace.risk.answers import Findings
from marketplace.risk.facts import Source


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to one source. Asked again it carries the same `request_id`."""

    request_id: UUID
    source: Source
    purpose: str
    told: Mapping[str, Any]
    attempt: int


@dataclass(frozen=True, slots=True)
class Report:
    """One source's answer: as it came, and as it was read."""

    raw: bytes
    findings: Findings


class Unreadable(ProviderTrouble):
    """The source answered with something else than was agreed. `raw` is what came."""

    def __init__(self, message: str, raw: bytes) -> None:
        super().__init__(message, code="unreadable")
        self.raw = raw


class Gateway(ABC):
    """Whoever answers what is known of a person."""

    name: str

    @abstractmethod
    def fetch(self, inquiry: Inquiry) -> Report:
        """Ask one source; never inside a transaction.

        Raises `Unreadable` for an answer that makes no sense, and `ProviderTrouble` where there
        was none: then the question may be asked again.
        """


_installed: Gateway | None = None


def install(gateway: Gateway) -> None:
    """Make `gateway` the one of this process."""
    global _installed  # noqa: PLW0603 - one provider a process
    _installed = gateway


def current() -> Gateway:
    """Return the gateway of this process."""
    if _installed is None:
        raise RuntimeError("the wiring installs the risk provider")
    return _installed
