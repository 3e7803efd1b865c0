"""Why a saved card was not charged, in plain words."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

_WORDS: Final = {
    "insufficient_funds": _l("There was not enough money on the card."),
    "authentication_required": _l("Your bank wants you to confirm the payment yourself."),
    "expired_card": _l("The card has expired."),
    "lost_card": _l("The card is reported as lost."),
    "stolen_card": _l("The card is reported as stolen."),
    "means_removed": _l("The card is no longer saved with the provider."),
    "withdrawn": _l("The charge was called off before the provider was asked."),
    "no_answer": _l("The provider did not answer in time."),
}


def decline_words(code: str) -> Any:  # noqa: ANN401 - a sentence, translated when it is shown
    """Return the sentence for the provider's `code`; one without a code has one too."""
    return _WORDS.get(code, _l("Your bank declined the card without saying why."))
