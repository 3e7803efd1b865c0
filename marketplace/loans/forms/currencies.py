"""The field that chooses a currency among those that are offered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField
from wtforms.validators import ValidationError

from marketplace.kernel.errors import Refusal
from marketplace.loans.forms import words
from marketplace.web.refusals import sentence


class CurrencyField(SelectField):
    """One of the currencies `offer` was told; another one is refused with a sentence."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own
        super().__init__(label, choices=[], validate_choice=False, **kwargs)
        self._offered: Sequence[str] = ()

    def offer(self, currencies: Sequence[str]) -> str:
        """Let the person choose among `currencies`; return the one amounts are read in."""
        self._offered = currencies
        self.choices = words.options({code: code for code in currencies})
        if self.data is None:
            self.data = currencies[0]
        return self.data if self.data in currencies else currencies[0]

    def pre_validate(self, _form: object) -> None:
        """Refuse what is not offered."""
        if self.data not in self._offered:
            refusal = Refusal("currency_not_offered", currency=str(self.data))
            raise ValidationError(sentence(refusal))
