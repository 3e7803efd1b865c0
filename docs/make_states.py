"""Writes docs/states.md from the machines themselves: `python -m docs.make_states`.

tests/laws holds that the page says what the code does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from marketplace.campaigns import states as campaigns
from marketplace.campaigns.states import changes, fulfilments, parts, suspensions, waiting
from marketplace.contracts import states as contracts
from marketplace.escrow import states as escrow
from marketplace.kernel.machines import Machine
from marketplace.loans import states as loans
from marketplace.moderation import states as moderation

PAGE = Path(__file__).with_name("states.md")

MACHINES: tuple[tuple[str, Machine[Any]], ...] = (
    ("Campaign", campaigns.CAMPAIGN),
    ("Pledge", campaigns.PLEDGE),
    ("Milestone of a campaign", parts.MILESTONE),
    ("Part of a pledge", parts.PART),
    ("Case of the moderators", moderation.CASE),
    ("Suspension of a campaign", suspensions.SUSPENSION),
    ("Change of what was promised", changes.CHANGE),
    ("Place in the line before a reward", waiting.WAIT),
    ("Fulfilment", fulfilments.FULFILMENT),
    ("Objection", fulfilments.OBJECTION),
    ("Loan", loans.LOAN),
    ("Credit line", loans.CREDIT_LINE),
    ("Commitment", loans.COMMITMENT),
    ("Wallet order", loans.WALLET_ORDER),
    ("Mandate", loans.MANDATE),
    ("Voucher", loans.VOUCHER),
    ("Auto-invest rule", loans.AUTO_INVEST),
    ("Proposed version of a loan product", loans.PRODUCT_PROPOSAL),
    ("Contract", contracts.CONTRACT),
    ("Signing", contracts.SIGNING),
    ("Disbursement", loans.DISBURSEMENT),
    ("Instruction", escrow.INSTRUCTION),
    ("Dispute", escrow.DISPUTE),
)

HEAD = """# State machines

Made from the tables in `marketplace/*/states.py` by `python -m docs.make_states`; do not edit.
Anything that is not drawn here is refused with the moves that are allowed (409).
"""


def diagram(title: str, machine: Machine[Any]) -> str:
    """Return one machine as a mermaid diagram under its heading."""
    first = machine.edges[0].source
    lines = [f"## {title}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    lines += [
        f"    {edge.source} --> {edge.target}: {edge.move} ({', '.join(sorted(edge.who))})"
        for edge in machine.edges
    ]
    lines += [f"    {state} --> [*]" for state in sorted(machine.ends())]
    return "\n".join([*lines, "```", ""])


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(diagram(title, machine) for title, machine in MACHINES)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
