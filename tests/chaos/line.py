"""The line to the bank, on which it is away, busy or there; and when it was called where."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

import httpx

from marketplace.kernel import clock

_REFS: Final = re.compile(r"/[a-z]+_[0-9a-z]+")

UP, DOWN, BUSY = "up", "down", "busy"
BUSY_PER_S: Final = 5


class Line(httpx.BaseTransport):
    """Passes calls on; while busy at most five a second, the others get a 429."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.state = UP
        self._passed: list[float] = []
        self.calls: dict[str, list[float]] = defaultdict(list)
        self.asked = 0
        self.is_timed = False  # where minutes are lived in moments, calls a second mean nothing
        self.refused = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        now = clock.monotonic()
        self.asked += 1
        if self.is_timed:
            self.calls[f"{request.method} {_REFS.sub('/…', request.url.path)}"].append(now)
        if self.state == DOWN:
            raise httpx.ConnectError("nobody there", request=request)
        if self.state == BUSY and not self._may_pass(now):
            self.refused += 1
            return httpx.Response(429, json={"code": "busy", "message": ""}, request=request)
        return self._inner.handle_request(request)

    def fastest(self) -> tuple[int, str]:
        """Return the most calls within one second that any endpoint got, and which one."""
        found = [(_most_within_a_second(times), name) for name, times in self.calls.items()]
        return max(found, default=(0, "nothing"))

    def _may_pass(self, now: float) -> bool:
        self._passed = [at for at in self._passed if at > now - 1]
        if len(self._passed) >= BUSY_PER_S:
            return False
        self._passed.append(now)
        return True


def _most_within_a_second(times: list[float]) -> int:
    first, most = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - 1:
            first += 1
        most = max(most, last - first + 1)
    return most
