"""What somebody tells who only wants to see how a request would look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField

from marketplace.loans.answers import INSTALMENTS_MAX
from marketplace.loans.forms import words
from marketplace.loans.forms.groups import SumField, WholeField
from marketplace.loans.queries.products import Product
from marketplace.loans.rules import YEARS_MAX
from marketplace.loans.self_check import Situation
from marketplace.web.forms import Form
from marketplace.web.locale import _l


class SelfCheckForm(Form):
    """Six answers that are forgotten with the page."""

    offer = SelectField(_l("Which loan?"), choices=[])
    amount = SumField(_l("How much do you need?"))
    instalments = WholeField(_l("In how many instalments?"), most=INSTALMENTS_MAX)
    income = SumField(_l("Monthly income after tax"), positive=False)
    obligations = SumField(
        _l("Rent, loans and other obligations a month"),
        positive=False,
        description=_l("Enter 0 if you have none."),
    )
    employed_years = WholeField(
        _l("For how many years has this income come?"),
        description=_l("Whole years; 0 if less than one."),
        most=YEARS_MAX,
    )

    def __init__(self, *args: Any, products: Sequence[Product], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._offers = {f"{one.code}.{one.currency}": one for one in products}
        self.offer.choices = words.options(
            {key: f"{one.name}, {one.currency}" for key, one in self._offers.items()}
        )
        for field in self:
            if isinstance(field, SumField):
                field.currency = self.product.currency

    @property
    def product(self) -> Product:
        """The loan that is looked at; the first one while none was chosen."""
        first = next(iter(self._offers.values()))
        return self._offers.get(str(self.offer.data), first)

    @property
    def situation(self) -> Situation:
        """The answers of a validated form."""
        return Situation(
            amount=self.amount.required_money,
            instalments=self.instalments.whole,
            income=self.income.required_money,
            obligations=self.obligations.required_money,
            employed_years=self.employed_years.whole,
        )
