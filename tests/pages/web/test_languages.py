"""A language that is not English: every sentence is its own, and nothing is cut or left behind.

The language is made up: every sentence of the catalogue in brackets. What stands on a page without
brackets was written past gettext.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask

from marketplace.web import locale
from tests.builders.identity import a_person, signed_in
from tests.page_client import Page, PageClient
from translations import make_messages

OPENING, CLOSING = "⟦", "⟧"
PUBLIC = (
    *("/", "/projects", "/loans", "/borrow", "/how-it-works", "/fees", "/risks", "/help"),
    *("/who-holds-the-money", "/terms", "/privacy", "/accessibility", "/proof"),
    *("/sign-in", "/sign-up", "/reset", "/nowhere"),
)
OWN = (
    *("/my/money", "/my/pledges", "/my/notes", "/my/wallet", "/my/campaigns", "/my/loans"),
    *("/my/campaigns/new", "/borrow/apply", "/account", "/account/payouts", "/account/sessions"),
    *("/my/wallet/top-up", "/my/wallet/withdraw", "/my/auto-invest/new", "/my/portfolio"),
)
STATUSES = {"/nowhere": 404}
# Names, codes and figures, which are the same in every language.
NAMES = re.compile(
    r"Bracketed|Kindling|Harbour Escrow \(simulator\)|Ada|English|UTC|CSV|[A-Z]{3}|\b[A-G]\b"
    r"|[\w.]+@[\w.]+|wallet|Firefox|Linux|Mozilla|[0-9a-f]{16}"
)


@pytest.fixture
def bracketed(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The site in a language in which every sentence stands in brackets."""
    folder = tmp_path / "zh_Hans/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.mo").write_bytes(_bracketed())
    babel = app.extensions["babel"]
    monkeypatch.setattr(babel, "translation_directories", [str(tmp_path)])
    monkeypatch.setitem(locale.LANGUAGES, "zh-Hans", "Bracketed")
    babel.instance.domain_instance.cache.clear()
    yield
    babel.instance.domain_instance.cache.clear()


@cache
def _bracketed() -> bytes:
    # To collect the sentences takes longer than to read all the pages.
    made = Catalog(locale="zh_Hans")
    for message in make_messages.catalogue():
        if message.id:
            last = message.id[-1] if isinstance(message.id, tuple) else message.id
            words = f"{OPENING}{last}{CLOSING}"
            made.add(message.id, (words,) if message.pluralizable else words)
    file = BytesIO()
    write_mo(file, made)
    return file.getvalue()


def _bare(page: Page) -> list[str]:
    """Return what a reader sees that was never given to gettext."""
    return [
        text
        for text in _texts(next(iter(page.tree.iter("body"))))
        if OPENING not in text and re.search(r"[A-Za-z]{2,}", NAMES.sub("", text))
    ]


def _texts(element: Element) -> Iterator[str]:
    if (
        element.tag in {"script", "style"}
        or element.tag == "option"
        or not isinstance(element.tag, str)
    ):
        return
    for name in ("aria-label", "alt", "title", "placeholder"):
        yield element.get(name) or ""
    yield _said(element)
    for child in element:
        yield from _texts(child)


def _said(element: Element) -> str:
    """Return the words of an element itself, a sentence broken by marks taken as one."""
    return " ".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def test_no_public_page_says_anything_in_english_only(visitor: PageClient, bracketed: None) -> None:
    visitor.client.set_cookie(locale.COOKIE, "zh-Hans")

    pages = {path: visitor.get(path, status=STATUSES.get(path, 200)) for path in PUBLIC}

    assert all(OPENING in page.h1 for page in pages.values())
    assert {path: bare for path, page in pages.items() if (bare := _bare(page))} == {}


def test_no_page_of_a_person_says_anything_in_english_only(
    visitor: PageClient, bracketed: None
) -> None:
    signed_in(visitor, a_person("Ada"))
    visitor.client.set_cookie(locale.COOKIE, "zh-Hans")

    pages = {path: visitor.get(path) for path in OWN}

    assert {path: bare for path, page in pages.items() if (bare := _bare(page))} == {}


def test_the_switch_offers_a_second_language_as_soon_as_there_is_one(
    visitor: PageClient, bracketed: None
) -> None:
    home = visitor.get("/")
    after = visitor.send(home, "locale", press=("locale", "zh-Hans"))

    there = visitor.follow(after)
    assert OPENING in there.h1
    assert next(iter(there.tree.iter("html"))).get("lang") == "zh-Hans"


def test_a_language_that_nobody_has_is_english(visitor: PageClient) -> None:
    visitor.client.set_cookie(locale.COOKIE, "tlh")

    assert next(iter(visitor.get("/").tree.iter("html"))).get("lang") == "en"
