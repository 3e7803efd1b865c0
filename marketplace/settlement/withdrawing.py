"""Wallets that pay themselves out: from the amount their owner named on, all that is free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import rows
from marketplace.kernel.ids import public_id
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.loans.services import wallet
from marketplace.settlement.lines import Line

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Full:
    person_id: UUID
    currency: str
    withdraw_from_minor: int


# Wallets that hold enough, whose owner the provider can pay; who owes something waits.
_FULL: Final = """
    SELECT w.person_id, w.currency, w.withdraw_from_minor FROM wallet_preference w
    JOIN escrow_payee p ON p.person_id = w.person_id AND p.state = 'ready'
    JOIN ledger_account a ON a.kind = 'person:wallet' AND a.owner_id = w.person_id
        AND a.currency = w.currency
    JOIN ledger_balance b ON b.account_id = a.id
        AND b.credits_posted - b.debits_posted - b.debits_pending >= w.withdraw_from_minor
    ORDER BY w.person_id, w.currency LIMIT %s
"""


def withdraw_full_wallets(now: datetime) -> list[Line]:
    """Send out what is in wallets that have reached their owner's amount, at most once a day."""
    found = rows(_FULL, (BATCH,), into=_Full)
    return [line for one in found for line in withdraw(one.person_id, one.currency, now)]


@command
def withdraw(person_id: UUID, currency: str, now: datetime) -> list[Line]:
    """Send out all that is free of one wallet, should it still hold enough; once a day."""
    wished = wallet.preference(person_id, currency)
    account = ledger.account("person:wallet", currency, person_id)
    free = ledger_queries.balance(account).available
    if wished is None or free < wished or wallet.owes(person_id, currency):
        return []
    key = f"threshold:{now.date()}:{currency}"
    if not wallet.send_out_once(person_id, amount=free, form_key=key, now=now):
        return []
    note = f"above {wished}, as its owner wishes"
    return [Line("wallet.withdrawal", public_id("per", person_id), person_id, free, note)]
