"""Words to find a campaign by, in languages with spaces and without.

Latin words are kept whole (their English stems are added in SQL); Chinese, Japanese and Korean
runs are kept as every single sign and every pair of neighbours, so that any part of a sentence
finds it. The database's own word cutter is not used: what it does to CJK depends on the server.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+|[^\W_]+")
_CJK = re.compile(r"^[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_WORD_MAX: Final = 40
_LEXEMES_MAX: Final = 3_000
_TERMS_MAX: Final = 12


def lexemes(text: str) -> list[str]:
    """Return the distinct words and sign pairs of `text`, in order, bounded."""
    found: dict[str, None] = {}
    for token in _tokens(text):
        found.update(dict.fromkeys(_pieces(token)))
        if len(found) >= _LEXEMES_MAX:
            break
    return list(found)[:_LEXEMES_MAX]


def terms(query: str) -> list[tuple[str, bool]]:
    """Return what a query asks for: (lexeme, whether it may be the start of a word)."""
    found: dict[tuple[str, bool], None] = {}
    for token in _tokens(query[:200]):
        if _CJK.match(token):
            parts = _pairs(token) or [token]
            found.update(dict.fromkeys((part, False) for part in parts))
        else:
            found[(token, True)] = None
    return list(found)[:_TERMS_MAX]


def _tokens(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).lower()
    return [
        token[:_WORD_MAX] if not _CJK.match(token) else token for token in _TOKEN.findall(plain)
    ]


def _pieces(token: str) -> list[str]:
    return [*token, *_pairs(token)] if _CJK.match(token) else [token]


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]
