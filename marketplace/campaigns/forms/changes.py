"""The form in which a sponsor proposes a change, and the sentences of its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import ValidationError

from marketplace.campaigns import rules
from marketplace.campaigns.forms.placed import PlacedMomentField
from marketplace.web.forms import Form, MoneyField, longest, required
from marketplace.web.locale import _, _l

REFUSALS: Final = {
    "change_nothing": _l("Nothing is different yet. Change what has to change, and send it again."),
    "change_stands": _l(
        "Another change is being looked at, or your backers are answering it. One at a time:"
        " propose the next one when it is over."
    ),
    "change_not_proposed": _l("There is nothing to take back: it is decided, or was taken back."),
    "change_not_live": _l(
        "The campaign takes no pledges now, so what was promised can no longer change."
    ),
    "change_suspended": _l("The campaign is suspended. Until that is decided nothing changes."),
    "change_stale": _l("What was to be changed is no longer what it was."),
    "change_is_no_wording": _l(
        "Goal, deadline and delivery are more than wording. Take the tick away, or leave them as"
        " they are."
    ),
    "change_reason_missing": _l("Say why. Moderators and backers read it word for word."),
    "goal_only_down": _l("The goal of a live campaign can only go down."),
    "goal_below_floor": _l("Backers were told that at least %(floor)s is needed."),
    "deadline_leaves_no_time": _l(
        "The deadline must be at least %(days)s days away, so that your backers have the time to"
        " answer."
    ),
    "deadline_beyond": _l(
        "Counted from its launch this campaign can last until %(last)s and no longer."
    ),
    "delivery_missing": _l("A delivery month that was promised can be moved, not taken away."),
    "terms_moved": _l(
        "The project has changed since you opened the page. Read what has changed, look at your"
        " answers below, and go on if you agree."
    ),
    "answer_not_asked": _l("This pledge has ended or is not paid yet: there is nothing to answer."),
    "answer_too_late": _l("The time to answer is over."),
}


class ChangeForm(Form):
    """What is to be different; what is left as it is stays."""

    goal = MoneyField(_l("Goal"))
    deadline = PlacedMomentField(_l("Deadline"))
    story = TextAreaField(_l("Story"), [required(_l("Tell the story.")), longest(rules.STORY_MAX)])
    risks = TextAreaField(_l("Risks"), [longest(rules.RISKS_MAX)])
    is_wording = BooleanField(
        _l("Only words: what story and risks mean stays the same"),
        description=_l("A moderator checks that. Then nobody is asked whether they stay."),
    )
    reason = TextAreaField(
        _l("Why"),
        [longest(rules.REASON_MAX)],
        description=_l("Moderators and backers read this word for word."),
    )

    def validate_deadline(self, field: PlacedMomentField) -> None:
        """Insist on a deadline."""
        if field.data is None and not field.errors:
            raise ValidationError(_("Choose the day and time at which the campaign ends."))


def change_form(months: Mapping[str, str], data: Mapping[str, Any]) -> ChangeForm:
    """Return the form with a month for each of these fields, by label."""
    fields = {name: StringField(label, [longest(10)]) for name, label in months.items()}
    made: type[ChangeForm] = type("ChangeOfRewards", (ChangeForm,), fields)
    return made(data=dict(data))
