"""Proves that the ledger and the provider agree, line by line and in total."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from marketplace.escrow import checks, gateway
from marketplace.escrow.checks import Difference, Sides
from marketplace.escrow.gateway import Cash
from marketplace.escrow.services import differing
from marketplace.escrow.services.mirroring import mirror
from marketplace.infra import proofs
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock

# Payments go on while we compare. What is only in motion is gone at the next look.
LOOKS_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The result of one comparison. What two officers have explained is no difference in it."""

    provider: str
    at: datetime
    lines: int
    cash: tuple[Cash, ...]
    sides: tuple[Sides, ...]
    differences: tuple[Difference, ...]
    explained: tuple[Difference, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether all agree."""
        return not self.differences


def reconcile() -> Reconciliation:
    """Mirror the statement, compare everything, note the result. Outside any transaction.

    Raises `ProviderTrouble` when the provider cannot be read: nothing is proved then.
    """
    started = clock.monotonic()
    result = _compare()
    for _ in range(LOOKS_MAX - 1):
        if result.is_clean:
            break
        result = _compare()
    _note(result, clock.monotonic() - started)
    return result


def _compare() -> Reconciliation:
    provider = gateway.current()
    read_at = clock.now()
    mirror()
    lines_found = checks.line_differences(provider.name, read_at=read_at, now=read_at)
    differing.take_back(provider.name, lines_found, read_at)
    cash = provider.balances()
    sides = checks.sides(provider.name, cash)
    found = [*lines_found, *checks.total_differences(sides)]
    differences = differing.unexplained(provider.name, found)
    lines = scalar(
        "SELECT count(*) FROM escrow_movement WHERE provider = %(provider)s",
        {"provider": provider.name},
    )
    db.session.rollback()
    return Reconciliation(
        provider.name,
        read_at,
        lines,
        tuple(cash),
        tuple(sides),
        tuple(differences),
        tuple(each for each in found if each not in differences),
    )


@command
def _note(result: Reconciliation, seconds: float) -> None:
    count = len(result.differences)
    differing.keep(result.provider, [*result.differences, *result.explained], result.at)
    execute(
        "UPDATE escrow_mirror SET proved_at = %(at)s, differences = %(differences)s"
        " WHERE provider = %(provider)s",
        {"at": result.at, "differences": count, "provider": result.provider},
    )
    proofs.record(
        proofs.Subject.PROVIDER,
        at=result.at,
        examined=result.lines,
        differences=count,
        seconds=seconds,
        facts={
            "provider": result.provider,
            "cash": [asdict(each) for each in result.sides],
            "differences": [_facts(each) for each in result.differences[: proofs.SHOWN_MAX]],
        },
    )


def _facts(difference: Difference) -> dict[str, Any]:
    return {
        "type": difference.type,
        "currency": difference.currency,
        "here": difference.here_minor,
        "there": difference.there_minor,
        "provider_ref": difference.provider_ref,
        "instruction_id": difference.instruction_id and str(difference.instruction_id),
        "since": difference.since and difference.since.isoformat(),
    }
