"""What lenders type: a part of a loan, money into and out of the wallet."""

from __future__ import annotations

from wtforms import RadioField

from marketplace.loans.forms import words
from marketplace.loans.forms.currencies import CurrencyField
from marketplace.web.forms import Form, MoneyField
from marketplace.web.locale import _l


class InvestForm(Form):
    """Lend this amount, paid this way. In the address it is the first step and changes nothing."""

    amount = MoneyField(_l("Amount to lend"))
    source = RadioField(_l("Pay how?"), choices=words.options(words.SOURCES), default="provider")


class TopUpForm(Form):
    """Money into the wallet."""

    currency = CurrencyField(_l("Currency"))
    amount = MoneyField(_l("Amount"))

    def offer(self, currencies: list[str]) -> None:
        """Let the person choose among `currencies`."""
        self.amount.currency = self.currency.offer(currencies)


class WithdrawForm(TopUpForm):
    """Money out of the wallet, to one's own bank."""


class ActForm(Form):
    """One button: nothing but the token and the key."""
