"""The form of when a campaign begins, and the sentences of its refusals."""

from __future__ import annotations

from typing import Any, Final

from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import Optional

from marketplace.campaigns.forms import HintedRadioField
from marketplace.campaigns.forms.placed import PlacedMomentField
from marketplace.web.forms import Form
from marketplace.web.locale import _, _l

REFUSALS: Final = {
    "launch_missing": _l("Choose the hour, or let it begin now."),
    "launch_past": _l("This hour is past. Choose one that is still to come."),
    "launch_too_far": _l("A campaign can begin at most %(days)s days from now."),
    "launch_after_deadline": _l(
        "The campaign ends on %(deadline)s. It must begin at least a day before."
    ),
    "launch_long_before": _l(
        "The campaign ends on %(deadline)s and can last %(days)s days at most. Let it begin later."
    ),
    "launch_not_approved": _l("The campaign is not approved, or has begun already."),
    "launch_too_late": _l(
        "Less than a day is left before the deadline. Take the campaign back, choose a later"
        " deadline and submit it again."
    ),
    "launch_too_early": _l(
        "It is more than %(days)s days to the deadline, longer than a campaign may last. It can"
        " begin later."
    ),
}

_WHEN: Final = {
    "approved": _l("As soon as a moderator has approved it"),
    "later": _l("At an hour that I choose"),
}


class LaunchForm(Form):
    """When a campaign begins, and whether it is seen coming."""

    when = HintedRadioField(
        _l("When does it begin?"),
        choices=[SelectChoice(value, label) for value, label in _WHEN.items()],
        validate_choice=False,
    )
    launch_at = PlacedMomentField(_l("Day and time"), [Optional()])
    announced = BooleanField(
        _l("Show a page before it begins"),
        description=_l(
            "From the approval on everybody can read what comes and ask to be told when it begins."
        ),
    )

    def validate(self, extra_validators: Any = None) -> bool:  # noqa: ANN401 - WTForms' own
        """Insist on an hour where one is to be chosen."""
        found = bool(super().validate(extra_validators))
        if found and self.when.data == "later" and self.launch_at.data is None:
            self.launch_at.errors = [_("Choose the day and time at which the campaign begins.")]
            return False
        return found
