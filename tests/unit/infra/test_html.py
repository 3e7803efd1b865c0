"""What people write is kept; what could act is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.infra.html import (
    LENGTH_MAX,
    MARKS_MAX,
    Illustration,
    sanitise,
    stripped,
    tangled,
    words,
)

LINK = '<a rel="noopener nofollow ugc" href="{}">x</a>'


@pytest.mark.parametrize(
    "kept",
    [
        "<h2>Why</h2><p>A <strong>lamp</strong> of <em>clay</em>.</p>",
        "<ul><li>one</li><li>two</li></ul>",
        "<blockquote>It burns.</blockquote>",
        '<table><tbody><tr><th scope="col">a</th></tr></tbody></table>',
        "<p>1 &lt; 2 &amp; 3</p>",
        "<p>灯と光 — naïve</p>",
    ],
)
def test_a_story_stays_as_it_was_written(kept: str) -> None:
    assert sanitise(kept) == kept


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a?b=c#d", "http://example.org", "mailto:me@x.test", "/fees", "#b"],
)
def test_a_link_stays_and_gives_nothing_away(address: str) -> None:
    assert sanitise(f'<a href="{address}">x</a>') == LINK.format(address)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "javascript:1",
        " javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java&#10;script:alert(1)",
        "&#106;avascript:alert(1)",
        "\x01javascript:alert(1)",
        "vbscript:1",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "evil",
    ],
)
def test_a_link_that_could_act_loses_its_address(address: str) -> None:
    assert sanitise(f'<a href="{address}">x</a>') == "<a>x</a>"


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<p>a</p><script>alert(1)</script>", "<p>a</p>"),
        ("<p onclick=alert(1)>a</p>", "<p>a</p>"),
        ('<p style="position:fixed" class="x" id="y">a</p>', "<p>a</p>"),
        ("<img src=x onerror=alert(1)>a", "a"),
        ("<svg onload=alert(1)><circle/></svg>a", "a"),
        ("<iframe src=https://evil></iframe>a", "a"),
        ("<style>p{display:none}</style><p>a</p>", "<p>a</p>"),
        ("<!-- a --><p>b</p>", "<p>b</p>"),
        ("<form action=/x><input name=y></form>", ""),
        ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"),
        ('<noscript><p title="</noscript><img src=x onerror=alert(1)>">', ""),
        ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<table></table>"),
    ],
)
def test_what_could_act_is_taken_out(dirty: str, clean: str) -> None:
    found = sanitise(dirty)

    assert "<script" not in found
    assert "onerror" not in found
    if clean != "ipt&gt;alert(1)":
        assert found == clean


@given(st.text(alphabet="<>/\"'=& ascriptonevlgm:x1\n", max_size=60))
def test_cleaning_is_stable_and_leaves_only_what_is_allowed(text: str) -> None:
    once = sanitise(text)

    assert sanitise(once) == once
    assert stripped(once) == []
    assert not re.search(r"<[a-z0-9]+[^>]* on[a-z]+=", re.sub(r'"[^"]*"', '""', once))


OWN = Illustration("/media/large", "/media/small 480w", "A clay lamp", 1600, 1067)
PICTURES = {"pic_1": OWN, "/media/large": OWN}


class TestPictures:
    @pytest.mark.parametrize(
        ("written", "alt"),
        [
            ('<img src="pic_1">', "A clay lamp"),
            ('<img src="/media/large" alt=" ">', "A clay lamp"),
            ('<img src="pic_1" alt="The &quot;first&quot; one">', "The &quot;first&quot; one"),
            ('<img onerror=alert(1) src=pic_1 style="x" alt=Lit>', "Lit"),
        ],
    )
    def test_our_own_is_written_anew_and_always_has_words(self, written: str, alt: str) -> None:
        shown = sanitise(f"<p>a</p>{written}", PICTURES)

        assert shown == (
            f'<p>a</p><img src="/media/large" alt="{alt}" srcset="/media/small 480w"'
            ' sizes="(min-width: 70rem) 44rem, 92vw" width="1600" height="1067" loading="lazy">'
        )
        assert sanitise(shown, PICTURES) == shown
        assert stripped(shown, PICTURES) == []

    @pytest.mark.parametrize(
        "address",
        ["https://evil.example/x.png", "//evil.example/x", "data:image/png,x", "/media/other", ""],
    )
    def test_any_other_goes_and_is_named_by_its_address(self, address: str) -> None:
        written = f'<p>a</p><img src="{address}" alt="x">'

        assert sanitise(written, PICTURES) == "<p>a</p>"
        assert stripped(written, PICTURES) == [f"img {address}".strip()]


def test_what_was_taken_out_is_named_once_each() -> None:
    assert stripped("<p>a</p><img><script></script><img>") == ["img", "script"]
    links = '<a href="javascript:act()">a</a> <a href="/faq">b</a> <a href="mailto:a@b.c">c</a>'
    assert stripped(links) == ["a javascript:act()"]


def test_a_story_that_is_too_long_is_no_story() -> None:
    with pytest.raises(ValueError, match="longer"):
        sanitise("x" * (LENGTH_MAX + 1))


@pytest.mark.parametrize("mark", ["<ul><li>", '<a href="', "<b><p>", "<!--"])
def test_a_tangle_of_tags_is_refused_before_it_is_read(mark: str) -> None:
    text = mark * MARKS_MAX
    assert tangled(text + "<")

    with pytest.raises(ValueError, match="tangled"):
        sanitise(text + "<")


def test_words_are_the_text_alone() -> None:
    assert words("<h2>Why</h2><p>A <em>lamp</em>\n of clay</p>") == "Why A lamp of clay"
    assert words("<p>Oil &amp; clay, 1 &lt; 2</p>") == "Oil & clay, 1 < 2"
