"""The forms about suspensions, and the sentences of their refusals."""

from __future__ import annotations

from typing import Any, Final

from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.campaigns import rules
from marketplace.web.forms import Form, longest
from marketplace.web.locale import _l

REASON_LABELS: Final[dict[str, Any]] = {
    "misleading": _l("It promises what is not so"),
    "not_its_own": _l("It shows the work of others as its own"),
    "forbidden": _l("This kind of project is not allowed here"),
    "person_unclear": _l("It is not clear who is behind it"),
    "money_unclear": _l("It is not clear what the money is for"),
    "other": _l("Something else"),
}

REFUSALS: Final = {
    "suspended_already": _l("The campaign is suspended already."),
    "nothing_to_suspend": _l("The campaign is not live, or its money has left: nothing to freeze."),
    "suspension_code_missing": _l("Choose the reason from the list."),
    "suspension_words_missing": _l("Say why, in a sentence or two. It is kept, and can be shown."),
    "not_suspended": _l("The campaign is not suspended, or not any more."),
    "end_not_proposed": _l("Nobody has asked to end this campaign."),
    "end_needs_another": _l(
        "You asked for the end of this campaign yourself. Another person has to agree."
    ),
    "campaign_suspended": _l(
        "The campaign is suspended while we look into it. Until that is decided nothing of its"
        " money moves: nobody can pledge, pay or take a pledge back. You have not been charged."
    ),
}


class SuspendForm(Form):
    """Why a campaign is suspended."""

    code = SelectField(
        _l("Reason"),
        choices=[
            SelectChoice("", _l("Choose one")),
            *(SelectChoice(code, label) for code, label in REASON_LABELS.items()),
        ],
    )
    words = TextAreaField(
        _l("What is wrong"),
        [longest(rules.REASON_MAX)],
        description=_l("The sponsor reads this word for word. Backers read the reason above."),
    )


class DecideForm(Form):
    """What is to become of a suspended campaign; which decision is said by the button."""

    words = TextAreaField(_l("Why"), [longest(rules.REASON_MAX)])
