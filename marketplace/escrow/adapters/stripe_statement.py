"""Stripe's balance and its balance transactions as the provider's statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from marketplace.escrow.adapters.stripe_calls import Json, read, read_all
from marketplace.escrow.adapters.stripe_client import Connected
from marketplace.escrow.adapters.stripe_search import PAGE, SLACK
from marketplace.escrow.adapters.stripe_words import method, operation, ref_of
from marketplace.escrow.gateway import Cash, Movement, Statement
from marketplace.kernel.money import Money

_KINDS: Final = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "transfer": "transfer",
    "transfer_refund": "reversal",
    "transfer_failure": "transfer_failure",
    "transfer_cancel": "transfer_failure",
    "topup": "topup",
    "payout": "payout",
    "payout_failure": "payout_failure",
    "payout_cancel": "payout_failure",
    "stripe_fee": "fee",
    "stripe_fx_fee": "fee",
    "tax_fee": "fee",
}


class Books(Connected):
    """What Stripe says it holds, and every line of how it came to that."""

    def movements(self, since: str) -> Statement:
        """Return the balance transactions created since the cursor, and a little before it.

        Lines are not promised to appear in the order of their times; one read twice is kept once.
        """
        start = max(int(since or "0") - int(SLACK.total_seconds()), 0)
        lines = read_all(
            lambda: self._stripe.v1.balance_transactions.list(
                {"created": {"gte": start}, "limit": PAGE, "expand": ["data.source"]}
            ).auto_paging_iter()
        )
        # Stripe lists the newest first.
        found = sorted((self._movement(line) for line in lines[::-1]), key=lambda m: m.created_at)
        last = str(int(found[-1].created_at.timestamp())) if found else since
        return Statement(found, last, more=False)

    def balances(self) -> list[Cash]:
        """Return the platform's balance by currency."""
        held = read(self._stripe.v1.balance.retrieve)
        sums: dict[str, dict[str, int]] = {}
        for part in ("available", "pending"):
            for row in held[part]:
                by_part = sums.setdefault(row["currency"].upper(), {"available": 0, "pending": 0})
                by_part[part] += row["amount"]
        return [
            Cash(Money(parts["available"], currency), Money(parts["pending"], currency))
            for currency, parts in sorted(sums.items())
        ]

    def _movement(self, line: Json) -> Movement:
        """Read a line; where its source does not repeat our mark, what is behind it does."""
        source = line.get("source")
        if not isinstance(source, Mapping) or operation(source):
            return movement(line)
        if line["type"] == "transfer_refund":
            # No order of ours took it back: to us the transfer itself has failed.
            ref = str(ref_of(source["transfer"]))
            behind = read(lambda: self._stripe.v1.transfers.retrieve(ref))
            return movement({**line, "type": "transfer_failure", "source": behind})
        if source.get("object") == "dispute" and source.get("payment_intent"):
            ref = str(ref_of(source["payment_intent"]))
            behind = read(lambda: self._stripe.v1.payment_intents.retrieve(ref))
            return movement({**line, "source": {**source, "metadata": behind["metadata"]}})
        return movement(line)


def movement(line: Json) -> Movement:
    """Read a balance transaction whose `source` is expanded."""
    source = line.get("source")
    expanded = source if isinstance(source, Mapping) else {}
    currency = line["currency"].upper()
    return Movement(
        ref=line["id"],
        kind=_kind(line, expanded),
        source_ref=ref_of(source) or "",
        operation_id=operation(expanded),
        amount=Money(line["amount"], currency),
        fee=Money(line["fee"], currency),
        available_at=datetime.fromtimestamp(line["available_on"], UTC),
        created_at=datetime.fromtimestamp(line["created"], UTC),
        method=method(expanded),
    )


def _kind(line: Json, source: Mapping[str, Any]) -> str:
    if line["type"] == "adjustment" and source.get("object") == "dispute":
        return "dispute" if line["amount"] < 0 else "dispute_reversal"
    return _KINDS.get(line["type"]) or str(line["type"])
