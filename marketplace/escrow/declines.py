"""Why a saved card was not charged, sorted by what helps. Pure: the provider's code in.

Providers have hundreds of codes; people can do one of three things. A code nobody has heard of
is one that may work another day.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Decline(StrEnum):
    """What helps against a decline."""

    LATER = "later"  # no money just now, or the bank's mood: another day may do
    CONFIRM = "confirm"  # the person must confirm on a page
    OTHER_CARD = "other_card"  # this card is dead


_CONFIRM: Final = frozenset({"authentication_required", "authentication_not_handled"})
_OTHER_CARD: Final = frozenset(
    {"expired_card", "lost_card", "stolen_card", "pickup_card", "restricted_card"}
    | {"incorrect_number", "invalid_number", "invalid_account", "card_not_supported"}
    | {"invalid_expiry_month", "invalid_expiry_year", "new_account_information_available"}
    | {"revocation_of_authorization", "revocation_of_all_authorizations", "means_removed"}
)


def decline(code: str) -> Decline:
    """Return what helps against the provider's `code`."""
    if code in _CONFIRM:
        return Decline.CONFIRM
    return Decline.OTHER_CARD if code in _OTHER_CARD else Decline.LATER


def worth_repeating(code: str) -> bool:
    """Whether charging the same card once more, without the person, may work."""
    return decline(code) is Decline.LATER


NOT_REPEATED: Final = tuple(sorted(_CONFIRM | _OTHER_CARD))
"""The codes for which only the person can do something, for SQL."""
