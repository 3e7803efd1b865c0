"""The languages in which a campaign may be told: BCP 47 tags, each by its own name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

DEFAULT: Final = "en"
LANGUAGES: Final = {
    "en": "English",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
    "ar": "العربية",
    "bg": "Български",
    "bn": "বাংলা",
    "ca": "Català",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "es": "Español",
    "et": "Eesti",
    "fa": "فارسی",
    "fi": "Suomi",
    "fil": "Filipino",
    "fr": "Français",
    "ga": "Gaeilge",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr": "Hrvatski",
    "hu": "Magyar",
    "id": "Bahasa Indonesia",
    "is": "Íslenska",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "ms": "Bahasa Melayu",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "sr": "Српски",
    "sv": "Svenska",
    "sw": "Kiswahili",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "Українська",
    "ur": "اردو",
    "vi": "Tiếng Việt",
}

# Where the place says which signs are meant; elsewhere Chinese is written in the simplified ones.
_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})

# Signs of what is written without spaces: Thai to Khmer, kana, Han. Two of them are about a word.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


def nearest(tags: Iterable[str]) -> str:
    """Return the language that fits the first of these tags for which there is one."""
    for tag in tags:
        main, *more = tag.lower().replace("_", "-").split("-")
        if main == "zh":
            return "zh-Hant" if _TRADITIONAL & set(more) else "zh-Hans"
        known = {"no": "nb", "nn": "nb", "tl": "fil", "iw": "he"}.get(main, main)
        if known in LANGUAGES:
            return known
    return DEFAULT


def count_words(text: str) -> int:
    """Return how many words a plain text has, in whichever language it is written."""
    signs = len(_UNSPACED.findall(text))
    spaced = _UNSPACED.sub(" ", text).split()
    return (signs + 1) // 2 + sum(any(map(str.isalnum, word)) for word in spaced)
