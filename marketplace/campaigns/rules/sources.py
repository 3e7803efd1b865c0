"""Where visitors come from: a tag of the sponsor's, or the kind of site; never who they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

TAG: Final = "via:"
TAG_MAX: Final = 40
OTHER: Final = "other"
# So many different sources a day are counted apart; nobody can fill the table with made-up tags.
A_DAY_MAX: Final = 100

_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "search": (
        *("google", "bing", "duckduckgo", "ecosia", "qwant", "baidu", "sogou", "yahoo"),
        *("startpage", "kagi", "yandex", "naver"),
    ),
    "social": (
        *("facebook", "instagram", "twitter", "x", "t", "reddit", "linkedin", "tiktok", "youtube"),
        *("mastodon", "bsky", "threads", "pinterest", "weibo", "zhihu", "discord", "telegram"),
    ),
    "mail": ("mail", "outlook", "webmail", "gmx", "proton"),
}
_UNTAGGED: Final = re.compile(r"[^a-z0-9_.-]+")


def source(via: str, referrer: str, own: str) -> str:
    """Return what a visit counts for: `via:TAG`, or the kind of site it came from.

    `referrer` and `own` are hosts, without a port; no referrer is a typed or saved address.
    """
    tag = tag_of(via)
    if tag:
        return f"{TAG}{tag}"
    if not referrer:
        return "direct"
    if referrer == own:
        return "site"
    labels = set(referrer.lower().split("."))
    return next((kind for kind, names in _KINDS.items() if labels.intersection(names)), OTHER)


def tag_of(via: str) -> str:
    """Return a sponsor's tag as it is counted: small letters, digits and a few signs."""
    return _UNTAGGED.sub("-", via[: 2 * TAG_MAX].lower()).strip("-")[:TAG_MAX]
