"""What lenders type: a part of a loan, money into and out of the wallet."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, PasswordField, RadioField
from wtforms.validators import ValidationError

from marketplace.loans.forms import words
from marketplace.loans.forms.currencies import CurrencyField
from marketplace.web.forms import Form, MoneyField, required
from marketplace.web.locale import _, _l


class InvestForm(Form):
    """Lend this amount, paid this way. In the address it is the first step and changes nothing."""

    amount = MoneyField(_l("Amount to lend"))
    source = RadioField(_l("Pay how?"), choices=words.options(words.SOURCES), default="provider")


class OrderForm(InvestForm):
    """The second step: the same, and the agreement to the contract that was shown."""

    agreed = BooleanField(_l("I agree to the loan contract and sign it with this order"))
    shown = HiddenField()
    understood = BooleanField(
        _l("I have read this, and I can bear to lose what I lend")
    )  # asked once, before the first order

    def validate_agreed(self, field: BooleanField) -> None:
        """Insist on the agreement: nothing is lent without a contract."""
        if not field.data:
            raise ValidationError(_("Agree to the contract to lend. You have not been charged."))


class SignForm(Form):
    """The borrower's signature: the password, typed again under what was shown."""

    password = PasswordField(
        _l("Your password"), validators=[required(_l("Type your password to sign."))]
    )
    shown = HiddenField()


class TopUpForm(Form):
    """Money into the wallet."""

    currency = CurrencyField(_l("Currency"))
    amount = MoneyField(_l("Amount"))

    def offer(self, currencies: list[str]) -> None:
        """Let the person choose among `currencies`."""
        self.amount.currency = self.currency.offer(currencies)


class WithdrawForm(TopUpForm):
    """Money out of the wallet, to one's own bank."""


class ThresholdForm(Form):
    """From how much on a wallet pays itself out; nothing typed: never."""

    withdraw_from = MoneyField(_l("Send everything to my bank from"), optional=True)


class ActForm(Form):
    """One button: nothing but the token and the key."""
