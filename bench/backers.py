"""People who pledge: each reads the last page, sends it off, reads the bank's page and pays there.

They come over HTTP from addresses of their own, a few at a time, as fast as they are answered.
"""

from __future__ import annotations

import html
import http.client
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import Final
from urllib.parse import urlencode, urlsplit

CARD: Final = "4242424242424242"
TIMEOUT_S: Final = 120.0
_FORM: Final = re.compile(
    r'<form[^>]*action="[^"]*/pledge/check[^"]*"[^>]*>(.*?)</form>', re.DOTALL
)
_INPUT: Final = re.compile(r"<input[^>]*>")
_WORD: Final = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Opened:
    """The last page before a pledge, with what it would send."""

    cookies: str
    path: str
    fields: dict[str, str]


class Line(http.client.HTTPConnection):
    """A kept connection to a server on this machine, as a browser has one."""

    def ask(
        self, method: str, path: str, cookies: str, body: str | None = None
    ) -> tuple[int, HTTPMessage, str]:
        """Send one request; return status, headers and text of the answer."""
        headers = {"Cookie": cookies} if cookies else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.request(method, path, body, headers)
        answer = self.getresponse()
        return answer.status, answer.headers, answer.read().decode()


class Address:
    """One address of many from which people come, to any server on this machine."""

    def __init__(self, number: int) -> None:
        self._host = f"127.0.{1 + number // 200}.{1 + number % 200}"

    def line(self, port: int) -> Line:
        """Return a line to a server; it connects when it is used."""
        return Line("127.0.0.1", port, timeout=TIMEOUT_S, source_address=(self._host, 0))

    def ask(
        self, port: int, method: str, path: str, cookies: str, body: str | None = None
    ) -> tuple[int, HTTPMessage, str]:
        """Send one request over a line of its own."""
        with closing(self.line(port)) as line:
            return line.ask(method, path, cookies, body)


def with_given(session: str, headers: HTTPMessage) -> str:
    """Return all cookies that a browser sends after an answer with these headers."""
    given = headers.get_all("Set-Cookie") or []
    return "; ".join([session, *(each.partition(";")[0] for each in given)])


class Client(threading.Thread):
    """One address from which some of the people come, one after the other."""

    def __init__(self, number: int, port: int, page: str, sessions: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._address = Address(number)
        self._port, self._page, self._sessions = port, page, list(sessions)
        self.broke = ""

    def go_first(self) -> None:
        """Let one of them go through: every process has then done everything once."""
        self._pledge(self._sessions.pop())

    def run(self) -> None:
        """Let everybody pledge and pay."""
        try:
            for session in self._sessions:
                self._pledge(session)
        except Exception as error:  # noqa: BLE001 - told at the end, as what it is
            self.broke = repr(error)

    def _pledge(self, session: str) -> None:
        """Do what must be done to pay: read the last page, send it off, read the bank's, pay."""
        with closing(self._address.line(self._port)) as site:
            opened = _open(site, self._page, session)
            place = urlsplit(_sent(site, opened.path, opened.cookies, opened.fields))
        if "/pay/" not in place.path or place.port is None:
            raise RuntimeError(f"the pledge led to {place.geturl()}")
        with closing(self._address.line(place.port)) as bank:
            _read(bank, place.path, "")
            back = _sent(bank, place.path, "", {"card": CARD, "confirmed": "1"})
        if not back.endswith("/return"):
            raise RuntimeError(f"the bank led to {back}")


def _open(line: Line, page: str, session: str) -> Opened:
    headers, body = _read(line, page, session)
    form = _FORM.search(body)
    if form is None:
        raise RuntimeError(f"{page} has no form")
    inputs = [dict(_WORD.findall(each)) for each in _INPUT.findall(form[1])]
    fields = {each["name"]: html.unescape(each.get("value", "")) for each in inputs}
    return Opened(with_given(session, headers), page.partition("?")[0], fields)


def _read(line: Line, path: str, cookies: str) -> tuple[HTTPMessage, str]:
    status, headers, body = line.ask("GET", path, cookies)
    if status != 200:
        raise RuntimeError(f"{path} answered {status}: {body[:200]}")
    return headers, body


def _sent(line: Line, path: str, cookies: str, fields: Mapping[str, str]) -> str:
    """Send a form, and return where its answer leads."""
    status, headers, body = line.ask("POST", path, cookies, urlencode(fields))
    if status != 303:
        raise RuntimeError(f"{path} answered {status}: {body[:200]}")
    return headers["Location"]
