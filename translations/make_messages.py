"""Writes translations/messages.pot from code and templates: `make messages`.

tests/laws holds that the file names every sentence that is in them. English is the language of
the sources, so it needs no catalogue of its own. Which file a sentence stands in is kept, the
line is not: a line that moves is no news to a translator.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import write_po

ROOT: Final = Path(__file__).resolve().parents[1]
POT: Final = ROOT / "translations/messages.pot"

_SOURCES: Final = (
    ("python", "marketplace/**/*.py"),
    ("jinja2", "templates/**/*.html"),
    ("jinja2", "templates/**/*.txt"),
)
# What the style guide shows is made up, and what operators type and read stays English.
_LEFT_OUT: Final = ("templates/styleguide/", "marketplace/pages/styleguide_")
_KEYWORDS: Final[dict[str, Any]] = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
_OPTIONS: Final = {"trimmed": "true", "silent": "false"}
_COMMENTS: Final = ("Translators:",)


@cache
def catalogue() -> Catalog:
    """Return every sentence of code and templates, as they were when this was first asked."""
    found = Catalog(project="Kindling", charset="utf-8", fuzzy=False)
    for method, path in _files():
        name = path.relative_to(ROOT).as_posix()
        for _line, message, comments, context in extract_from_file(
            method, path, keywords=_KEYWORDS, comment_tags=_COMMENTS, options=dict(_OPTIONS)
        ):
            found.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return found


def text() -> str:
    """Return the file, the same for the same sentences whatever the day is."""
    out = io.BytesIO()
    write_po(out, catalogue(), sort_output=True, omit_header=True, include_lineno=False, width=98)
    return out.getvalue().decode()


def _files() -> Iterator[tuple[str, Path]]:
    for method, pattern in _SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if not path.relative_to(ROOT).as_posix().startswith(_LEFT_OUT):
                yield method, path


if __name__ == "__main__":
    POT.write_text(text(), encoding="utf-8")
