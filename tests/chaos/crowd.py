"""Many people who fill in the pledge form of one campaign and send it off at the same moment."""

from __future__ import annotations

import html
import http.client
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

TIMEOUT_S: Final = 120.0
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
        self._address = f"127.0.{1 + number // 200}.{1 + number % 200}"
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
        status, headers, body = self._ask("GET", self._form, session)
        if status != 200:
            raise RuntimeError(f"{self._form} answered {status}")
        given = [line.split(";", 1)[0] for name, line in headers if name.lower() == "set-cookie"]
        path, _, query = self._form.partition("?")
        typed = dict(pair.split("=", 1) for pair in query.split("&"))
        return _Form(path, "; ".join([session, *given]), typed | hidden(body))

    def _send(self, form: _Form) -> Sent:
        began = time.monotonic()
        status, headers, _body = self._ask("POST", form.path, form.cookies, urlencode(form.fields))
        leads = dict(headers).get("location", dict(headers).get("Location", ""))
        return Sent(status, leads, time.monotonic() - began)

    def _ask(
        self, method: str, path: str, cookies: str, body: str | None = None
    ) -> tuple[int, list[tuple[str, str]], str]:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._port, TIMEOUT_S, source_address=(self._address, 0)
        )
        headers = {"Cookie": cookies, "Host": f"localhost:{self._port}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read().decode()
        finally:
            connection.close()


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
