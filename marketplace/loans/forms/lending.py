"""What lenders type: a part of a loan, money into and out of the wallet."""

from __future__ import annotations

from wtforms import RadioField, SelectField

from marketplace.loans.forms import words
from marketplace.web.forms import Form, MoneyField
from marketplace.web.locale import _l


class InvestForm(Form):
    """Lend this amount, paid this way. In the address it is the first step and changes nothing."""

    amount = MoneyField(_l("Amount to lend"))
    source = RadioField(_l("Pay how?"), choices=words.options(words.SOURCES), default="provider")


class TopUpForm(Form):
    """Money into the wallet."""

    currency = SelectField(_l("Currency"))
    amount = MoneyField(_l("Amount"))

    def offer(self, currencies: list[str]) -> None:
        """Let the person choose among `currencies`."""
        self.currency.choices = words.options({code: code for code in currencies})
        chosen = self.currency.data if self.currency.data in currencies else currencies[0]
        self.currency.data = chosen
        self.amount.currency = chosen


class WithdrawForm(TopUpForm):
    """Money out of the wallet, to one's own bank."""


class ActForm(Form):
    """One button: nothing but the token and the key."""
