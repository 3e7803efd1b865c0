"""HTML that people write: cleaned once, when it is stored. The only place that knows bleach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from html import unescape
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from bleach import clean
from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner

TAGS: Final = frozenset(
    {
        *("p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "code"),
        *("strong", "b", "em", "i", "s", "sub", "sup", "a", "figure", "figcaption"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
)
PROTOCOLS: Final = frozenset({"https", "http", "mailto"})
ATTRIBUTES: Final = {
    "a": ["href", "title"],
    "img": ["src", "alt"],
    "th": ["scope", "colspan"],
    "td": ["colspan"],
}
_ADDRESS: Final = re.compile(r"https?://|mailto:|[/#]", re.IGNORECASE)
LENGTH_MAX: Final = 100_000
MARKS_MAX: Final = 2_500  # reading takes the square of it: this many are read within two seconds


class Illustration(NamedTuple):
    """A picture that a text may show: where it is served, in which widths, and what it shows."""

    src: str
    srcset: str
    alt: str
    width: int
    height: int


# By every name a text may call a picture by.
Illustrations = Mapping[str, Illustration]
NO_PICTURES: Final[Illustrations] = MappingProxyType({})

# Where a tag that leads or shows something has its address.
_ADDRESSED: Final = {"img": "src", "a": "href"}
_SIZES: Final = "(min-width: 70rem) 44rem, 92vw"
_ALT_MAX: Final = 300
_NAMED_MAX: Final = 80

# What stands inside these is code, not words: it goes with its tag.
_WITH_CONTENT: Final = frozenset({"script", "style", "noscript", "template", "iframe", "object"})


def sanitise(text: str, pictures: Illustrations = NO_PICTURES) -> str:
    """Return `text` with only the tags, attributes and link schemes we allow.

    Of pictures only those of `pictures` stay, each as we would write it, with words for people who
    cannot see it. Links get `rel="noopener nofollow ugc"`. The result is stable: cleaning it again
    changes nothing. Text longer than `LENGTH_MAX`, or tangled, is a ValueError (forms refuse it
    earlier).
    """
    if len(text) > LENGTH_MAX or tangled(text):
        raise ValueError("text is longer than a story may be, or tangled")
    own: Any = partial(_own_pictures, pictures=pictures)
    cleaner = Cleaner(
        tags=TAGS | {"img"},
        attributes=_allowed,
        protocols=PROTOCOLS,
        css_sanitizer=CSSSanitizer(allowed_css_properties=[]),
        strip=True,
        strip_comments=True,
        filters=[own],
    )
    cleaned: str = cleaner.clean(_without_code(text))
    return cleaned.replace("<a ", '<a rel="noopener nofollow ugc" ').strip()


def _own_pictures(source: Iterable[Any], pictures: Illustrations) -> Iterator[Any]:
    """Let pass the pictures we serve for this text, written anew, and drop every other."""
    for token in source:
        if token.get("name") != "img":
            yield token
        elif (shown := pictures.get(token["data"].get((None, "src"), ""))) is not None:
            said = token["data"].get((None, "alt"), "").strip()[:_ALT_MAX]
            yield {**token, "data": _written(shown, said or shown.alt)}


def _written(shown: Illustration, alt: str) -> dict[tuple[None, str], str]:
    told = {
        "src": shown.src,
        "alt": alt,
        "srcset": shown.srcset,
        "sizes": _SIZES,
        "width": str(shown.width),
        "height": str(shown.height),
        "loading": "lazy",
    }
    return {(None, name): value for name, value in told.items()}


def tangled(text: str) -> bool:
    """Whether `text` holds more tags, whole or broken, than anybody needs to tell a story."""
    return text.count("<") > MARKS_MAX


def _allowed(tag: str, name: str, value: str) -> bool:
    if (tag, name) == ("a", "href"):
        # bleach lets pass what looks like host and port to it, such as `javascript:1`.
        return _ADDRESS.match(value) is not None
    return name in ATTRIBUTES.get(tag, ())


def stripped(text: str, pictures: Illustrations = NO_PICTURES) -> list[str]:
    """Return what `sanitise` takes out of `text`, in order of appearance.

    Tags are named; of a picture that is not one of `pictures`, and of a link that leads where
    none may, its address.
    """
    found = [
        f"{tag} {address}".strip()[:_NAMED_MAX]
        for tag, address in _Tags.of(text)
        if not _stays(tag, address, pictures)
    ]
    return list(dict.fromkeys(found))


def _stays(tag: str, address: str, pictures: Illustrations) -> bool:
    if tag == "a":
        return not address or _ADDRESS.match(address) is not None
    return tag in TAGS or (tag == "img" and address in pictures)


def words(markup: str) -> str:
    """Return the plain text of cleaned `markup`, for summaries and search."""
    text = clean(markup.replace("<", " <"), tags=set(), strip=True)
    return " ".join(unescape(text).split())


Attributes = list[tuple[str, str | None]]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.found.append((tag, dict(attrs).get(_ADDRESSED.get(tag, "")) or ""))

    @classmethod
    def of(cls, text: str) -> list[tuple[str, str]]:
        """Return every tag of `text`, a picture or a link with its address."""
        parser = cls()
        parser.feed(text)
        parser.close()
        return parser.found


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
