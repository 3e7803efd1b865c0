"""The form of goal and deadline: by what a campaign is judged, and when backers are charged."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from wtforms import IntegerField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import Optional, ValidationError

from marketplace.campaigns.forms import HintedRadioField
from marketplace.campaigns.rules import deadlines, models
from marketplace.kernel.money import CURRENCIES
from marketplace.web.forms import Form, MomentField, MoneyField
from marketplace.web.locale import _, _l
from marketplace.web.refusals import sentence

REFUSALS: Final = {
    "model_unknown": _l("Choose by what the campaign is judged."),
    "floor_of_keeping": _l(
        "A campaign that keeps what it raises needs no floor: leave this empty, or choose another"
        " way to judge it."
    ),
    "floor_of_charged": _l(
        "What is charged at once is collected at once. Leave this empty, or let cards be charged"
        " at the deadline."
    ),
    "floor_outside": _l("Enter from %(least)s, half of the goal, to %(most)s, or leave it empty."),
    "only_in_two_rounds": _l("Leave this empty, or choose two rounds."),
    "optimum_not_above": _l("Enter what you could use at best: more than the goal of %(goal)s."),
    "round_two_days_outside": _l("Enter a whole number of days from 1 to %(most)s."),
    "rounds_too_long": _l(
        "Both rounds together can last at most %(days)s days from now. Shorten one of them."
    ),
    "late_days_outside": _l("Enter a whole number of days up to %(most)s, or leave it empty."),
    "time_zone_unknown": _l("Choose a time zone from the list."),
    "deadline_does_not_exist": _l(
        "On this day the clocks in %(zone)s are put forward, so %(wall)s never comes. It could be"
        " read as %(first)s or as %(second)s. Choose another time."
    ),
    "deadline_exists_twice": _l(
        "On this day the clocks in %(zone)s are put back, so %(wall)s comes twice: as %(first)s and"
        " as %(second)s. Choose another time."
    ),
}

MODEL_LABELS: Final = {
    "all_or_nothing": _l("All or nothing"),
    "keep_what_you_raise": _l("Keep what you raise"),
    "two_rounds": _l("Two rounds: a minimum, then an optimum"),
}
MODEL_HINTS: Final = {
    "all_or_nothing": _l("Below the goal every backer gets everything back, and you get nothing."),
    "keep_what_you_raise": _l(
        "You get whatever came together, even far below the goal, and owe what you promised for"
        " it. Choose this only if you can keep your promises with any amount."
    ),
    "two_rounds": _l(
        "The goal is what you need at least. Reached by the first deadline, the campaign cannot be"
        " missed any more and goes on towards the optimum."
    ),
}
COLLECTION_LABELS: Final = {
    "now": _l("At once, and held until the deadline"),
    "deadline": _l("At the deadline, if the goal is reached"),
}
COLLECTION_HINTS: Final = {
    "now": _l(
        "Any way to pay. When the goal is reached the money is there to the last cent. When it is"
        " missed everybody is refunded, and the payment fees are lost."
    ),
    "deadline": _l(
        "Cards only: they are saved, and nobody is charged unless the goal is reached. A missed"
        " goal costs nothing. Of the cards charged at the end some are declined; their owners have"
        " seven days to mend that, and what is collected by then decides."
    ),
}

# Where most sponsors are; any other place has the time of one of these, or may count in UTC.
_ZONES: Final = (
    *("UTC", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Atlantic/Reykjavik"),
    *("Europe/Berlin", "Europe/Paris", "Europe/Madrid", "Europe/Rome", "Europe/Amsterdam"),
    *("Europe/Vienna", "Europe/Zurich", "Europe/Brussels", "Europe/Copenhagen", "Europe/Oslo"),
    *("Europe/Stockholm", "Europe/Warsaw", "Europe/Prague", "Europe/Budapest", "Europe/Athens"),
    *("Europe/Helsinki", "Europe/Bucharest", "Europe/Kyiv", "Europe/Istanbul"),
    *("Africa/Cairo", "Africa/Lagos", "Africa/Nairobi", "Africa/Johannesburg"),
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Toronto", "America/Mexico_City", "America/Bogota", "America/Sao_Paulo"),
    *("America/Argentina/Buenos_Aires", "Asia/Dubai", "Asia/Kolkata", "Asia/Bangkok"),
    *("Asia/Jakarta", "Asia/Singapore", "Asia/Hong_Kong", "Asia/Shanghai", "Asia/Taipei"),
    *("Asia/Seoul", "Asia/Tokyo", "Australia/Perth", "Australia/Sydney", "Pacific/Auckland"),
)


class _DaysField(IntegerField):
    """A number of days, or nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number, or say how to write it; nothing typed is None."""
        typed = valuelist[0].strip() if valuelist else ""
        if typed and not (typed.isascii() and typed.isdecimal() and len(typed) <= 4):
            raise ValueError(_("Enter a whole number of days."))
        self.data = int(typed) if typed else None


class FundingForm(Form):
    """Goal, deadline, and what decides."""

    currency = SelectField(_l("Currency"), choices=[SelectChoice(code) for code in CURRENCIES])
    goal = MoneyField(_l("Goal"))
    model = HintedRadioField(
        _l("By what is the campaign judged?"),
        choices=[SelectChoice(value, label) for value, label in MODEL_LABELS.items()],
        validate_choice=False,
        default=models.PLAIN.model,
    )
    optimum = MoneyField(_l("Optimum"), optional=True)
    round_two_days = _DaysField(_l("Days of the second round"), [Optional()])
    deadline = MomentField(_l("Deadline"))
    zone = SelectField(
        _l("Time zone of the deadline"),
        choices=[SelectChoice(name, name.replace("_", " ")) for name in _ZONES],
        validate_choice=False,
        default=deadlines.UTC_ZONE,
    )
    collection = HintedRadioField(
        _l("When are backers charged?"),
        choices=[SelectChoice(value, label) for value, label in COLLECTION_LABELS.items()],
        validate_choice=False,
        default="now",
    )
    floor = MoneyField(_l("Enough, if so much is collected"), optional=True)
    late_days = _DaysField(_l("Days for late pledges"), [Optional()])

    def validate(self, extra_validators: Any = None) -> bool:  # noqa: ANN401 - WTForms' own
        """Read the amounts in the currency that was chosen with them."""
        chosen = self.currency.data or ""
        for field in (self.goal, self.optimum, self.floor):
            field.currency = chosen if chosen in CURRENCIES else "EUR"
        return bool(super().validate(extra_validators))

    def validate_deadline(self, field: MomentField) -> None:
        """Insist on a deadline that comes once."""
        if field.errors:
            return
        if field.data is None:
            raise ValidationError(_("Choose the day and time at which the campaign ends."))
        for refusal in deadlines.refusals(field.data, self.zone.data or ""):
            if refusal.field == "deadline":
                raise ValidationError(sentence(refusal))

    @property
    def instant(self) -> datetime:
        """The deadline of a validated form."""
        if self.deadline.data is None:
            raise ValueError("read after validation only")
        zone = self.zone.data or ""
        known = zone if deadlines.is_zone(zone) else deadlines.UTC_ZONE
        return deadlines.readings(self.deadline.data, known)[0]

    @property
    def ending(self) -> models.Ending:
        """What decides, as it was typed."""
        return models.Ending(
            model=self.model.data or "",
            floor=self.floor.money,
            optimum=self.optimum.money,
            round_two_days=self.round_two_days.data,
            late_days=self.late_days.data or 0,
            zone=self.zone.data or "",
        )
