"""What a reviewer copies from an appraiser's paper."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from wtforms import SelectField

from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.rates import BPS_WHOLE
from marketplace.loans.forms import application_words, valuation_words, words
from marketplace.loans.forms.groups import line
from marketplace.loans.forms.products import PercentField
from marketplace.loans.queries.documents import Document
from marketplace.loans.valuation import WORDS_MAX, Told, Worth
from marketplace.web.forms import DayField, Form, MoneyField
from marketplace.web.locale import _l


class ValuationForm(Form):
    """A valuation. It stands beside decisions on one page, so no field of theirs shares a name."""

    paper = SelectField(_l("Paper it stands in"), choices=[], validate_choice=False)
    appraiser = line(_l("Valued by"), WORDS_MAX)
    licence = line(_l("Licence number or company"), WORDS_MAX)
    method = SelectField(
        _l("How it was valued"), choices=words.options(valuation_words.METHODS, empty=_l("Choose"))
    )
    value = MoneyField(_l("Value in the paper"))
    haircut = PercentField(_l("Haircut, percent"))
    valued_on = DayField(_l("Valued on"))
    valid_until = DayField(_l("Valid until"))

    def offer(self, papers: Sequence[Document], currency: str) -> None:
        """Name the papers to choose from, an appraiser's first, and the currency of the loan."""
        ordered = sorted(papers, key=lambda one: one.kind != "collateral_value")
        self.paper.choices = [
            (one.ref, f"{application_words.DOCUMENTS.get(one.kind, one.kind)}: {one.name}")
            for one in ordered
        ]
        self.value.currency = currency

    @property
    def paper_id(self) -> UUID:
        """The chosen paper; a `Refusal` where none is."""
        if not self.paper.data:
            raise Refusal("valuation_paper_missing", "paper")
        return parse_public_id("doc", self.paper.data)

    @property
    def told(self) -> Told:
        """What was typed, once it could be read; a `Refusal` for a day left out."""
        valued_on, valid_until = self.valued_on.data, self.valid_until.data
        if valued_on is None:
            raise Refusal("valuation_day_missing", "valued_on")
        if valid_until is None:
            raise Refusal("valuation_day_missing", "valid_until")
        worth = Worth(self.value.required_money, self.haircut.bps, valued_on, valid_until)
        return Told(
            self.appraiser.data or "", self.licence.data or "", self.method.data or "", worth
        )


def fresh(haircut_bps: int) -> ValuationForm:
    """Return an empty form that begins with the product's haircut."""
    begun: dict[str, Any] = {"haircut": Decimal(haircut_bps) / BPS_WHOLE}
    return ValuationForm(formdata=None, data=begun)
