"""Fetches answers: claim and commit, call, record. No call is made inside a transaction.

Each source's answer is archived as soon as it is there, so that none is asked twice because the
other was down. Only with both is there a score. A question without an answer waits, is asked
again ever later, and never passes.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.infra.commands import command, rehearsing
from marketplace.infra.database import column, db, rows
from marketplace.infra.events import announce
from marketplace.infra.jobs import job
from marketplace.kernel import clock
from marketplace.kernel.errors import ProviderTrouble
from marketplace.kernel.ids import new_id
from marketplace.risk import answers, gateway
from marketplace.risk.events import RiskReported
from marketplace.risk.facts import Facts, Source, told
from marketplace.risk.gateway import Inquiry, Unreadable
from marketplace.risk.models import RiskAnswer, RiskReport, RiskRequest
from marketplace.risk.rules import LEASE, next_try
from marketplace.risk.scorecard import CARDS, CURRENT, score, values_of

log = logging.getLogger(__name__)


@job("risk.fetch")
def fetch_job(*, request_id: str) -> None:
    """Fetch the answers to one question."""
    fetch(UUID(request_id))


def fetch(request_id: UUID) -> bool:
    """Ask the sources that have not answered yet; returns whether there is a report now.

    Quiet where it is not due, or somebody else is asking.
    """
    if rehearsing():
        return False
    errand = _claim(request_id, clock.now())
    if errand is None:
        return False
    trouble = [code for source in errand.missing if (code := _asked(errand, source))]
    if trouble:
        _postpone(request_id, trouble[0], clock.now())
        return False
    return _conclude(request_id, clock.now())


def fetch_due(limit: int = 100) -> int:
    """Fetch the answers to all questions that are due; returns how many now have a report."""
    due = column(
        """
        SELECT id FROM risk_request WHERE closed_at IS NULL AND not_before <= %s
        ORDER BY not_before, id LIMIT %s
        """,
        (clock.now(), limit),
    )
    db.session.rollback()  # the calls must not happen inside a reading transaction
    return sum(fetch(request_id) for request_id in due)


@dataclass(frozen=True, slots=True)
class _Errand:
    request_id: UUID
    purpose: str
    facts: Facts
    attempt: int
    missing: Sequence[Source]


@command
def _claim(request_id: UUID, now: datetime) -> _Errand | None:
    request = _locked(request_id)
    if request.closed_at is not None or request.not_before > now:
        return None
    request.attempts += 1
    request.not_before = now + LEASE
    known = column(
        "SELECT source FROM risk_answer WHERE request_id = %s AND readable", (request_id,)
    )
    return _Errand(
        request_id=request_id,
        purpose=request.purpose,
        facts=Facts.restored(request.facts),
        attempt=request.attempts,
        missing=[source for source in Source if source not in known],
    )


def _asked(errand: _Errand, source: Source) -> str:
    """Ask one source and archive what it says; returns what was wrong, or nothing."""
    inquiry = Inquiry(
        request_id=errand.request_id,
        source=source,
        purpose=errand.purpose,
        told=told(errand.facts, source),
        attempt=errand.attempt,
    )
    try:
        report = gateway.current().fetch(inquiry)
    except Unreadable as trouble:
        log.warning("risk: %s answered what makes no sense: %s", source, trouble)
        _archive(inquiry, trouble.raw, None, clock.now())
        return trouble.code
    except ProviderTrouble as trouble:
        log.warning("risk: %s did not answer: %s", source, trouble)
        return trouble.code or "no_answer"
    _archive(inquiry, report.raw, report.findings, clock.now())
    return ""


@command
def _archive(
    inquiry: Inquiry, raw: bytes, findings: answers.Findings | None, now: datetime
) -> None:
    db.session.add(
        RiskAnswer(
            request_id=inquiry.request_id,
            source=inquiry.source.value,
            attempt=inquiry.attempt,
            provider=gateway.current().name,
            raw=raw,
            readable=findings is not None,
            as_of=findings.as_of if findings else None,
            received_at=now,
        )
    )


@command
def _postpone(request_id: UUID, trouble: str, now: datetime) -> None:
    request = _locked(request_id)
    if request.closed_at is None:
        request.trouble = trouble
        request.not_before = next_try(request.attempts, now)


@command
def _conclude(request_id: UUID, now: datetime) -> bool:
    """Score what both sources said, as it is archived; not where the facts changed meanwhile."""
    request = _locked(request_id)
    if request.closed_at is not None:
        return False
    values = values_of(Facts.restored(request.facts), _findings(request_id))
    made = score(CARDS[CURRENT], values)
    report = RiskReport(
        id=new_id(),
        request_id=request_id,
        subject_id=request.subject_id,
        person_id=request.person_id,
        version=made.version,
        input=values,
        outcome=made.outcome.value,
        codes=list(made.codes),
        points=made.points,
        points_max=made.points_max,
        grade=made.grade,
        lines=[asdict(line) for line in made.lines],
        at=now,
    )
    db.session.add(report)
    request.closed_at, request.trouble = now, None
    announce(RiskReported(request.subject_id, request_id, report.id))
    return True


@dataclass(frozen=True, slots=True)
class _Kept:
    source: str
    raw: bytes


def _findings(request_id: UUID) -> list[answers.Findings]:
    kept = rows(
        "SELECT source, raw FROM risk_answer WHERE request_id = %s AND readable",
        (request_id,),
        into=_Kept,
    )
    return [answers.read(one.raw, Source(one.source), request_id) for one in kept]


def _locked(request_id: UUID) -> RiskRequest:
    query = select(RiskRequest).where(RiskRequest.id == request_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()
