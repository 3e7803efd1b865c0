"""What the page cache keeps, for whom, for how long, and how much of it."""

from __future__ import annotations

import pytest
from flask import Flask, Response, make_response, request
from werkzeug.test import Client

from marketplace.kernel import clock
from marketplace.web import page_cache
from marketplace.web.page_cache import PageCache, cached_for_visitors


class Watch:
    """A stop watch in place of the machine's."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        """Tell the seconds."""
        return self.at


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    held = Watch()
    monkeypatch.setattr(clock, "monotonic", held)
    return held


@pytest.fixture
def site() -> Flask:
    """A page that counts how often it was made, one that sets a cookie, one that is not marked."""
    app = Flask("counting")
    made = {"count": 0}

    def count(body: str = "") -> Response:
        made["count"] += 1
        words = (request.accept_languages.best or "", request.cookies.get("theme", ""))
        return make_response(f"made {made['count']} {' '.join(words)} {body}".strip())

    @app.get("/kept")
    @cached_for_visitors
    def kept() -> Response:
        return count()

    @app.get("/large")
    @cached_for_visitors
    def large() -> Response:
        return count("x" * int(request.args["size"]))

    @app.get("/cookie")
    @cached_for_visitors
    def cookie() -> Response:
        response = count()
        response.set_cookie("form", "token")
        return response

    @app.get("/missing")
    @cached_for_visitors
    def missing() -> Response:
        response = count()
        response.status_code = 404
        return response

    @app.get("/own")
    def own() -> Response:
        return count()

    app.wsgi_app = PageCache(app.wsgi_app)  # type: ignore[assignment]
    return app


def asked(site: Flask, path: str = "/kept", cookie: str = "", language: str = "") -> str:
    """The page as somebody with these headers gets it."""
    headers = {"Cookie": cookie, "Accept-Language": language}
    client = Client(site, use_cookies=False)
    return client.get(path, headers={k: v for k, v in headers.items() if v}).text


@pytest.mark.usefixtures("watch")
class TestKept:
    def test_the_second_visitor_gets_the_page_of_the_first(self, site: Flask) -> None:
        assert asked(site) == asked(site) == "made 1"

    def test_a_page_is_made_anew_after_a_second(self, site: Flask, watch: Watch) -> None:
        asked(site)

        watch.at += 1.0

        assert asked(site) == "made 2"

    @pytest.mark.parametrize(
        "cookie", ["kindling_session=token", "form=csrf", "theme=dark; kindling_session=token"]
    )
    def test_nobody_with_a_cookie_of_their_own_gets_or_leaves_a_kept_page(
        self, site: Flask, cookie: str
    ) -> None:
        asked(site)

        assert asked(site, cookie=cookie).startswith("made 2")
        assert asked(site) == "made 1"

    def test_pages_differ_by_language_theme_and_query(self, site: Flask) -> None:
        asked(site)

        assert asked(site, language="de") == "made 2 de"
        assert asked(site, cookie="theme=dark") == "made 3  dark"
        assert asked(site, path="/kept?page=2") == "made 4"
        assert asked(site, cookie="theme=dark") == "made 3  dark"

    def test_wishes_too_long_to_tell_apart_are_not_kept(self, site: Flask) -> None:
        long = "theme=" + "x" * 300

        assert asked(site, cookie=long + "1").startswith("made 1")
        assert asked(site, cookie=long + "2").startswith("made 2")

    @pytest.mark.parametrize("path", ["/own", "/cookie", "/missing"])
    def test_what_is_not_marked_sets_a_cookie_or_failed_is_made_each_time(
        self, site: Flask, path: str
    ) -> None:
        asked(site, path=path)

        assert asked(site, path=path) == "made 2"

    def test_the_mark_is_seen_by_nobody_and_the_way_is_told_what_pages_depend_on(
        self, site: Flask
    ) -> None:
        first, kept = (Client(site).get("/kept") for _ in range(2))

        for answer in (first, kept):
            assert answer.headers["Vary"] == "Cookie, Accept-Language"
            assert not [
                name for name, _value in answer.headers.to_wsgi_list() if "keep" in name.lower()
            ]


@pytest.mark.usefixtures("watch")
class TestBounds:
    def test_the_oldest_page_goes_when_there_are_too_many(
        self, site: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page_cache, "_PAGES_MAX", 2)
        for number in range(3):
            asked(site, path=f"/kept?page={number}")

        assert asked(site, path="/kept?page=2") == "made 3"
        assert asked(site, path="/kept?page=0") == "made 4"

    def test_the_oldest_page_goes_when_they_weigh_too_much(
        self, site: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page_cache, "_BYTES_MAX", 250)
        for number in range(3):
            asked(site, path=f"/large?size=100&page={number}")

        assert asked(site, path="/large?size=100&page=2").startswith("made 3")
        assert asked(site, path="/large?size=100&page=0").startswith("made 4")

    def test_a_page_larger_than_any_should_be_is_not_kept(
        self, site: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page_cache, "_BODY_BYTES_MAX", 50)
        asked(site, path="/large?size=100")

        assert asked(site, path="/large?size=100").startswith("made 2")
