"""The forms of delivery: inspecting, objecting, deciding, shipping, and the plan of the parts."""

from __future__ import annotations

from typing import Any, Final

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.campaigns.rules import parts as rules
from marketplace.web.countries import countries
from marketplace.web.forms import DayField, Form, MoneyField, longest, required
from marketplace.web.locale import _l, locale_name

OBJECTION_LABELS: Final = {
    "not_received": _l("It has not arrived"),
    "damaged": _l("It arrived damaged"),
    "not_as_described": _l("It is not what was described"),
    "incomplete": _l("Something is missing"),
    "wrong_item": _l("It is something else"),
    "other": _l("Something else is wrong"),
}

REFUSALS: Final = {
    "first_part_outside": _l("The first part is at least %(least)s %% and at most all of it."),
    "parts_above_whole": _l("Together the parts are more than the whole."),
    "milestones_full": _l("A plan can have %(most)s milestones."),
    "milestone_incomplete": _l(
        "Each milestone needs a name of at most %(most)s characters and a share."
    ),
    "milestone_past": _l("A milestone lies in the future."),
    "milestone_too_early": _l("Milestones can be shown once the campaign is funded."),
    "evidence_missing": _l("Show by what backers can see that it is reached."),
    "objection_code_missing": _l("Choose what is wrong."),
    "objection_words_missing": _l("Say in your words what is wrong."),
    "objection_reason_missing": _l("Say why, so that backer and sponsor understand it."),
    "objection_choice_missing": _l("Choose what shall be done."),
    "back_outside_held": _l("Enter an amount from zero to what is held."),
    "nothing_held_back": _l("Nothing of this pledge is held back any more."),
    "not_due_yet": _l("It was promised for a month that is not over yet."),
    "inspection_over": _l("The time to inspect it is over."),
    "address_sent": _l("It was sent already: nothing about it can be changed any more."),
    "address_locked": _l(
        "The sponsor prepares the parcels: addresses and answers stand since %(on)s."
    ),
    "address_incomplete": _l("Fill this in."),
    "address_country_missing": _l("Choose the country."),
    "lock_past": _l("The day is over."),
    "trouble_pictures_full": _l("At most %(most)s pictures."),
    "own_case": _l("You have a part in this. Somebody else has to decide."),
}


class ObjectForm(Form):
    """What is wrong with what came, or did not come."""

    code = SelectField(
        _l("What is wrong"),
        choices=[
            SelectChoice("", _l("Choose one")),
            *(SelectChoice(value, label) for value, label in OBJECTION_LABELS.items()),
        ],
    )
    words = TextAreaField(
        _l("Tell it in your words"),
        [required(_l("Say in your words what is wrong.")), longest(rules.WORDS_MAX)],
    )
    picture = FileField(_l("A picture of it"))
    picture_2 = FileField(_l("Another picture"))
    picture_3 = FileField(_l("And another one"))

    @property
    def sent(self) -> list[Any]:
        """The fields in which a picture was chosen."""
        return [each for each in (self.picture, self.picture_2, self.picture_3) if each.data]


class MilestoneObjectionForm(Form):
    """Why a milestone is not reached."""

    words = TextAreaField(
        _l("Why it is not reached"),
        [required(_l("Say in your words what is wrong.")), longest(rules.WORDS_MAX)],
    )


class EvidenceForm(Form):
    """By what a milestone shows."""

    evidence = TextAreaField(
        _l("By what it shows"),
        [
            required(_l("Show by what backers can see that it is reached.")),
            longest(rules.EVIDENCE_MAX),
        ],
    )


class ProposalForm(Form):
    """A moderator's proposal about a delivery."""

    back = MoneyField(_l("Goes back to the backer"), positive=False)
    reason = TextAreaField(
        _l("Why"),
        [
            required(_l("Say why, so that backer and sponsor understand it.")),
            longest(rules.WORDS_MAX),
        ],
    )


class MilestoneProposalForm(Form):
    """A moderator's proposal about a milestone."""

    upheld = RadioField(
        _l("Is the objection right?"),
        choices=[
            SelectChoice("yes", _l("Yes: the milestone is not reached yet")),
            SelectChoice("no", _l("No: the milestone is reached")),
        ],
        validate_choice=False,
    )
    reason = TextAreaField(
        _l("Why"),
        [
            required(_l("Say why, so that backer and sponsor understand it.")),
            longest(rules.WORDS_MAX),
        ],
    )


class MilestoneFields(PlainForm):
    """One milestone of the plan; left empty it is none."""

    title = StringField(_l("Milestone"), [longest(rules.MILESTONE_TITLE_MAX)])
    share = IntegerField(_l("Share in %"), [Optional()])
    due = DayField(_l("Reached by"), [Optional()])


class PlanForm(Form):
    """In which parts the sponsor is paid."""

    first = IntegerField(_l("Paid when the goal is reached, in %"))
    milestones = FieldList(FormField(MilestoneFields), min_entries=rules.MILESTONES_MAX)

    @property
    def shown(self) -> list[Any]:
        """The milestones' fields, in their order."""
        return list(self.milestones.entries)


class TicksField(SelectMultipleField):
    """Several choices as tick boxes; what they are the page knows."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ShipForm(Form):
    """What goes out together, and with whom."""

    pledges = TicksField(_l("What is on its way"), choices=[], validate_choice=False)
    carrier = StringField(_l("Carrier"), [longest(60)])
    tracking = StringField(_l("Tracking number"), [longest(80)])


class AddressForm(Form):
    """Where a reward is sent."""

    name = StringField(
        _l("Name on the parcel"),
        [required(_l("Enter whose name is to stand on the parcel.")), longest(120)],
    )
    street = StringField(
        _l("Street and number"), [required(_l("Enter street and number.")), longest(240)]
    )
    postcode = StringField(_l("Postcode"), [Optional(), longest(20)])
    city = StringField(_l("Place"), [required(_l("Enter the place.")), longest(120)])
    country = SelectField(_l("Country"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own
        super().__init__(*args, **kwargs)
        self.country.choices = [
            SelectChoice("", _l("Choose one")),
            *(SelectChoice(code, name) for code, name in countries(locale_name()).items()),
        ]


class LockForm(Form):
    """From which day on addresses stand."""

    on = DayField(_l("From this day on they stand"), [Optional()])


class TrackingForm(Form):
    """Many numbers at once, pasted from the sheet that was downloaded."""

    lines = TextAreaField(
        _l("Pledge, carrier, number: one a line"),
        [required(_l("Paste the lines of your sheet.")), longest(200_000)],
    )
    confirmed = BooleanField(_l("Mark them as sent"))
