"""HTML that people write: cleaned once, when it is stored. The only place that knows bleach."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

import bleach
from bleach.css_sanitizer import CSSSanitizer

TAGS: Final = frozenset(
    {
        *("p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "code"),
        *("strong", "b", "em", "i", "s", "sub", "sup", "a", "figure", "figcaption"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
)
PROTOCOLS: Final = frozenset({"https", "http", "mailto"})
ATTRIBUTES: Final = {"a": ["href", "title"], "th": ["scope", "colspan"], "td": ["colspan"]}
_ADDRESS: Final = re.compile(r"https?://|mailto:|[/#]", re.IGNORECASE)
LENGTH_MAX: Final = 100_000
MARKS_MAX: Final = 2_500  # reading takes the square of it: this many are read within two seconds

# What stands inside these is code, not words: it goes with its tag.
_WITH_CONTENT: Final = frozenset({"script", "style", "noscript", "template", "iframe", "object"})


def sanitise(text: str) -> str:
    """Return `text` with only the tags, attributes and link schemes we allow.

    Links get `rel="noopener nofollow ugc"`. The result is stable: cleaning it again changes
    nothing. Text longer than `LENGTH_MAX`, or tangled, is a ValueError (forms refuse it earlier).
    """
    if len(text) > LENGTH_MAX or tangled(text):
        raise ValueError("text is longer than a story may be, or tangled")
    cleaned = bleach.clean(
        _without_code(text),
        tags=TAGS,
        attributes=_allowed,
        protocols=PROTOCOLS,
        css_sanitizer=CSSSanitizer(allowed_css_properties=[]),
        strip=True,
        strip_comments=True,
    )
    return cleaned.replace("<a ", '<a rel="noopener nofollow ugc" ').strip()


def tangled(text: str) -> bool:
    """Whether `text` holds more tags, whole or broken, than anybody needs to tell a story."""
    return text.count("<") > MARKS_MAX


def _allowed(tag: str, name: str, value: str) -> bool:
    if (tag, name) == ("a", "href"):
        # bleach lets pass what looks like host and port to it, such as `javascript:1`.
        return _ADDRESS.match(value) is not None
    return name in ATTRIBUTES.get(tag, ())


def stripped(text: str) -> list[str]:
    """Return the names of tags in `text` that `sanitise` takes out, in order of appearance."""
    return [tag for tag in dict.fromkeys(_Tags.of(text)) if tag not in TAGS]


def words(markup: str) -> str:
    """Return the plain text of cleaned `markup`, for summaries and search."""
    text = bleach.clean(markup.replace("<", " <"), tags=set(), strip=True)
    return " ".join(text.split())


Attributes = list[tuple[str, str | None]]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:  # noqa: ARG002 - its name
        self.names.append(tag)

    @classmethod
    def of(cls, text: str) -> list[str]:
        parser = cls()
        parser.feed(text)
        parser.close()
        return parser.names


class _Codeless(HTMLParser):
    """Copies everything but the elements whose content is code."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:  # noqa: ARG002 - its name
        if tag in _WITH_CONTENT:
            self.depth += 1
        self._keep(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:  # noqa: ARG002 - its name
        self._keep(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self._keep(f"</{tag}>")
        if tag in _WITH_CONTENT and self.depth:
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if not self.depth:
            self.kept.append(text)


def _without_code(text: str) -> str:
    # Only a courtesy to readers (no stray "alert(1)" in the story); safety is bleach's work.
    parser = _Codeless()
    parser.feed(text)
    parser.close()
    return "".join(parser.kept)
