"""The stand-in on loopback: its API, its pages, and a door for those who test with it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from tests.standin import pages
from tests.standin.account import (
    OF_ORDERS,
    ORDER_LOST,
    OTHER_TROUBLES,
    TROUBLES,
    Asked,
    Stripe,
    said_in,
)
from tests.standin.book import Answer, Json

SILENCE_S: Final = 1.0


class Handler(BaseHTTPRequestHandler):
    """Reads a request, breaks what shall break, answers."""

    protocol_version = "HTTP/1.1"
    stripe: Stripe

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/control":
            self._json((200, _report(self.stripe)))
        elif parts.path.startswith(("/v1/", "/v2/")):
            self._serve(parts.path, said_in(parts.path, parts.query, ""))
        else:
            with self.stripe.lock:
                self.stripe.tick()
                self._page(pages.get(self.stripe, parts.path.strip("/").split("/")))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        path = urlsplit(self.path).path
        if path == "/control":
            self._json(_control(self.stripe, json.loads(body)))
        elif path.startswith(("/v1/", "/v2/")):
            self._serve(path, said_in(path, "", body))
        else:
            with self.stripe.lock:
                said = dict(parse_qsl(body))
                self._page(pages.post(self.stripe, path.strip("/").split("/"), said))
                self.stripe.keep()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def _serve(self, path: str, said: Json) -> None:
        trouble = self._trouble()
        headers = {name.lower(): value for name, value in self.headers.items()}
        if trouble in {"lost", *TROUBLES}:
            self.stripe.asked.append(Asked(self.command, path, said, headers))
            answer = _broken(trouble) if trouble in TROUBLES else None
        else:
            answer = self.stripe.answer(self.command, path, said, headers, trouble)
        if trouble == "silent":
            time.sleep(SILENCE_S)
        if answer is None or trouble in {"answer_lost", ORDER_LOST}:
            self.close_connection = True
            return
        self._send(
            answer[0],
            "application/json",
            b"<html>" if trouble == "garbled" else json.dumps(answer[1]).encode(),
        )

    def _trouble(self) -> str:
        """What shall go wrong with this call; some of it waits for an order."""
        waiting = self.stripe.trouble
        if not waiting or (waiting[0] in OF_ORDERS and self.command == "GET"):
            return ""
        return waiting.pop(0)

    def _json(self, answer: Answer) -> None:
        self._send(answer[0], "application/json", json.dumps(answer[1]).encode())

    def _page(self, page: pages.Page) -> None:
        if page[0] == pages.SEE_OTHER:
            self._send(303, "text/plain", b"", Location=page[1])
        else:
            self._send(page[0], "text/html; charset=utf-8", page[1].encode())

    def _send(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _broken(trouble: str) -> Answer:
    status, kind, code = TROUBLES[trouble]
    return status, {"error": {"type": kind, "code": code or None, "message": trouble}}


def _report(account: Stripe) -> Json:
    """What a test wants to know."""
    with account.lock:
        return {
            "asked": len(account.asked),
            "mistakes": list(account.mistakes),
            "waiting": sum(1 for each in account.notices if "done" not in each),
            "balance": account.balance(),
            "troubles": [*TROUBLES, *OTHER_TROUBLES],
        }


def _control(account: Stripe, said: Json) -> Answer:
    """Break the next calls, or post each notice several times."""
    with account.lock:
        account.trouble += [str(each) for each in said.get("trouble", ())]
        account.copies = int(said.get("copies", account.copies))
        return 200, _report(account)


@contextmanager
def served(account: Stripe, port: int = 0) -> Iterator[Any]:
    """Make `account` reachable until the end of the block."""
    handler = type("Of", (Handler,), {"stripe": account})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        account.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
