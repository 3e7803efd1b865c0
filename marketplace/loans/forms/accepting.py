"""What a borrower types when accepting an offer."""

from __future__ import annotations

from marketplace.web.forms import Form, MoneyField
from marketplace.web.locale import _l


class AcceptForm(Form):
    """Accept; with an amount, so little is taken too should the loan not fill in time."""

    take_least = MoneyField(_l("Also take less, from"), optional=True)
