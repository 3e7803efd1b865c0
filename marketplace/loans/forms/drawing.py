"""What is typed to draw on a credit line, and what an officer types to change one."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField

from marketplace.loans.answers import INSTALMENTS_MAX
from marketplace.loans.credit_lines import REASON_LENGTH_MAX, DrawWish
from marketplace.loans.forms import words
from marketplace.loans.forms.groups import SumField, WholeField
from marketplace.loans.rules import TITLE_LENGTH_MAX
from marketplace.web.forms import Form, MoneyField, longest
from marketplace.web.locale import _l


class DrawForm(Form):
    """So much, over so many instalments, for this. In the address it only works out the cost."""

    amount = SumField(_l("How much do you draw?"))
    instalments = WholeField(_l("In how many instalments will you repay it?"), most=INSTALMENTS_MAX)
    purpose = SelectField(
        _l("What is it for?"),
        choices=words.options(words.PURPOSES, empty=_l("Choose")),
        validate_choice=False,
    )
    title = StringField(
        _l("In one line"),
        description=_l("Lenders read this first. Do not name yourself or anybody else."),
        validators=[longest(TITLE_LENGTH_MAX)],
    )

    def offer(self, currency: str) -> None:
        """Ask for amounts in `currency`."""
        self.amount.currency = currency

    @property
    def wish(self) -> DrawWish:
        """What a validated form asks for."""
        return DrawWish(
            amount=self.amount.required_money,
            instalments=self.instalments.whole,
            purpose=str(self.purpose.data or ""),
            title=str(self.title.data or ""),
        )


class LineDecisionForm(Form):
    """What an officer does about a line, and why."""

    limit = MoneyField(_l("New limit, to lower it"), optional=True)
    reason = TextAreaField(
        _l("Why? The borrower reads this."), validators=[longest(REASON_LENGTH_MAX)]
    )
