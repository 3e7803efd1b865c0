"""The finance desk: the cockpit, what settlement would do, the ledger and the provider, read.

It shows several domains and owns no rules. Nothing here moves money.
"""

from marketplace.backoffice import (
    accounts,
    approvals,
    bank,
    cockpit,
    collections,
    dead_letters,
    deliveries,
    differences,
    disbursements,
    disputes,
    holding,
    instructions,
    journals,
    loan_servicing,
    overdue,
    proofs,
    queues,
    remedies,
    reserve,
    search,
    settlement,
    vouchers,
    write_offs,
)
from marketplace.backoffice.blueprints import books, finance

BLUEPRINTS = (finance, books)

__all__ = [
    "BLUEPRINTS",
    "accounts",
    "approvals",
    "bank",
    "cockpit",
    "collections",
    "dead_letters",
    "deliveries",
    "differences",
    "disbursements",
    "disputes",
    "holding",
    "instructions",
    "journals",
    "loan_servicing",
    "overdue",
    "proofs",
    "queues",
    "remedies",
    "reserve",
    "search",
    "settlement",
    "vouchers",
    "write_offs",
]
