"""People who pledge: each reads the last page, sends it off, reads the bank's page and pays there.

They come over HTTP from addresses of their own, a few at a time, as fast as they are answered.
"""

from __future__ import annotations

import html
import http.client
import re
import threading
from collections.abc import Mapping, Sequence
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


class Address:
    """One address of many from which people come, to any server on this machine."""

    def __init__(self, number: int) -> None:
        self._host = f"127.0.{1 + number // 200}.{1 + number % 200}"

    def ask(
        self, port: int, method: str, path: str, cookies: str, body: str | None = None
    ) -> tuple[int, HTTPMessage, str]:
        """Send one request; return status, headers and text of the answer."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=TIMEOUT_S, source_address=(self._host, 0)
        )
        headers = {"Cookie": cookies} if cookies else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()


def with_given(session: str, headers: HTTPMessage) -> str:
    """Return all cookies that a browser sends after an answer with these headers."""
    given = headers.get_all("Set-Cookie") or []
    return "; ".join([session, *(each.partition(";")[0] for each in given)])


class Client(threading.Thread):
    """One address from which some of the people come, one after the other."""

    def __init__(self, number: int, port: int, page: str, sessions: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._ask = Address(number).ask
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
        opened = self._open(session)
        place = urlsplit(self._sent(self._port, opened.path, opened.cookies, opened.fields))
        if "/pay/" not in place.path or place.port is None:
            raise RuntimeError(f"the pledge led to {place.geturl()}")
        self._read(place.port, place.path, "")
        back = self._sent(place.port, place.path, "", {"card": CARD, "confirmed": "1"})
        if not back.endswith("/return"):
            raise RuntimeError(f"the bank led to {back}")

    def _open(self, session: str) -> Opened:
        headers, body = self._read(self._port, self._page, session)
        form = _FORM.search(body)
        if form is None:
            raise RuntimeError(f"{self._page} has no form")
        inputs = [dict(_WORD.findall(each)) for each in _INPUT.findall(form[1])]
        fields = {each["name"]: html.unescape(each.get("value", "")) for each in inputs}
        return Opened(with_given(session, headers), self._page.partition("?")[0], fields)

    def _read(self, port: int, path: str, cookies: str) -> tuple[HTTPMessage, str]:
        status, headers, body = self._ask(port, "GET", path, cookies)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}: {body[:200]}")
        return headers, body

    def _sent(self, port: int, path: str, cookies: str, fields: Mapping[str, str]) -> str:
        """Send a form, and return where its answer leads."""
        status, headers, body = self._ask(port, "POST", path, cookies, urlencode(fields))
        if status != 303:
            raise RuntimeError(f"{path} answered {status}: {body[:200]}")
        return headers["Location"]
