"""What a lender writes into a rule for auto-invest."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import ValidationError

from marketplace.kernel.money import Money
from marketplace.loans.forms import words
from marketplace.loans.forms.currencies import CurrencyField
from marketplace.loans.forms.groups import WholeField
from marketplace.loans.forms.reviewing import RateField, TicksField
from marketplace.loans.matching import Reason
from marketplace.loans.services.auto_invest import NAME_LENGTH_MAX, RuleTerms
from marketplace.web.forms import Form, MoneyField, longest, required
from marketplace.web.locale import _, _l

STATES: Final[words.Words] = {
    "draft": _l("Not on yet"),
    "active": _l("On"),
    "paused": _l("Paused"),
    "ended": _l("Ended"),
}
TONES: Final[dict[str, str]] = {
    "draft": "info",
    "active": "good",
    "paused": "warn",
    "ended": "neutral",
}
MOVES: Final[words.Words] = {
    "activate": _l("Switched on: you agreed to its terms"),
    "pause": _l("Paused"),
    "resume": _l("Resumed"),
    "end": _l("Ended"),
}
# Why there is no order. What the order itself was refused for has words of its own below.
REASONS: Final[words.Words] = {
    Reason.CURRENCY: _l("Another currency"),
    Reason.OWN_LOAN: _l("Your own loan"),
    Reason.GRADE: _l("A grade you did not choose"),
    Reason.RATE: _l("The rate is below yours"),
    Reason.TERM: _l("The term is longer than yours"),
    Reason.PURPOSE: _l("A purpose you did not choose"),
    Reason.PRODUCT: _l("A product you did not choose"),
    Reason.OTHER_RULE: _l("Another of your rules had waited longer"),
    Reason.WALLET: _l("Not enough in the wallet above your reserve"),
    Reason.LEAVING: _l("Your oldest wallet money must leave before this loan may be paid out"),
    Reason.MONTH: _l("Your maximum for the month is reached"),
    Reason.BORROWER: _l("Your maximum for this borrower is reached"),
    Reason.GRADE_CAP: _l("Your maximum for this grade is reached"),
    Reason.TOO_LARGE: _l("The smallest part is more than your amount"),
    Reason.QUEUE: _l("Others had waited longer, and there was no more room"),
    "wallet_short": _l("Not enough in the wallet above your reserve"),
    "lend_over_limit": _l("The limit of what one lender may lend is reached"),
    "lend_over_borrower_limit": _l("The limit of what one lender may lend one borrower is reached"),
    "risk_not_acknowledged": _l("The words about the risk have changed: read and agree to them"),
}
REFUSED: Final = _l("The order was refused when it was placed")
EARLIER: Final = _l("Listed while the rule was paused")


class LeastRateField(RateField):
    """A rate that may be left open."""

    def pre_validate(self, form: object) -> None:
        """Read the rate, if there is one."""
        self.rate = Decimal(0)
        if (self.data or "").strip():
            super().pre_validate(form)


class RuleForm(Form):
    """The terms of a rule. What is left empty lets everything through."""

    name = StringField(
        _l("Name of the rule"),
        description=_l("Only you see it, beside every order it places."),
        validators=[required(_l("Give the rule a name.")), longest(NAME_LENGTH_MAX)],
    )
    currency = CurrencyField(_l("Currency"))
    amount = MoneyField(_l("At most for each loan"))
    grades = TicksField(_l("Grades"), choices=[], validate_choice=False)
    rate_min = LeastRateField(_l("Rate from, percent a year"))
    term_max_months = WholeField(_l("Term to, months"))
    purposes = TicksField(_l("Purposes"), choices=words.options(words.PURPOSES))
    products = TicksField(_l("Products"), choices=[], validate_choice=False)
    borrower_max = MoneyField(_l("At most with one borrower"), optional=True)
    grade_max = MoneyField(_l("At most in one grade"), optional=True)
    reserve = MoneyField(_l("Keep in the wallet"), optional=True, positive=False)
    month_max = MoneyField(_l("At most in a calendar month"), optional=True)

    _offered: frozenset[str] = frozenset()

    def offer(self, currencies: Sequence[str], products: dict[str, Any]) -> None:
        """Let the person choose among currencies and products."""
        self._offered = frozenset(products)
        chosen = self.currency.offer(currencies)
        self.products.choices = words.options(products)
        self.grades.choices = words.options(dict(words.grade_choices()))  # in the reader's words
        for field in (
            *(self.amount, self.borrower_max, self.grade_max, self.reserve, self.month_max),
        ):
            field.currency = chosen

    @property
    def terms(self) -> RuleTerms:
        """The terms of a validated form."""
        return RuleTerms(
            name=" ".join((self.name.data or "").split()),
            amount=self.amount.required_money,
            grades=tuple(self.grades.data or ()),
            purposes=tuple(self.purposes.data or ()),
            products=tuple(code for code in self.products.data or () if code in self._offered),
            rate_min=self.rate_min.rate,
            term_max_months=self.term_max_months.whole or None,
            borrower_max=self.borrower_max.money,
            grade_max=self.grade_max.money,
            reserve=self.reserve.money or Money.zero(self.amount.currency),
            month_max=self.month_max.money,
        )


class ActivateForm(Form):
    """The lender's word for the rule, and for the risk."""

    agreed = BooleanField(_l("Place orders for me on exactly these terms, until I pause or end it"))
    understood = BooleanField(
        _l("I understand that borrowers may fail, and that I can lose what I lend")
    )
    shown = HiddenField()

    def validate_agreed(self, field: BooleanField) -> None:
        """Insist on the mandate: nothing is ordered without one."""
        if not field.data:
            raise ValidationError(_("Tick this to switch the rule on."))
