"""The one list of addresses the frame links to, so that a moved page is mended in one line."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

from marketplace.web.permissions import PERMISSIONS

PLACES: Final[dict[str, str]] = {
    "home": "/",
    "projects": "/projects",
    "loans": "/loans",
    "how": "/how-it-works",
    "fees": "/fees",
    "risks": "/risks",
    "held": "/who-holds-the-money",
    "proof": "/proof",
    "help": "/help",
    "accessibility": "/accessibility",
    "terms": "/terms",
    "privacy": "/privacy",
    "sign_in": "/sign-in",
    "sign_up": "/sign-up",
    "sign_out": "/sign-out",
    "settings": "/account",
    "money": "/my/money",
    "pledges": "/my/pledges",
    "library": "/my/library",
    "inbox": "/my/inbox",
    "notes": "/my/notes",
    "wallet": "/my/wallet",
    "campaigns": "/my/campaigns",
    "my_loans": "/my/loans",
    "moderation": "/staff/moderation",
    "objections": "/staff/objections",
    "review": "/staff/reviews",
    "finance": "/staff/finance",
    "ledger": "/staff/ledger",
    "products": "/staff/products",
    "admin": "/staff/people",
    "files": "/static/",
    "theme": "/preferences/theme",
    "locale": "/preferences/locale",
}
# A person's own pages, in the order of their menu.
OWN_PAGES: Final = (
    *("money", "pledges", "library", "inbox", "notes", "wallet"),
    *("campaigns", "my_loans", "settings"),
)
# Who finds a desk in the menu: whoever has one of these permissions.
_DESKS: Final[dict[str, tuple[str, ...]]] = {
    "moderation": ("campaign.moderate",),
    "objections": ("objection.see",),
    "review": ("review.first", "review.second"),
    "finance": ("finance.see",),
    "ledger": ("ledger.see",),
    "products": ("product.see",),
    "admin": ("people.manage",),
}
_AT: Final = {address: key for key, address in PLACES.items()}


@dataclass(frozen=True, slots=True)
class Here:
    """Where a page stands among the places: at one of them, below one, or at none (empty)."""

    place: str = ""
    exactly: bool = False


def here(path: str) -> Here:
    """Return the nearest place at or above `path`; everything below home is not at home."""
    if path in _AT:
        return Here(_AT[path], exactly=True)
    while path := path.rpartition("/")[0]:
        if path in _AT:
            return Here(_AT[path])
    return Here()


@functools.lru_cache(maxsize=256)
def desks(roles: frozenset[str]) -> tuple[str, ...]:
    """Return the desks that are open to `roles`."""
    return tuple(
        key
        for key, permissions in _DESKS.items()
        if any(not PERMISSIONS[one].isdisjoint(roles) for one in permissions)
    )
