"""How payments of a loan are named, and what a borrower types to make one."""

from __future__ import annotations

from typing import Final

from wtforms import RadioField
from wtforms.validators import Optional

from marketplace.kernel.money import Money
from marketplace.loans.forms import words
from marketplace.loans.forms.words import Words
from marketplace.loans.replay.events import Intent
from marketplace.web.forms import DayField, Form, MoneyField
from marketplace.web.locale import _l

PORTIONS: Final[Words] = {
    "principal": _l("Principal"),
    "interest": _l("Interest"),
    "penalty": _l("Penalty interest"),
    "fee": _l("Fees"),
    "overpaid": _l("Too much, in your wallet"),
}

RECEIVED_BY: Final[Words] = {
    "online": _l("Paid at the provider"),
    "autopay": _l("Charged to the saved card"),
    "wallet": _l("Paid from the wallet"),
    "voucher": _l("Paid by bank transfer"),
    "payoff": _l("Paid early at the provider"),
    "reversal": _l("Payment taken back"),
    "replay": _l("Correction"),
}

INTENTS: Final[Words] = {
    "payoff": _l("Pay everything off"),
    "shorter_term": _l("Pay a part: the loan ends sooner"),
    "lower_instalment": _l("Pay a part: the instalments become lower"),
}

CHARGES: Final[Words] = {
    "late_fee": _l("Late fee"),
    "penalty": _l("Penalty interest"),
    "prepayment_fee": _l("Fee for paying early"),
}


class PayForm(Form):
    """Pay so much of what is due, this way."""

    amount = MoneyField(_l("Amount to pay"))
    source = RadioField(_l("Pay how?"), choices=words.options(words.SOURCES), default="provider")

    def ask_for(self, asked: Money) -> None:
        """Offer to pay `asked`, all that is due."""
        self.amount.currency = asked.currency
        if not self.is_submitted() and self.amount.data is None:
            self.amount.process_data(asked)


class PrepayForm(Form):
    """Pay early: what for, how much of it, counted from which day."""

    intent = RadioField(
        _l("What would you like to do?"), choices=words.options(INTENTS), default="payoff"
    )
    amount = MoneyField(_l("Amount, where you pay a part"), optional=True)
    on = DayField(_l("Counted from"), validators=[Optional()])

    def offer(self, currency: str) -> None:
        """Ask for amounts in `currency`."""
        self.amount.currency = currency

    @property
    def wish(self) -> tuple[Intent, Money | None]:
        """What is wished for; a part without an amount is refused as nothing."""
        intent = Intent(self.intent.data)
        if intent is Intent.PAYOFF:
            return intent, None
        return intent, self.amount.money or Money.zero(self.amount.currency)


class PrepayPayForm(PrepayForm):
    """The same, with how to pay it."""

    source = RadioField(_l("Pay how?"), choices=words.options(words.SOURCES), default="provider")
