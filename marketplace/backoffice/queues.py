"""What waits for a person: payouts without an account, bills that are late, jobs that gave up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for

from marketplace.backoffice import lists, subjects, words
from marketplace.backoffice.blueprints import finance
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import Instruction
from marketplace.infra import jobs as infra_jobs
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.ledger import chart
from marketplace.loans.queries import desk
from marketplace.loans.queries.desk import LateBill, Waiting
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


@finance.get("/overdue")
@requires("finance.see")
def overdue() -> Response:
    """List overdue bills, the oldest first."""
    today, bucket = clock.today(), lists.one_of("days", {str(each) for each in desk.LATE})
    currency = lists.one_of("currency", chart.NUMBERS)
    found = lists.cut(
        desk.late_bills(
            today,
            bucket=int(bucket) if bucket else None,
            currency=currency,
            after=_after(),
            limit=lists.size(),
        )
    )
    last = found.rows[-1] if found.more else None
    return lists.answer(
        "backoffice/overdue.html",
        _bills_table([_bill_row(each) for each in found.rows]),
        bucket=bucket,
        currency=currency,
        currencies=sorted(chart.NUMBERS),
        buckets=[("", _("All")), *((str(days), bucket_words(days)) for days in desk.LATE)],
        more_href=lists.here(after=f"{last.due_on}~{public_id('bil', last.id)}") if last else None,
        first_href=lists.here(after=None) if "after" in request.args else None,
    )


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


def bucket_words(from_days: int) -> str:
    """Return how late a bucket's bills are, in words."""
    ends = dict(zip(desk.LATE, desk.LATE[1:], strict=False))
    if from_days not in ends:
        return _("%(first)s days and more", first=from_days)
    return _("%(first)s–%(last)s days", first=from_days, last=ends[from_days] - 1)


def _after() -> tuple[date, UUID] | None:
    """Return due day and id of the last bill seen, written `2026-03-31~bil_…`."""
    on, _mark, ref = lists.typed("after").partition("~")
    try:
        return date.fromisoformat(on), parse_public_id("bil", ref)
    except (ValueError, NotFound):
        return None


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


def _bills_table(rows: list[dict[str, Any]]) -> Table:
    return Table(
        "overdue",
        _("Overdue bills, the oldest first"),
        [
            {"key": "days", "label": _("Days late"), "kind": "number"},
            {"key": "due", "label": _("Due"), "kind": "date"},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "borrower", "label": _("Borrower")},
            {"key": "borrower_ref", "label": _("Borrower’s id"), "csv_only": True},
            {"key": "loan", "label": _("Loan")},
            {"key": "loan_ref", "label": _("Loan’s id"), "csv_only": True},
            {"key": "n", "label": _("Instalment"), "kind": "number"},
            {"key": "ref", "label": _("Bill"), "kind": "ref"},
        ],
        rows,
    )


def _bill_row(bill: LateBill) -> dict[str, Any]:
    loan_ref, borrower_ref = public_id("ln", bill.loan_id), public_id("per", bill.borrower_id)
    return {
        "days": bill.days,
        "due": bill.due_on,
        "amount": bill.amount,
        "borrower": bill.borrower,
        "borrower_href": url_for("books.accounts", q=borrower_ref),
        "borrower_ref": borrower_ref,
        "loan": bill.title,
        "loan_href": url_for("loans.loan", ref=loan_ref),
        "loan_ref": loan_ref,
        "n": bill.n,
        "ref": public_id("bil", bill.id),
    }
