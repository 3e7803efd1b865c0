"""A gate in front of the bank: a call can be held there, before or after its effect."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

Application = Callable[..., Iterable[bytes]]

BEFORE: Final = "before"
AFTER: Final = "after"
HELD_S_MAX: Final = 120.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A named point: a call to the bank, right before or right after it has its effect."""

    method: str
    path: str
    side: str

    def __str__(self) -> str:
        return f"{self.side} {self.method} {self.path}"


class Gate:
    """Lets calls through; the first one at the armed spot is held until it is given up."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._armed: Spot | None = None
        self.held = threading.Event()
        self._given_up = threading.Event()

    def arm(self, spot: Spot) -> None:
        """Hold the next call at `spot`."""
        self.held.clear()
        self._given_up.clear()
        with self._lock:
            self._armed = spot

    def give_up(self) -> None:
        """Whoever called is dead: what was held before its effect never happens."""
        with self._lock:
            self._armed = None
        self._given_up.set()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        spot = self._spot(environ)
        if spot is None:
            return self._application(environ, start)
        if spot.side == BEFORE:
            self._hold()
            start("503 Service Unavailable", [("Content-Type", "application/json")])
            return [b"{}"]
        answer = list(self._application(environ, start))
        self._hold()
        return answer

    def _spot(self, environ: dict[str, Any]) -> Spot | None:
        with self._lock:
            armed = self._armed
            if (
                armed is None
                or environ["REQUEST_METHOD"] != armed.method
                or not environ["PATH_INFO"].startswith(armed.path)
            ):
                return None
            self._armed = None
            return armed

    def _hold(self) -> None:
        self.held.set()
        self._given_up.wait(HELD_S_MAX)
