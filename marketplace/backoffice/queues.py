"""What waits for a person: payouts without an account, jobs that gave up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from marketplace.backoffice import lists, subjects, words
from marketplace.backoffice.blueprints import finance
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import Instruction
from marketplace.infra import jobs as infra_jobs
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.loans.queries import desk
from marketplace.loans.queries.desk import Waiting
from marketplace.web.csv_answer import Table
from marketplace.web.guards import requires
from marketplace.web.locale import _
from marketplace.web.rendering import page

_SHOWN_MAX: Final = 500


@finance.get("/payouts")
@requires("finance.see")
def payouts() -> Response:
    """List the payouts whose receivers have not told the provider where to pay."""
    now = clock.now()
    transfers = escrow.instructions_in("onboarding", limit=_SHOWN_MAX)
    names = subjects.named(
        each for one in transfers for each in (one.person_id, subjects.of_cause(one.cause)[1])
    )
    rows = [_transfer_row(each, names, now) for each in transfers]
    rows += [_loan_row(each, now) for each in desk.waiting_for_payee(_SHOWN_MAX)]
    rows.sort(key=lambda row: row["since"])
    table = Table(
        "payouts-waiting",
        _("Waiting for a payout account, the longest first"),
        [
            {"key": "what", "label": _("For")},
            {"key": "receiver", "label": _("Receiver")},
            {"key": "receiver_ref", "label": _("Receiver’s id"), "csv_only": True},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "since", "label": _("Since"), "kind": "moment"},
            {"key": "age", "label": _("Waits"), "kind": "number"},
            {"key": "ref", "label": _("Reference"), "kind": "ref"},
        ],
        rows,
    )
    return lists.answer("backoffice/payouts.html", table)


@finance.get("/jobs")
@requires("finance.see")
def jobs() -> Response:
    """List the background jobs that gave up."""
    rows = [
        {
            "id": each.id,
            "name": each.name,
            "arguments": json.dumps(each.arguments, ensure_ascii=False)[:300],
            "attempts": each.attempts,
            "at": each.at,
            "age": words.waited(each.at, clock.wall()),
        }
        for each in infra_jobs.gave_up(_SHOWN_MAX)
    ]
    return page("backoffice/jobs.html", rows=rows)


def _transfer_row(
    one: Instruction, names: Mapping[UUID, subjects.Subject], now: datetime
) -> dict[str, Any]:
    receiver = names.get(one.person_id) if one.person_id else None
    subject_id = subjects.of_cause(one.cause)[1]
    about = names.get(subject_id) if subject_id else None
    return {
        "what": about.name if about else words.asked(one.kind, one.purpose),
        "what_href": subjects.page_of(about) if about else None,
        **_receiver(receiver),
        "amount": one.amount,
        "since": one.created_at,
        "age": words.waited(one.created_at, now),
        "ref": one.operation_id,
        "ref_href": url_for("finance.instruction", ref=one.operation_id),
    }


def _loan_row(one: Waiting, now: datetime) -> dict[str, Any]:
    ref = public_id("ln", one.loan_id)
    return {
        "what": one.title,
        "what_href": url_for("loans.loan", ref=ref),
        **_receiver(subjects.Subject("person", one.borrower_id, one.borrower)),
        "amount": one.amount,
        "since": one.since,
        "age": words.waited(one.since, now),
        "ref": ref,
        "ref_href": url_for("books.accounts", q=ref),
    }


def _receiver(person: subjects.Subject | None) -> dict[str, Any]:
    if person is None:
        return {"receiver": None, "receiver_ref": None}
    return {
        "receiver": person.name,
        "receiver_href": url_for("books.accounts", q=person.ref),
        "receiver_ref": person.ref,
    }
