"""Words that promise what nobody can: they keep a draft from being submitted. Pure.

Backing is not shopping and no investment: a sponsor may be sure, and has to say by what, not that
nothing can go wrong. Listed words only; what a negation stands before is no promise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from marketplace.kernel.errors import Refusal

# Latin letters: whole words, however they are written.
_ENGLISH: Final = (
    r"guarantee(?:s|d|ing)?",
    r"risk[- ]free",
    r"(?:no|zero|without(?: any)?) risks?",
    r"(?:100|hundred) ?(?:%|per ?cent) (?:safe|secure|sure|certain)",
    r"(?:can(?:not|'t|’t)|never) (?:fail|lose)",
    r"double your money",
    r"get rich",
    r"(?:sure|certain|assured) (?:profits?|returns?|success)",
    r"miracle cures?",
)
# Both scripts, word by word: simplified, then traditional where it differs.
_CHINESE: Final = (
    *("保证", "保證", "担保", "擔保", "包赚", "包賺", "稳赚", "穩賺", "保本"),
    *("零风险", "零風險", "无风险", "無風險", "没有风险", "沒有風險", "毫无风险", "毫無風險"),
    *("绝对安全", "絕對安全", "百分之百安全", "一定成功", "必定成功", "万无一失", "萬無一失"),
)
_CLAIM: Final = re.compile(rf"\b(?:{'|'.join(_ENGLISH)})\b|{'|'.join(_CHINESE)}", re.IGNORECASE)
_DENIED: Final = re.compile(
    r"(?:\b(?:not|no|never|cannot|nobody|nothing|without)(?: \w+){0,2}|n['’]t(?: \w+){0,2}"
    r"|不|无法|無法|不能|不会|不會|没有|沒有|没人能|沒人能|难以|難以)\s*$",
    re.IGNORECASE,
)
# The parts in which a sponsor promises, and what is said of a claim in each.
_CODES: Final = {
    "basics": "claim_in_basics",
    "story": "claim_in_story",
    "budget": "claim_in_budget",
    "rewards": "claim_in_rewards",
    "timeline": "claim_in_timeline",
    "faq": "claim_in_faq",
}
_BEFORE: Final = 40
_AFTER: Final = 24


class Claim(NamedTuple):
    """A listed word, and the words around it, so that it is found."""

    word: str
    around: str


def claims(text: str) -> list[Claim]:
    """Return the listed words in `text` that are said as a promise, each once."""
    found: dict[str, Claim] = {}
    for match in _CLAIM.finditer(text):
        start, end = match.span()
        if _DENIED.search(text[max(start - _BEFORE, 0) : start]):
            continue
        found.setdefault(match[0].casefold(), Claim(match[0], _around(text, start, end)))
    return list(found.values())


def _around(text: str, start: int, end: int) -> str:
    """Return the words around a place, none of them in halves where words are set apart."""
    before, after = text[max(start - _BEFORE, 0) : start], text[end : end + _AFTER]
    if start > _BEFORE:
        before = before.partition(" ")[2] or before
    if end + _AFTER < len(text):
        after = after.rpartition(" ")[0] or after
    return " ".join(f"{before}{text[start:end]}{after}".split())


def claim_refusals(texts: Mapping[str, str]) -> list[Refusal]:
    """Return a refusal for every listed word, by the part of the draft it stands in.

    What can go wrong is told in the risks; there the words are at home.
    """
    return [
        Refusal(code, part, word=claim.word, around=claim.around)
        for part, code in _CODES.items()
        for claim in claims(texts.get(part, ""))
    ]
