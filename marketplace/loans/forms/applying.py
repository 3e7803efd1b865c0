"""The borrower's request: four groups of questions, each saved as often as one likes.

Whatever can be read is saved at once; what cannot is kept as it was typed and stands there again,
with the sentence about it, whenever the page is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import ValidationError

from marketplace.kernel.errors import Refusal
from marketplace.loans.answers import (
    DEPENDANTS_MAX,
    DESCRIPTION_LENGTH_MAX,
    INSTALMENTS_MAX,
    Collateral,
    Credit,
    Person,
    Wish,
)
from marketplace.loans.forms import application_words, shipped_products, words
from marketplace.loans.forms.groups import (
    BornField,
    GroupForm,
    SumField,
    WholeField,
    line,
)
from marketplace.loans.queries.applications import Application
from marketplace.loans.queries.products import Product
from marketplace.loans.rules import STORY_LENGTH_MAX, TITLE_LENGTH_MAX, YEARS_MAX
from marketplace.web.countries import countries
from marketplace.web.forms import Form, longest
from marketplace.web.locale import _l, locale_name
from marketplace.web.refusals import sentence


class PersonForm(GroupForm):
    """Who asks, and how they live."""

    legal_name = line(
        _l("Full name"),
        description=_l("As it stands in your identity document."),
        render_kw={"autocomplete": "name"},
    )
    born_on = BornField(
        _l("Date of birth"),
        description=_l("Year-month-day, such as 1985-03-31."),
        render_kw={"autocomplete": "bday"},
    )
    phone = line(
        _l("Telephone"),
        description=_l("Only for questions about this request."),
        render_kw={"autocomplete": "tel"},
    )
    street = line(_l("Street and number"))
    postal_code = line(_l("Postal code"), 20)
    city = line(_l("Town"))
    country = SelectField(_l("Country"), choices=[], validate_choice=False)
    housing = RadioField(_l("How do you live?"), choices=[], validate_choice=False)
    dependants = WholeField(
        _l("How many people depend on your income?"),
        description=_l("Children, parents, others."),
        most=DEPENDANTS_MAX,
    )

    def prepare(self, told: Application, products: Sequence[Product]) -> None:
        """Fill the lists."""
        super().prepare(told, products)
        self.country.choices = words.options(countries(locale_name()), empty=_l("Choose"))
        self.housing.choices = words.options(
            {"own": _l("I own my home"), "rent": _l("I rent"), "family": _l("With family")}
        )

    @staticmethod
    def known(told: Application) -> dict[str, Any]:
        """Return the saved answers."""
        person = told.person
        return {name: getattr(person, name) for name in person.__slots__}

    @property
    def answers(self) -> Person:
        """The readable answers."""
        return Person(
            legal_name=self.text("legal_name"),
            born_on=None if self.born_on.errors else self.born_on.day,
            phone=self.text("phone"),
            street=self.text("street"),
            postal_code=self.text("postal_code"),
            city=self.text("city"),
            country=self.chosen("country", countries("en")),
            housing=self.chosen("housing", words.HOUSINGS),
            dependants=self.whole("dependants"),
        )


class CreditForm(GroupForm):
    """What comes in, what goes out, what is owed."""

    employment = SelectField(
        _l("Where does your income come from?"),
        choices=words.options(words.EMPLOYMENTS, empty=_l("Choose")),
        validate_choice=False,
    )
    employer = line(_l("Who employs you?"), description=application_words.EMPLOYER_HINT)
    employed_years = WholeField(
        _l("For how many years?"),
        description=_l("Whole years; 0 if less than one."),
        most=YEARS_MAX,
    )
    income = SumField(_l("Monthly income after tax"), optional=True, positive=False)
    housing_cost = SumField(
        _l("Rent or mortgage a month"),
        optional=True,
        positive=False,
        description=_l("Enter 0 if you have none."),
    )
    debt_payments = SumField(
        _l("Other loans and obligations a month"),
        optional=True,
        positive=False,
        description=_l("Loans, cards, maintenance. Enter 0 if you have none."),
    )
    debts = SumField(
        _l("How much do you owe others in all?"),
        optional=True,
        positive=False,
        description=_l("What is left of loans and cards, a mortgage included."),
    )

    @staticmethod
    def known(told: Application) -> dict[str, Any]:
        """Return the saved answers; what is zero stands as nothing typed."""
        credit = told.credit
        sums = ("income", "housing_cost", "debt_payments", "debts")
        found = {name: getattr(credit, name) for name in credit.__slots__}
        return found | {name: found[name] if found[name].is_positive else None for name in sums}

    @property
    def answers(self) -> Credit:
        """The readable answers."""
        return Credit(
            employment=self.chosen("employment", words.EMPLOYMENTS),
            employer=self.text("employer"),
            employed_years=self.whole("employed_years"),
            income=self.money("income"),
            housing_cost=self.money("housing_cost"),
            debt_payments=self.money("debt_payments"),
            debts=self.money("debts"),
        )


class CollateralForm(GroupForm):
    """What stands behind the loan."""

    collateral_kind = SelectField(
        _l("What is it?"),
        choices=words.options(application_words.COLLATERALS, empty=_l("Choose")),
        validate_choice=False,
    )
    description = TextAreaField(
        _l("Describe it"),
        description=_l("Make, year, address, condition: whatever tells it from another one."),
        validators=[longest(DESCRIPTION_LENGTH_MAX)],
    )
    value = SumField(_l("What is it worth today?"), optional=True, positive=False)
    owner = RadioField(
        _l("Who owns it?"),
        choices=words.options(application_words.OWNERS),
        validate_choice=False,
    )
    office = line(
        _l("Where is it registered?"), description=_l("Land registry, vehicle office, bank.")
    )
    number = line(_l("Number in the register"))

    @staticmethod
    def known(told: Application) -> dict[str, Any]:
        """Return the saved answers."""
        pledged = told.pledged
        found = {name: getattr(pledged, name) for name in pledged.__slots__}
        value = pledged.value if pledged.value.is_positive else None
        return {**found, "collateral_kind": pledged.kind, "value": value}

    @property
    def answers(self) -> Collateral:
        """The readable answers."""
        return Collateral(
            kind=self.chosen("collateral_kind", application_words.COLLATERALS),
            description=self.long_text("description"),
            value=self.money("value"),
            owner=self.chosen("owner", application_words.OWNERS),
            office=self.text("office"),
            number=self.text("number"),
        )


class WishForm(GroupForm):
    """What is asked for, and what it is for."""

    product = SelectField(_l("Which loan?"), choices=[], validate_choice=False)
    amount = SumField(_l("How much do you need?"), optional=True)
    instalments = WholeField(_l("In how many instalments will you repay it?"), most=INSTALMENTS_MAX)
    purpose = SelectField(
        _l("What is it for?"),
        choices=words.options(words.PURPOSES, empty=_l("Choose")),
        validate_choice=False,
    )
    title = line(
        _l("In one line"),
        TITLE_LENGTH_MAX,
        description=_l("Lenders read this first. Do not name yourself or anybody else."),
    )
    story = TextAreaField(
        _l("What will you do with the money?"), validators=[longest(STORY_LENGTH_MAX)]
    )

    def prepare(self, told: Application, products: Sequence[Product]) -> None:
        """Offer the loans of the application's currency."""
        super().prepare(told, products)
        offered = {
            one.code: shipped_products.told(one.name)
            for one in products
            if one.currency == told.currency
        }
        self.offered = {told.product_code: shipped_products.told(told.product_name), **offered}
        self.product.choices = words.options(self.offered)

    @staticmethod
    def known(told: Application) -> dict[str, Any]:
        """Return the saved answers."""
        wish = told.wish
        found = {name: getattr(wish, name) for name in wish.__slots__}
        return found | {"amount": wish.amount if wish.amount.is_positive else None}

    @property
    def answers(self) -> Wish:
        """The readable answers."""
        return Wish(
            product=self.chosen("product", self.offered) or next(iter(self.offered)),
            amount=self.money("amount"),
            instalments=self.whole("instalments"),
            purpose=self.chosen("purpose", words.PURPOSES),
            title=self.text("title"),
            story=self.long_text("story"),
        )


FORMS: Final[Mapping[str, type[GroupForm]]] = {
    "person": PersonForm,
    "credit": CreditForm,
    "collateral": CollateralForm,
    "loan": WishForm,
}


class StartForm(Form):
    """Which loan, in which currency."""

    offer = RadioField(_l("Which loan would you like to ask for?"), choices=[])

    def __init__(self, *args: Any, products: Sequence[Product], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        offered = {
            f"{one.code}.{one.currency}": f"{shipped_products.told(one.name)}, {one.currency}"
            for one in products
        }
        self.offer.choices = words.options(offered)
        self.offer.validate_choice = False
        if not self.is_submitted() and self.offer.data not in offered:
            self.offer.data = next(iter(offered))

    @property
    def chosen(self) -> tuple[str, str]:
        """The code and the currency of a validated form."""
        code, _dot, currency = str(self.offer.data).partition(".")
        return code, currency

    def validate_offer(self, field: Any) -> None:  # noqa: ANN401 - a WTForms field
        """Refuse what is not offered."""
        if field.data not in {value for value, *_more in field.iter_choices()}:
            raise ValidationError(sentence(Refusal("loan_product_missing")))
