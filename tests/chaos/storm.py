"""A line to the bank on which calls go wrong by seeded chance, before or after their effect."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from marketplace.escrow import gateway
from marketplace.escrow.adapters.simulator import SimulatorGateway
from tests.builders.escrow import World
from tests.builders.simulator import KEY, SECRET, SITE

TROUBLES = ("drop_after", "timeout", "sticky_500", "conflict", "busy")


class Storm(httpx.BaseTransport):
    """Breaks each call with probability `p`, while it blows.

    A sticky 500 is kept under its key, as providers keep it: every repetition gets it again.
    """

    def __init__(self, line: httpx.BaseTransport, dice: random.Random, p: float) -> None:
        self._line, self._dice, self._p = line, dice, p
        self._stuck: set[str] = set()
        self.blows = True
        self.met: Counter[str] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        key = request.headers.get("Idempotency-Key", "")
        if key in self._stuck:
            self.met["replayed_500"] += 1
            return _answer(request, 500, "kept")
        trouble = self._trouble()
        if trouble:
            self.met[trouble] += 1
        if trouble == "timeout":
            raise httpx.ReadTimeout("lost on the way there", request=request)
        if trouble == "conflict":
            return _answer(request, 409, "key_in_use")
        if trouble == "busy":
            return _answer(request, 429, "busy")
        if trouble == "sticky_500" and key:
            self._stuck.add(key)
        if trouble == "sticky_500" and self._dice.random() < 0.5:
            return _answer(request, 500, "broken")
        response = self._line.handle_request(request)
        response.read()
        if trouble == "sticky_500":
            return _answer(request, 500, "broken")
        if trouble == "drop_after":
            raise httpx.ReadTimeout("lost on the way back", request=request)
        return response

    def _trouble(self) -> str:
        if self.blows and self._dice.random() < self._p:
            return self._dice.choice(TROUBLES)
        return ""


@contextmanager
def a_storm(world: World, dice: random.Random, p: float = 0.2) -> Iterator[Storm]:
    """Let the weather between the site and its bank be bad during the block."""
    storm, former = Storm(world.wire, dice, p), gateway.current()
    gateway.install(SimulatorGateway(SITE, KEY, SECRET, transport=storm))
    try:
        yield storm
    finally:
        gateway.install(former)


def _answer(request: httpx.Request, status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": ""}, request=request)
