"""One settlement run: every stage in its order, for real or for show.

The command line, the timetable and the moving clock all come here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from marketplace.infra.commands import rehearsal
from marketplace.kernel import clock
from marketplace.settlement import (
    autopay,
    billing,
    campaign_closing,
    charging_back,
    close_of_business,
    collecting,
    contracts,
    distribution,
    funding_closing,
    holding,
    inspecting,
    late_pledges,
    line_statements,
    owing,
    payouts,
    reconfirming,
    stopping,
    tranches,
    withdrawing,
)
from marketplace.settlement.lines import Line

Report = dict[str, list[Line]]
Stage = Callable[[datetime], list[Line]]

STAGES: Final[tuple[tuple[str, Stage], ...]] = (
    ("disputes", charging_back.recover_all),
    ("changes", reconfirming.look_after),
    ("campaigns", campaign_closing.close_due_campaigns),
    ("collections", collecting.collect_due_campaigns),
    ("overdue campaigns", campaign_closing.alarm_overdue),
    ("ended campaigns", stopping.stop_ended_campaigns),
    ("campaign refunds", campaign_closing.finish_refunded_campaigns),
    ("inspections", inspecting.look_after),
    ("late pledges", late_pledges.release_due),
    ("payouts", payouts.repeat_failed_payouts),
    ("tranches", tranches.pay_due),
    ("fundings", funding_closing.close_due_fundings),
    ("contracts", contracts.look_after),
    ("bills", billing.issue_due_bills),
    ("close of business", close_of_business.close_missing_days),
    ("autopay", autopay.charge_due_bills),
    ("repayments", distribution.distribute_receipts),
    ("line statements", line_statements.write_due_statements),
    ("owed", owing.recover_all),
    ("withdrawals", withdrawing.withdraw_full_wallets),
    ("holding", holding.watch),
)


def run(now: datetime) -> Report:
    """Do everything that is due at `now`; each stage commits its own work."""
    return {name: stage(now) for name, stage in STAGES}


def rehearse(now: datetime) -> Report:
    """Return what `run` would do, by doing it and rolling all of it back."""
    with rehearsal():
        return run(now)


def run_now() -> None:
    """Do everything that is due by the business clock (the periodic job)."""
    run(clock.now())
