"""Carries notices to the site: signed when they are posted, again and again until they arrive."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

import httpx

from tests.standin.account import Stripe

Post = Callable[[str, bytes, Mapping[str, str]], int]

TRIES_MAX: Final = 12
PAUSE_S: Final = 0.2


def deliver(account: Stripe, post: Post) -> int:
    """Post everything that is due; how many arrived. Who fails is tried again later."""
    arrived = 0
    with account.lock:
        account.tick()
        due = [n for n in account.notices if "done" not in n and n["at"] <= account.now()]
    for notice in due:
        answers = [
            post(notice["path"], notice["body"].encode(), account.signed(notice))
            for _ in range(account.copies)
        ]
        with account.lock:
            notice["tries"] += 1
            if set(answers) == {200} or notice["tries"] >= TRIES_MAX:
                notice["done"] = answers[-1]
                arrived += 1
            else:
                notice["at"] = account.now() + min(2 ** notice["tries"], 3_600)
    if due:
        with account.lock:
            account.keep()
    return arrived


def poster(site: str) -> Post:
    """Post over the network; an address that does not answer counts as a failure."""

    def post(path: str, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            return httpx.post(
                site + path, content=body, headers=dict(headers), timeout=10
            ).status_code
        except httpx.HTTPError:
            return 0

    return post


def run(account: Stripe, site: str, stop: threading.Event) -> None:
    """Deliver until told to stop."""
    post = poster(site)
    while not stop.wait(PAUSE_S):
        deliver(account, post)
