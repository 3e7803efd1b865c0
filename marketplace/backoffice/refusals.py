"""The sentences of what the finance desk refuses."""

from __future__ import annotations

from typing import Final

from marketplace.web.locale import _l

REFUSALS: Final = {
    "note_needed": _l("Say what it is and how you know. The second officer reads it."),
    "note_too_long": _l("Use %(most)s characters or fewer."),
    "remedy_reason_missing": _l("Say why, in a sentence or two. The second officer reads it."),
    "remedy_not_needed": _l(
        "This needs no person any more: it goes on by itself or has come to its end."
        " Load the page again."
    ),
    "remedy_proposed": _l("Something is proposed already. Decide on that first."),
    "remedy_decided": _l("This was decided already. Nothing has been done twice."),
    "remedy_over": _l("It is now “%(state)s”, so this is no longer possible. Nothing was changed."),
    "remedy_ref_missing": _l("Enter the provider’s id of what settled it, as its books show it."),
    "remedy_ref_taken": _l("The provider made this for another instruction of ours."),
    "remedy_ref_unknown": _l("The provider knows nothing of this kind under “%(ref)s”."),
    "remedy_ref_failed": _l("The provider shows that this failed, so it has settled nothing."),
    "remedy_amount": _l("The provider shows %(there)s under this id. It should be %(here)s."),
    "remedy_unread": _l(
        "The provider cannot be asked just now, so nothing was changed. Try again in a minute."
    ),
    "remedy_found": _l(
        "The provider has it after all, as %(ref)s. That was applied, and nothing is given up."
    ),
    "holding_choice_missing": _l("Choose what shall be done with it."),
    "holding_too_early": _l(
        "This can be decided from %(opens)s on, two weeks before its last day."
    ),
    "same_person": _l(
        "You proposed this yourself. Another finance officer must look at it and decide."
    ),
    "house_short": _l("That is more than is ours and free: %(free)s."),
    "house_decided": _l("This was decided already. Nothing has been done twice."),
    "dispute_answered": _l("This dispute is answered or decided. Nothing was sent twice."),
    "evidence_missing": _l("Say what we know. An empty answer loses."),
    "evidence_long": _l("Use %(most)s characters or fewer."),
    "proposal_changed": _l(
        "Another proposal was made since you read this one. Read it, then decide."
    ),
    "not_bookable": _l(
        "No entry is called for: it ends by itself, or one of the other lines explains it."
    ),
    "not_available_yet": _l(
        "The provider itself keeps this money back until %(at)s. Book it after that."
    ),
}
