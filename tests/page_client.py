"""A visitor for tests: reads pages as a person would and judges each one as HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

CONTROLS = {"input", "select", "textarea"}
UNLABELLED_INPUTS = {"hidden", "submit", "button", "image"}


@dataclass
class Form:
    """One form of a page, with what it would send as it stands."""

    action: str
    method: str
    fields: MultiDict[str, Any]
    element: Element


class Page:
    """One answer of the site."""

    def __init__(self, response: TestResponse, path: str) -> None:
        self.response = response
        self.path = path
        self.status = response.status_code
        self.location = response.headers.get("Location", "")
        self.is_html = response.mimetype == "text/html" and self.status not in {302, 303}
        self.markup = response.get_data(as_text=True) if self.is_html else ""
        if self.is_html:
            parser = html5lib.HTMLParser(namespaceHTMLElements=False, strict=False)
            self.tree = parser.parse(self.markup)
            self.parse_errors = parser.errors

    @property
    def text(self) -> str:
        """All words of the page, white space folded."""
        return words(self.tree)

    @property
    def plain(self) -> str:
        """The same, with plain spaces where lines may not break, as beside a figure."""
        return self.text.replace("\xa0", " ")

    @property
    def h1(self) -> str:
        """The heading of the page."""
        return words(next(iter(self.tree.iter("h1"))))

    @property
    def title(self) -> str:
        """The title of the document."""
        return words(next(iter(self.tree.iter("title"))))

    @property
    def links(self) -> dict[str, str]:
        """Words of each link → its address (the first of equal words wins)."""
        found: dict[str, str] = {}
        for link in self.tree.iter("a"):
            found.setdefault(words(link), link.get("href", ""))
        return found

    @property
    def errors(self) -> list[str]:
        """The sentences of the error summary."""
        for element in self.tree.iter():
            if "error-summary" in (element.get("class") or "").split():
                return [words(item) for item in element.iter("li")]
        return []

    @property
    def forms(self) -> list[Form]:
        """All forms of the page."""
        return [self._form(element) for element in self.tree.iter("form")]

    def form(self, part_of_action: str = "", *, method: str = "post") -> Form:
        """Return the first form whose action ends with, else contains, `part_of_action`."""
        forms = [form for form in self.forms if form.method == method]
        for fits in (str.endswith, str.__contains__):
            for form in forms:
                if fits(form.action, part_of_action):
                    return form
        actions = [(form.method, form.action) for form in self.forms]
        raise AssertionError(f"no {method} form to …{part_of_action}… among {actions}")

    def _form(self, element: Element) -> Form:
        fields: MultiDict[str, Any] = MultiDict()
        for control in self._controls(element):
            if control.tag in CONTROLS and control.get("name") and control.get("disabled") is None:
                for value in _values(control):
                    fields.add(control.get("name", ""), value)
        action = element.get("action") or self.path
        return Form(action, (element.get("method") or "get").lower(), fields, element)

    def _controls(self, form: Element) -> Iterator[Element]:
        """Yield what stands in `form` and what names it, as a browser gathers them."""
        yield from form.iter()
        if name := form.get("id"):
            yield from (one for one in self.tree.iter() if one.get("form") == name)


class PageClient:
    """A browser without a window. Every page it fetches must obey the laws below."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, *, status: int = 200) -> Page:
        """Fetch a page and insist on its status."""
        return self._judged(alone(self.client.get, path), path, status)

    def follow(self, page: Page) -> Page:
        """Go where an answer sends us."""
        assert page.location, f"{page.path} answered {page.status} without sending us anywhere"
        return self.get(local(page.location))

    def send(
        self,
        page: Page,
        to: str = "",
        *,
        status: int = 303,
        press: tuple[str, str] | None = None,
        **typed: Any,
    ) -> Page:
        """Fill in the form of `page` whose action contains `to` and send it."""
        form = page.form(to)
        data = MultiDict(form.fields)
        for name, value in typed.items():
            data.setlist(name, value if isinstance(value, list) else [value])
        if press:
            data[press[0]] = press[1]
        return self._judged(self._post(form, data), form.action, status)

    def post(self, path: str, data: dict[str, Any], *, status: int = 303) -> Page:
        """Send a bare request, as a script would."""
        return self._judged(alone(self.client.post, path, data=data), path, status)

    def _post(self, form: Form, data: MultiDict[str, Any]) -> TestResponse:
        kind = form.element.get("enctype") or "application/x-www-form-urlencoded"
        return alone(self.client.post, local(form.action), data=data, content_type=kind)

    def _judged(self, response: TestResponse, path: str, status: int) -> Page:
        page = Page(response, path)
        if page.status != status:
            seen = page.text[:1500] if page.is_html else response.get_data(as_text=True)[:500]
            raise AssertionError(f"{path}: {page.status} {page.location}, not {status}: {seen}")
        if page.is_html:
            check_laws(page)
        return page


def alone(ask: Callable[..., TestResponse], *args: Any, **kwargs: Any) -> TestResponse:
    """Ask in a fresh context, as a server would: else requests share the test's own `g`."""
    return Context().run(ask, *args, **kwargs)


def local(url: str) -> str:
    """Return the path and query of `url`."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def words(element: Element) -> str:
    """Return the text of `element` as a person reads it."""
    return " ".join("".join(_texts(element)).split())


def check_laws(page: Page) -> None:
    """Hold the laws that every page obeys; the message says which is broken where."""
    for law in LAWS:
        for complaint in law(page):
            raise AssertionError(f"{page.path}: {complaint}")


def _one_h1(page: Page) -> Iterator[str]:
    count = len(list(page.tree.iter("h1")))
    if count != 1:
        yield f"{count} h1 elements, not one"


def _title_is_the_heading(page: Page) -> Iterator[str]:
    title = page.title.removeprefix("Error: ")
    if not title.startswith(page.h1[:60]):
        yield f"the title {title!r} does not start with the heading {page.h1!r}"


def _ids_are_unique(page: Page) -> Iterator[str]:
    ids = [element.get("id") for element in page.tree.iter() if element.get("id")]
    for twice in {one for one in ids if ids.count(one) > 1}:
        yield f"id {twice!r} stands {ids.count(twice)} times"


def _controls_are_labelled(page: Page) -> Iterator[str]:
    labelled = {label.get("for") for label in page.tree.iter("label")}
    for control in page.tree.iter():
        if control.tag not in CONTROLS or control.get("type") in UNLABELLED_INPUTS:
            continue
        if control.get("id") in labelled or control.get("aria-label"):
            continue
        if not control.get("aria-labelledby") and not _inside_label(page.tree, control):
            yield f"control {control.get('name')!r} has no label"


def _forms_carry_their_token(page: Page) -> Iterator[str]:
    for form in page.forms:
        exempt = form.action.startswith("/preferences/")
        if form.method == "post" and not exempt and "csrf_token" not in form.fields:
            yield f"the form to {form.action} carries no CSRF token"


def _nothing_inline(page: Page) -> Iterator[str]:
    for element in page.tree.iter():
        if element.tag == "style" or element.get("style") is not None:
            yield f"inline style on <{element.tag}>"
        is_data = element.get("type") == "application/ld+json"  # which nothing runs
        if element.tag == "script" and not element.get("src") and not is_data:
            yield "inline script"
        for name in element.attrib:
            if str(name).startswith("on"):
                yield f"inline handler {name} on <{element.tag}>"


def _times_are_machine_readable(page: Page) -> Iterator[str]:
    for element in page.tree.iter("time"):
        if not element.get("datetime"):
            yield f"<time>{words(element)}</time> has no datetime"


def _language_is_said(page: Page) -> Iterator[str]:
    html = page.tree if page.tree.tag == "html" else next(iter(page.tree.iter("html")))
    if not html.get("lang") or not html.get("dir"):
        yield "no lang or dir on <html>"


def _links_say_where(page: Page) -> Iterator[str]:
    for link in page.tree.iter("a"):
        if link.get("aria-hidden") == "true":
            continue  # a picture that repeats the link beside it
        said = words(link) or link.get("aria-label") or ""
        if not said and not any(image.get("alt") for image in link.iter("img")):
            yield f"a link to {link.get('href')} says nothing"
        if said.lower() in {"here", "click here", "more", "link"}:
            yield f"a link to {link.get('href')} only says {said!r}"


def _pictures_have_words(page: Page) -> Iterator[str]:
    for image in page.tree.iter("img"):
        if image.get("alt") is None:
            yield f"picture {image.get('src')} has no alternative text"


def _is_well_formed(page: Page) -> Iterator[str]:
    ignored = {"unexpected-end-tag-treated-as"}
    for _position, code, details in page.parse_errors:
        if code not in ignored:
            yield f"HTML error {code} {details}"


LAWS = (
    _one_h1,
    _title_is_the_heading,
    _ids_are_unique,
    _controls_are_labelled,
    _forms_carry_their_token,
    _nothing_inline,
    _times_are_machine_readable,
    _language_is_said,
    _links_say_where,
    _pictures_have_words,
    _is_well_formed,
)


def _texts(element: Element) -> Iterator[str]:
    if element.tag in {"script", "style", "template"} or not isinstance(element.tag, str):
        return
    yield element.text or ""
    for child in element:
        yield from _texts(child)
        yield " " if child.tag in {"br", "p", "div", "li", "td", "th", "dt", "dd"} else ""
        yield child.tail or ""


def _inside_label(tree: Element, control: Element) -> bool:
    return any(control in list(label.iter()) for label in tree.iter("label"))


def _values(control: Element) -> list[str]:
    if control.tag == "textarea":
        return [(control.text or "").removeprefix("\n")]
    if control.tag == "select":
        options = list(control.iter("option"))
        chosen = [one for one in options if one.get("selected") is not None] or options[:1]
        return [one.get("value", words(one)) for one in chosen]
    kind = control.get("type", "text")
    if kind in {"checkbox", "radio"}:
        return [control.get("value", "on")] if control.get("checked") is not None else []
    if kind in {"submit", "button", "image", "file"}:
        return []
    return [control.get("value", "")]
