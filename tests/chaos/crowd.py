"""Many people who fill in the pledge form of one campaign and send it off at the same moment."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from bench.backers import TIMEOUT_S, Address, with_given

_HIDDEN: Final = re.compile(r'<input[^>]*name="(csrf_token|form_key)"[^>]*value="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one form: the answer's status, where it leads, and how long it took."""

    status: int
    location: str
    seconds: float


@dataclass
class _Form:
    path: str
    cookies: str
    fields: dict[str, str]


def hidden(page: str) -> dict[str, str]:
    """Return what the form on a page sends along."""
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(page)}


class Client(threading.Thread):
    """One address from which some of the people come, one after the other."""

    def __init__(
        self, number: int, port: int, form: str, sessions: Sequence[str], start: threading.Barrier
    ) -> None:
        super().__init__(daemon=True)
        self._ask = Address(number).ask
        self._port, self._form, self._sessions, self._start = port, form, sessions, start
        self.sent: list[Sent] = []
        self.broke = ""

    def run(self) -> None:
        """Open every form, wait for all others, send them off."""
        try:
            opened = [self._open(session) for session in self._sessions]
            self._start.wait(TIMEOUT_S)
            self.sent = [self._send(form) for form in opened]
        except Exception as error:  # noqa: BLE001 - told at the end, as what it is
            self.broke = repr(error)
            self._start.abort()

    def _open(self, session: str) -> _Form:
        status, headers, body = self._ask(self._port, "GET", self._form, session)
        if status != 200:
            raise RuntimeError(f"{self._form} answered {status}")
        path, _, query = self._form.partition("?")
        typed = dict(pair.split("=", 1) for pair in query.split("&"))
        return _Form(path, with_given(session, headers), typed | hidden(body))

    def _send(self, form: _Form) -> Sent:
        began, typed = time.monotonic(), urlencode(form.fields)
        status, headers, _body = self._ask(self._port, "POST", form.path, form.cookies, typed)
        return Sent(status, headers.get("Location", ""), time.monotonic() - began)


def rush(port: int, form: str, sessions: Sequence[str], clients: int) -> list[Sent]:
    """Let people with these sessions open `form`, then send it all at once; what came of each."""
    start = threading.Barrier(clients)
    crowd = [Client(n, port, form, sessions[n::clients], start) for n in range(clients)]
    for client in crowd:
        client.start()
    for client in crowd:
        client.join()
    broken = [client.broke for client in crowd if client.broke]
    if broken:
        raise RuntimeError(f"{len(broken)} clients broke: {broken[0]}")
    return [sent for client in crowd for sent in client.sent]
