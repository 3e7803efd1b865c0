"""What goes wrong in the demo world: payments taken back, a refund that comes back.

The cards are those of `docs/simulator.md`. Each such pledge comes on top, so that what a project
reaches stays what the script says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries import pledges
from marketplace.demo.script import Project
from marketplace.demo.stage import Stage
from marketplace.escrow.queries import disputes
from marketplace.escrow.services import answering
from marketplace.escrow.states import DisputeState
from marketplace.kernel.money import Money

ANSWER_DAYS: Final = 5
_LOST, _CONTESTED, _COMES_BACK = "4000000000000259", "4000000000002685", "4000000000007726"
_EVERY: Final = 7
_CARDS: Final = {1: _COMES_BACK, 3: _CONTESTED, 5: _LOST}
_DAY: Final = 2
# Disputed three days after it was paid: still to be answered on the world's last day.
_OPEN_DAYS: Final = 6
_UNITS: Final = {"TWD": 900, "CNY": 200}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A pledge that will go wrong, `day` days after the launch."""

    day: int
    amount: Money
    card: str

    @property
    def is_answered(self) -> bool:
        """Whether an officer answers its dispute."""
        return self.card == _CONTESTED


def of(project: Project, number: int, world_days: int) -> Iterator[Trouble]:
    """Yield what goes wrong with the project of this number in the script."""
    if project.collection != "now":
        return
    amount = Money.of(str(_UNITS.get(project.currency, 25)), project.currency)
    if card := _CARDS.get(number % _EVERY):
        yield Trouble(_DAY, amount, card)
    last = world_days - _OPEN_DAYS - project.launch_day
    if 0 <= last < project.duration and number % 2 == 0:
        yield Trouble(last, amount, _LOST)


def answer(stage: Stage, campaign_id: UUID) -> None:
    """Let a finance officer answer the disputes that wait for an answer about a project."""
    for dispute in disputes.disputes((DisputeState.NEEDS_RESPONSE,)):
        if pledges.pledge(dispute.subject_id).campaign_id == campaign_id:
            answering.contest(
                stage.cast["finance_officer"],
                dispute.id,
                evidence="Paid by card on the page that names the project. (winning_evidence)",
                now=stage.now,
            )
