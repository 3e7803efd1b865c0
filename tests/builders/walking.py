"""People who follow every link and send every GET form, and note what is wrong on their way."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.page_client import LAWS, Page, PageClient, alone

# As many addresses of one route as are looked at by one person: the rest look alike.
ALIKE_MAX = 4
STARTS = ("/", "/styleguide", "/my/money")
# A stranger's hand on these ends the walk.
NEVER = ("/sign-out",)
FINE = {200, 302, 303}


@dataclass
class Walk:
    """One person following every link and sending every GET form, from the front page on."""

    app: Flask
    visitor: PageClient
    name: str
    complaints: list[str] = field(default_factory=list)
    pages: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _alike: Counter[str] = field(default_factory=Counter)

    def run(self) -> list[str]:
        """Walk until nothing new is offered; return what was wrong."""
        open_ways = deque((path, "the start") for path in STARTS)
        while open_ways:
            path, source = open_ways.popleft()
            if self._is_new(path):
                open_ways.extend((way, path) for way in self._visit(path, source))
        return self.complaints

    def _is_new(self, path: str) -> bool:
        if path in self._seen or path.startswith(NEVER):
            return False
        self._seen.add(path)
        route = self._route(path)
        self._alike[route] += 1
        return self._alike[route] <= ALIKE_MAX

    def _route(self, path: str) -> str:
        try:
            endpoint, facts = self.app.url_map.bind("localhost").match(urlsplit(path).path)
        except HTTPException:
            return path
        return path if endpoint == "static" else f"{endpoint} {facts.get('tab', '')}"

    def _visit(self, path: str, source: str) -> list[str]:
        response = alone(self.visitor.client.get, path, buffered=True)
        page = Page(response, path)
        self.pages += 1
        if page.status not in FINE:
            self._complain(f"{path} answers {page.status}, linked from {source}")
        if page.location:
            return list(_local([page.location], path))
        if not page.is_html:
            return []
        self.kinds.setdefault(self._route(path), path)
        for law in LAWS:
            for complaint in law(page):
                self._complain(f"{path}: {complaint}")
        for fragment in _dead_fragments(page):
            self._complain(f"{path} links to #{fragment}, which is not there")
        return list(_local(_addresses(page), path))

    def _complain(self, words: str) -> None:
        self.complaints.append(f"{self.name}: {words}")


def _addresses(page: Page) -> Iterator[str]:
    for element in page.tree.iter():
        if element.tag in {"a", "link"} and element.get("href"):
            yield element.get("href", "")
        if element.tag in {"img", "script"} and element.get("src"):
            yield element.get("src", "")
        yield from re.findall(r"(\S+)\s+\d+w", element.get("srcset") or "")
    for form in page.forms:
        if form.method == "get":
            yield f"{form.action}?{urlencode(list(form.fields.items(multi=True)))}"


def _dead_fragments(page: Page) -> Iterator[str]:
    ids = {element.get("id") for element in page.tree.iter()}
    for link in page.tree.iter("a"):
        href = link.get("href", "")
        if href.startswith("#") and len(href) > 1 and href[1:] not in ids:
            yield href[1:]


def _local(addresses: Iterator[str] | list[str], base: str) -> Iterator[str]:
    for address in addresses:
        parts = urlsplit(urljoin(f"http://localhost{base}", address))
        if parts.netloc == "localhost" and parts.scheme == "http":
            yield parts.path + (f"?{parts.query}" if parts.query else "")
