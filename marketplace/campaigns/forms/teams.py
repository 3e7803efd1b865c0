"""The forms about who works on a campaign, and the sentences of their refusals."""

from __future__ import annotations

from typing import Any, Final

from wtforms import StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.campaigns.forms.fulfilling import TicksField
from marketplace.web.forms import Form, longest
from marketplace.web.locale import _l

RIGHT_LABELS: Final[dict[str, Any]] = {
    "story": _l("Write the story, pictures, budget, questions"),
    "rewards": _l("Write the rewards and their files"),
    "talk": _l("Post updates, answer questions and comments"),
    "fulfil": _l("Send rewards: see addresses, mark what is sent"),
    "see_money": _l("See what was raised and paid"),
    "see_backers": _l("See backers, and where visitors come from"),
}

REFUSALS: Final = {
    "rights_missing": _l("Choose at least one thing this person may do."),
    "team_of_oneself": _l("This is your own address. You may do everything anyway."),
    "team_already": _l("This person is on the team. Change what they may do in the list."),
    "team_full": _l("A team can have %(most)s people. Remove somebody first."),
    "invitations_many": _l("Many invitations went out today. Try again tomorrow."),
    "invitation_over": _l("This invitation is over. Ask the sponsor for another one."),
    "invitation_of_another": _l(
        "This invitation was sent to another address. Sign in with the account that has it."
    ),
    "team_not_staff": _l("Who decides on campaigns here cannot work on one."),
}


def _rights() -> TicksField:
    return TicksField(
        _l("What may this person do?"),
        choices=[SelectChoice(value, label) for value, label in RIGHT_LABELS.items()],
        validate_choice=False,
    )


class InviteForm(Form):
    """Whom to ask, and for what."""

    email = StringField(_l("E-mail address"), [longest(254)])
    rights = _rights()


class RightsForm(Form):
    """What a member may do from now on."""

    rights = _rights()
