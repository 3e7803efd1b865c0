"""The kinds of ledger accounts in words people understand."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

_KINDS: Final[dict[str, Any]] = {
    "external:world": _l("The outside world"),
    "escrow:campaign": _l("Pledges held for projects"),
    "escrow:loan": _l("Lenders’ money and repayments on their way"),
    "person:wallet": _l("Wallets of lenders"),
    "sponsor:payable": _l("Due to sponsors, not paid out yet"),
    "borrower:payable": _l("Due to borrowers, not paid out yet"),
    "holdback:campaign": _l("Held back until delivery"),
    "fees:platform": _l("Our fees"),
    "fees:provider": _l("The provider’s fees, paid by us"),
    "refund_reserve": _l("Our reserve for refunds"),
    "loss:chargeback": _l("Lost to chargebacks"),
    "loss:credit": _l("Lost to credit"),
    "rounding": _l("Rounding (must stay zero)"),
    "suspense": _l("Not assigned yet"),
    "loan:debt": _l("What borrowers owe"),
    "note:claim": _l("What lenders can claim"),
}
_PROVIDER: Final[dict[str, Any]] = {
    "pending": _l("At the provider, not yet available"),
    "available": _l("At the provider, available"),
    "in_transit": _l("At the provider, in transit"),
}


def kind_words(kind: str) -> str:
    """Return what an account of `kind` holds, in words."""
    if kind.startswith("provider:"):
        return str(_PROVIDER.get(kind.rpartition(":")[2], kind))
    return str(_KINDS.get(kind, kind))
