"""The forms around rewards: writing them, what is in them, what sending them costs."""

from __future__ import annotations

from datetime import date
from typing import Final

from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import Optional

from marketplace.campaigns import rules
from marketplace.campaigns.forms import HintedRadioField
from marketplace.campaigns.rules import rewards
from marketplace.kernel.errors import Refusal
from marketplace.web.forms import Form, MomentField, MoneyField, longest, required
from marketplace.web.locale import _l

KIND_LABELS: Final = {
    "physical": _l("Something that is sent"),
    "digital": _l("Something to download"),
    "experience": _l("Something one takes part in"),
}

REFUSALS: Final = {
    "kind_unknown": _l("Choose what kind of reward it is."),
    "per_person_outside": _l(
        "Enter a whole number from 1 to %(most)s, or leave it empty for no limit."
    ),
    "window_reversed": _l("The end must be after the beginning."),
    "quantity_below_taken": _l("%(taken)s are taken already. Enter that or more."),
    "reward_pledged_for": _l(
        "Somebody has pledged for this reward: what it is and what it costs stays as it was."
        " Withdraw it and add another one instead."
    ),
    "picture_not_here": _l("Choose one of the campaign's pictures."),
    "shipping_above_price": _l(
        "The reward costs %(price)s. Sending it cannot cost more than the reward itself: raise the"
        " price of the reward, or lower this."
    ),
    "price_below_shipping": _l(
        "Sending it costs up to %(dearest)s. A reward cannot cost less than sending it."
    ),
    "zone_unknown": _l("Choose a country or a region from the list."),
    "item_quantity": _l("Enter a whole number from 1 to %(most)s."),
    "items_full": _l("A reward can hold %(most)s things."),
    "options_full": _l("There can be %(most)s things to choose about one item."),
    "option_unnamed": _l(
        "Begin each line with what is chosen, in at most %(most)s characters, and a colon."
    ),
    "choices_few": _l(
        "Name at least two different choices after “%(name)s:”, with commas between them, and"
        " at most %(most)s."
    ),
    "choice_long": _l("Each choice of “%(name)s” can have %(most)s characters."),
    "reward_withdrawn": _l("The sponsor offers this reward no more. Choose another one."),
    "reward_not_open": _l("This reward cannot be chosen yet."),
    "reward_over": _l(
        "The time to choose this reward is over. You have not been charged. Choose another reward,"
        " or pledge without one."
    ),
    "per_person_reached": _l("One person can have “%(title)s” %(most)s times at most."),
    "country_missing": _l("Choose where it is sent: sending it has a price."),
    "ships_not_there": _l("“%(title)s” is not sent to this country."),
    "choice_missing": _l("Choose: %(option)s."),
    "add_on_alone": _l("Extras are bought beside a reward. Choose a reward first."),
    "add_on_quantity": _l("Enter a whole number from 0 to %(most)s."),
    "change_too_late": _l(
        "This pledge cannot be changed any more. Make a new one, or take this one back."
    ),
    "price_moved": _l(
        "Prices changed after you opened the page: it is %(total)s now. Look at the lines below."
    ),
}


class RewardForm(Form):
    """One reward tier, or an add-on."""

    title = StringField(
        _l("Title"), [required(_l("Enter a title.")), longest(rules.REWARD_TITLE_MAX)]
    )
    description = TextAreaField(_l("What backers get"), [longest(rules.REWARD_TEXT_MAX)])
    kind = HintedRadioField(
        _l("What kind of reward is it?"),
        choices=[SelectChoice(value, label) for value, label in KIND_LABELS.items()],
        validate_choice=False,
        default="physical",
    )
    price = MoneyField(_l("Price"))
    quantity = StringField(_l("Quantity"), [longest(12)])
    per_person = StringField(_l("At most for one person"), [longest(12)])
    delivery = StringField(_l("Delivery month"), [longest(10)])
    opens_at = MomentField(_l("Can be chosen from (UTC)"), [Optional()], format=["%Y-%m-%dT%H:%M"])
    closes_at = MomentField(
        _l("Can be chosen until (UTC)"), [Optional()], format=["%Y-%m-%dT%H:%M"]
    )
    picture = SelectField(_l("Picture"), validate_choice=False, default="")
    is_addon = BooleanField(_l("This is an extra: it is bought beside another reward"))


class ItemForm(Form):
    """One thing in a reward."""

    title = StringField(
        _l("What"), [required(_l("Enter a title.")), longest(rewards.ITEM_TITLE_MAX)]
    )
    quantity = StringField(_l("How many of it"), [longest(6)], default="1")
    options = TextAreaField(_l("What the backer chooses"), [longest(2_000)])


class ShippingForm(Form):
    """What sending a reward to one zone costs."""

    zone = SelectField(_l("Sent to"), validate_choice=False, default="")
    cost = MoneyField(_l("Cost of sending one"), positive=False)


def month_in(field: StringField) -> date | None:
    """Return the month typed into a field by its first day; None where it is empty."""
    plain = (field.data or "").strip()
    if not plain:
        return None
    try:
        return date.fromisoformat(f"{plain[:7]}-01")
    except ValueError:
        raise Refusal("month_unreadable", field.name) from None
