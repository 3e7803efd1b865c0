"""Countries, in the reader's language."""

from __future__ import annotations

import functools
import re
from typing import Final

from babel import Locale

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_NOT_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


@functools.lru_cache(maxsize=32)
def countries(locale: str) -> dict[str, str]:
    """Return the countries by code, in the order of their names in a language."""
    found = {
        code: name
        for code, name in Locale.parse(locale).territories.items()
        if _COUNTRY.fullmatch(code) and code not in _NOT_COUNTRIES
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1].casefold()))
