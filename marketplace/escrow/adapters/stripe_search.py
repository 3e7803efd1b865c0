"""Reading back from Stripe: by its own reference, or by the mark in the metadata.

Stripe's search lags behind; its lists do not. So a thing is looked for in the shortest list that
must hold it: the refunds of its payment, the transfers of its bundle, the payments of its
customer, or all that were made since its instruction was planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from marketplace.escrow.adapters import stripe_words as words
from marketplace.escrow.adapters.stripe_calls import read, search
from marketplace.escrow.adapters.stripe_client import Connected
from marketplace.escrow.adapters.stripe_pages import CHECKOUT_PARTS, SETUP_PARTS
from marketplace.escrow.gateway import NotNow, Seen
from marketplace.escrow.states import Kind

if TYPE_CHECKING:
    from stripe._v1_services import V1Services
    from stripe.params import PaymentIntentListParams

# Stripe's clock and ours may differ by a little, and `created` counts whole seconds.
SLACK: Final = timedelta(minutes=5)
PAGE: Final = 100

_READERS: Final[dict[Kind, Callable[[words.Json], Seen]]] = {
    Kind.CHECKOUT: words.checkout,
    Kind.SETUP: words.setup,
    Kind.CHARGE: words.charge,
    Kind.REFUND: words.refund,
    Kind.TRANSFER: words.transfer,
    Kind.REVERSAL: words.reversal,
    Kind.TOP_UP: words.top_up,
    Kind.PAYOUT: words.payout,
}


class Search(Connected):
    """Finds what was made for an instruction."""

    def find(self, kind: Kind, operation_id: str, hint: str | None = None) -> Seen | None:
        """Look through what may be it, by the mark in its metadata.

        The hint of a charge is its setup's means, that of a refund its payment, of a transfer
        its bundle, of a reversal its transfer; others need none.
        """
        if kind in _WITH_HINT and not hint:  # an empty list would prove nothing
            raise NotNow("It cannot be told where to look.", code="no_hint")
        born = int((words.born_at(operation_id) - SLACK).timestamp())
        thing = search(lambda: _LISTS[kind](self._stripe.v1, hint or "", born), operation_id)
        return _READERS[kind](thing) if thing else None

    def read(self, kind: Kind, ref: str) -> Seen:
        """Read one thing back. A reversal's reference is `transfer/reversal`."""
        return _READERS[kind](read(lambda: self._one(kind, ref)))

    def _one(self, kind: Kind, ref: str) -> Any:  # noqa: ANN401 - one of seven SDK classes
        v1 = self._stripe.v1
        if kind is Kind.REVERSAL:
            transfer, _, reversal = ref.partition("/")
            return v1.transfers.reversals.retrieve(transfer, reversal)
        if kind is Kind.CHECKOUT:
            return v1.checkout.sessions.retrieve(ref, {"expand": CHECKOUT_PARTS})
        if kind is Kind.SETUP:
            return v1.checkout.sessions.retrieve(ref, {"expand": SETUP_PARTS})
        if kind is Kind.CHARGE:
            return v1.payment_intents.retrieve(ref, {"expand": ["latest_charge"]})
        return {
            Kind.REFUND: v1.refunds.retrieve,
            Kind.TRANSFER: v1.transfers.retrieve,
            Kind.TOP_UP: v1.topups.retrieve,
            Kind.PAYOUT: v1.payouts.retrieve,
        }[kind](ref)


def _sessions(v1: V1Services, _hint: str, born: int) -> Iterable[Any]:
    return v1.checkout.sessions.list({"created": {"gte": born}, "limit": PAGE}).auto_paging_iter()


def _charges(v1: V1Services, hint: str, born: int) -> Iterable[Any]:
    saved = v1.setup_intents.retrieve(hint).to_dict()
    params: PaymentIntentListParams = {
        "customer": str(words.ref_of(saved["customer"])),
        "created": {"gte": born},
        "limit": PAGE,
        "expand": ["data.latest_charge"],
    }
    return v1.payment_intents.list(params).auto_paging_iter()


def _refunds(v1: V1Services, hint: str, _born: int) -> Iterable[Any]:
    return v1.refunds.list({"payment_intent": hint, "limit": PAGE}).auto_paging_iter()


def _transfers(v1: V1Services, hint: str, _born: int) -> Iterable[Any]:
    return v1.transfers.list({"transfer_group": hint, "limit": PAGE}).auto_paging_iter()


def _reversals(v1: V1Services, hint: str, _born: int) -> Iterable[Any]:
    return v1.transfers.reversals.list(hint, {"limit": PAGE}).auto_paging_iter()


def _top_ups(v1: V1Services, _hint: str, born: int) -> Iterable[Any]:
    return v1.topups.list({"created": {"gte": born}, "limit": PAGE}).auto_paging_iter()


def _payouts(v1: V1Services, _hint: str, born: int) -> Iterable[Any]:
    return v1.payouts.list({"created": {"gte": born}, "limit": PAGE}).auto_paging_iter()


_LISTS: Final[dict[Kind, Callable[[V1Services, str, int], Iterable[Any]]]] = {
    Kind.CHECKOUT: _sessions,
    Kind.SETUP: _sessions,
    Kind.CHARGE: _charges,
    Kind.REFUND: _refunds,
    Kind.TRANSFER: _transfers,
    Kind.REVERSAL: _reversals,
    Kind.TOP_UP: _top_ups,
    Kind.PAYOUT: _payouts,
}
_WITH_HINT: Final = frozenset({Kind.CHARGE, Kind.REFUND, Kind.TRANSFER, Kind.REVERSAL})
