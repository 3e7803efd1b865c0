"""What money is held as, in the words of the finance desk and of its letters."""

from __future__ import annotations

from typing import Any, Final

from marketplace.settlement.queries.kinds import HeldAs
from marketplace.web.locale import _l

KINDS: Final[dict[HeldAs, Any]] = {
    HeldAs.CAMPAIGN: _l("Pledges of a campaign"),
    HeldAs.PAYOUT: _l("Payout to a sponsor"),
    HeldAs.HOLDBACK: _l("Held back until inspected"),
    HeldAs.LOAN: _l("Parts of a loan"),
    HeldAs.DISBURSEMENT: _l("Payout to a borrower"),
    HeldAs.WALLET: _l("Wallet"),
    HeldAs.REFUND: _l("Refund on its way"),
    HeldAs.REPAYMENT: _l("Repayment to share"),
    HeldAs.STRANDED: _l("Taken by nobody"),
}
