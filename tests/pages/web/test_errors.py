"""Pages for what goes wrong."""

from __future__ import annotations

from tests.page_client import PageClient


def test_an_unknown_address_says_so_and_where_to_go(visitor: PageClient) -> None:
    page = visitor.get("/nowhere", status=404)

    assert page.h1 == "Page not found"
    assert "Check the address" in page.text


def test_every_answer_carries_a_strict_policy_and_a_request_id(visitor: PageClient) -> None:
    page = visitor.get("/nowhere", status=404)

    assert page.response.headers["X-Request-Id"] in page.text
    assert "script-src 'self'" in page.response.headers["Content-Security-Policy"]
    assert page.response.headers["X-Content-Type-Options"] == "nosniff"
