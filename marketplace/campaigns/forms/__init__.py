"""The forms of sponsors, backers and moderators, and the sentences of every refusal."""

from __future__ import annotations

from typing import Any, Final

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.campaigns import rules
from marketplace.web.forms import Form, MoneyField, longest, required
from marketplace.web.locale import _l

CATEGORY_LABELS: Final = {
    "tech": _l("Technology"),
    "film": _l("Film"),
    "design": _l("Design"),
    "music": _l("Music"),
    "publishing": _l("Publishing"),
    "food": _l("Food"),
    "games": _l("Games"),
    "community": _l("Community"),
}

REFUSALS: Final = {
    "title_missing": _l("Enter a title."),
    "category_unknown": _l("Choose a category from the list."),
    "text_too_long": _l("Use %(most)s characters or fewer."),
    "markup_tangled": _l(
        "The text holds more than %(most)s tags. Take formatting out; the words can stay."
    ),
    "goal_too_small": _l("The goal must be at least %(least)s."),
    "goal_too_large": _l("The goal can be at most %(most)s."),
    "deadline_past": _l("The deadline is in the past. Choose a day still to come."),
    "deadline_too_near": _l("The deadline must be at least %(days)s day from now."),
    "deadline_too_far": _l("The deadline can be at most %(days)s days from now."),
    "deadline_past_holding": _l(
        "The deadline can be at most %(days)s days from now: the provider may hold what backers"
        " pay only for so long. A campaign that charges at its deadline may last longer."
    ),
    "collection_unknown": _l("Choose when backers are charged."),
    "collection_not_offered": _l(
        "The provider has no way to pay that can be saved and charged later. Choose to charge at"
        " once."
    ),
    "nothing_to_mend": _l("There is nothing to pay for this pledge, or no longer."),
    "currency_has_rewards": _l(
        "The rewards are priced in %(currency)s. Remove them before you change the currency."
    ),
    "quantity_outside": _l(
        "Enter a whole number from 1 to %(most)s, or leave it empty for no limit."
    ),
    "delivery_past": _l("The delivery month is in the past."),
    "quantity_unreadable": _l("Enter a whole number, or leave it empty for no limit."),
    "month_unreadable": _l("Enter year and month, such as 2027-03."),
    "reward_unknown": _l("Choose one of the rewards listed."),
    "form_unreadable": _l(
        "The form could not be read. Nothing was sent; check it and send it again."
    ),
    "rewards_full": _l("A campaign can have %(most)s rewards."),
    "campaign_pictures_full": _l("A campaign can have %(most)s pictures. Remove one first."),
    "basics_missing": _l("Add a title, a one-line promise and a category."),
    "story_too_short": _l("Tell the story in at least %(words)s words."),
    "cover_missing": _l("Add a cover picture."),
    "funding_missing": _l("Set the goal and the deadline."),
    "risks_missing": _l("Say what can go wrong. Backers have a right to know."),
    "terms_not_agreed": _l("Confirm that you have read what happens to the money."),
    "fee_changed": _l("The fee changed after you opened the page. Look at the new figures below."),
    "draft_locked": _l("This campaign has left the drafting table and cannot be changed any more."),
    "own_campaign_decision": _l(
        "You cannot decide on your own campaign. Another moderator has to."
    ),
    "deadline_too_near_to_approve": _l(
        "Less than %(days)s day is left before the deadline. Return the campaign so that the"
        " sponsor can choose a later one."
    ),
    "deadline_too_far_to_approve": _l(
        "The deadline is more than %(days)s days away, longer than the provider may hold what"
        " backers pay. Return the campaign so that the sponsor can choose an earlier one."
    ),
    "reason_code_missing": _l("Choose the reason from the list."),
    "reason_missing": _l("Say why, so that the sponsor knows what to change."),
    "own_campaign": _l("This is your own campaign. A sponsor cannot pledge to it."),
    "campaign_closed": _l(
        "The deadline has passed: the campaign takes no more pledges. You have not been charged."
    ),
    "currency_other": _l("This campaign takes %(currency)s only."),
    "pledge_too_small": _l("The smallest pledge is %(least)s."),
    "pledge_too_large": _l("The largest pledge is %(most)s."),
    "below_reward": _l("This reward costs %(price)s. Enter that or more."),
    "reward_gone": _l(
        "Somebody took the last one of this reward a moment ago. You have not been charged."
        " Choose another reward, or pledge without one."
    ),
    "cancel_too_late": _l("The deadline has passed, so the pledge can no longer be taken back."),
    "update_before_live": _l("Updates can be posted once the campaign is live."),
    "update_empty": _l("Write something to tell."),
    "updates_too_many": _l("You can post %(most)s updates a day."),
}


def choose_one(labels: dict[str, Any]) -> list[SelectChoice]:
    """Return the choices of a list that begins with nothing chosen."""
    choices = [("", _l("Choose one")), *labels.items()]
    return [SelectChoice(value, label) for value, label in choices]


class StartForm(Form):
    """The first two answers of a draft."""

    title = StringField(_l("Title"), [required(_l("Enter a title.")), longest(rules.TITLE_MAX)])
    category = SelectField(_l("Category"), choices=choose_one(CATEGORY_LABELS))


class HintedRadioField(RadioField):
    """Radio buttons with a line of explanation for each."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own
        super().__init__(*args, **kwargs)
        self.hints: dict[str, Any] = {}


# Where a picture may not be cropped away: value → (percent from the left, from the top).
FOCUS_POINTS: Final = {
    "middle": (50, 50),
    "top": (50, 15),
    "bottom": (50, 85),
    "middle-left": (15, 50),
    "middle-right": (85, 50),
    "top-left": (15, 15),
    "top-right": (85, 15),
    "bottom-left": (15, 85),
    "bottom-right": (85, 85),
}
_FOCUS_LABELS: Final = [
    SelectChoice("middle", _l("The middle")),
    SelectChoice("top", _l("The top")),
    SelectChoice("bottom", _l("The bottom")),
    SelectChoice("middle-left", _l("The left")),
    SelectChoice("middle-right", _l("The right")),
    SelectChoice("top-left", _l("The top left")),
    SelectChoice("top-right", _l("The top right")),
    SelectChoice("bottom-left", _l("The bottom left")),
    SelectChoice("bottom-right", _l("The bottom right")),
]


class PictureWordsForm(Form):
    """What a picture shows, and which part of it must stay in sight."""

    alt = StringField(
        _l("What the picture shows"),
        [required(_l("Say in a few words what the picture shows, for people who cannot see it."))],
    )
    focus = SelectField(_l("Always keep in sight"), choices=_FOCUS_LABELS, default="middle")

    @property
    def point(self) -> tuple[int, int]:
        """The point that stays in sight, in percent."""
        return FOCUS_POINTS.get(str(self.focus.data), (50, 50))


class PictureForm(PictureWordsForm):
    """A new picture."""

    picture = FileField(_l("Picture"))


class SubmitForm(Form):
    """The sponsor's word that the money rules were read."""

    fee_bps = HiddenField()
    agreed = BooleanField(_l("I have read what happens to the money, and I agree to the fee."))


class PledgeForm(Form):
    """Amount and reward; `currency` is echoed so that a stale page is noticed."""

    reward = HintedRadioField(_l("Reward"), validate_choice=False, default="")
    amount = MoneyField(_l("Amount"))
    currency = HiddenField()
    anonymous = BooleanField(_l("Do not show my name on the campaign's page"))
    more = HiddenField()  # what was chosen on other pages, as in their address


class ConfirmForm(Form):
    """The checked answers of a pledge."""

    reward = HiddenField()
    amount = HiddenField()
    currency = HiddenField()
    anonymous = HiddenField()
    more = HiddenField()
    total = HiddenField()  # as it was shown
    terms = HiddenField()  # since when what was shown has stood


class ActForm(Form):
    """A form that asks nothing: one button."""


RETURN_REASONS: Final = {
    "story_unclear": _l("The story does not say what is made, how or by whom"),
    "goal_unexplained": _l("The goal is not explained"),
    "pictures_unfit": _l("The pictures do not show the project"),
    "rewards_unclear": _l("The rewards are unclear or cannot be kept"),
    "risks_too_thin": _l("The risks are not told honestly"),
    "deadline_unfit": _l("The deadline does not fit"),
    "not_allowed_here": _l("This kind of project is not allowed here"),
    "other": _l("Something else"),
}


class DecisionForm(Form):
    """A moderator's decision; which one is said by the button."""

    code = SelectField(_l("Reason to return it"), choices=choose_one(RETURN_REASONS))
    reason = TextAreaField(_l("What the sponsor should change"), [longest(rules.REASON_MAX)])
