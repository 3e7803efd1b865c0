"""Tables as tests read them: by caption and heading on the page, by line in the download."""

from __future__ import annotations

import csv
import io
from xml.etree.ElementTree import Element

from tests.page_client import Page, PageClient, words


def table(page: Page, caption: str) -> list[dict[str, str]]:
    """Return the rows of the first table whose caption holds `caption`, by heading."""
    for element in page.tree.iter("table"):
        if caption in _text(element.find("caption")):
            head, body = element.find("thead"), element.find("tbody")
            assert head is not None
            assert body is not None
            headings = [words(cell) for cell in head.iter("th")]
            return [
                dict(zip(headings, [words(cell) for cell in row], strict=True))
                for row in body.iter("tr")
                if len(row) == len(headings)
            ]
    raise AssertionError(f"no table {caption!r} on {page.path}")


def figure(page: Page, label: str) -> str:
    """Return the key figure with this label."""
    for each in page.tree.iter("div"):
        name, value = each.find("dt"), each.find("dd")
        if name is not None and value is not None and words(name) == label:
            return words(value)
    raise AssertionError(f"no figure {label!r} on {page.path}")


def download(client: PageClient, path: str) -> list[list[str]]:
    """Return the lines of a list as its download gives them, the heading first."""
    response = client.client.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)[:500]
    assert response.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(response.get_data(as_text=True), newline="")))


def _text(element: Element | None) -> str:
    return "" if element is None else words(element)
