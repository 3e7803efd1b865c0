"""The form of news, and the sentences of what it is refused for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import Optional

from marketplace.campaigns import rules
from marketplace.web.forms import Form, MomentField, longest, required
from marketplace.web.locale import _, _l

REFUSALS: Final = {
    "audience_unknown": _l("Choose for whom it is."),
    "audience_empty": _l("Choose for whom it is."),
    "publish_outside": _l("Choose a time from now on, at most %(days)s days ahead."),
    "update_sent": _l("It was sent already. Post another update to correct it."),
}


class UpdateForm(Form):
    """News, for everybody or for some, now or later."""

    title = StringField(
        _l("Title"), [required(_l("Enter a title.")), longest(rules.REWARD_TITLE_MAX)]
    )
    body = TextAreaField(
        _l("What happened"), [required(_l("Write something to tell.")), longest(rules.UPDATE_MAX)]
    )
    audience = SelectField(_l("Who may read it"), validate_choice=False, default="all", choices=[])
    publish_at = MomentField(_l("Publish at (UTC)"), [Optional()])

    def offer(self, tiers: Iterable[tuple[str, str]]) -> None:
        """Let the sponsor choose everybody, all backers, or those of one of these rewards."""
        self.audience.choices = [
            SelectChoice("all", _l("Everybody")),
            SelectChoice("backers", _l("Backers only")),
            *(
                SelectChoice(value, _("Backers of “%(title)s” only", title=label))
                for value, label in tiers
            ),
        ]
