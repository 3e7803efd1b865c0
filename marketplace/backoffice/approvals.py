"""What waits for me: proposals of others that my roles decide, each with a way to its page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for

from marketplace.backoffice import holding_words, lists, remedy_words, words
from marketplace.backoffice.blueprints import finance
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.loans.forms.payments import CHARGES
from marketplace.settlement.queries import approvals as queries
from marketplace.settlement.queries.approvals import Approval, Decision
from marketplace.settlement.queries.kinds import PREFIXES, HeldAs
from marketplace.web.csv_answer import Table
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l

SHOWN_MAX: Final = 8

_WORDS: Final[dict[Decision, Any]] = {
    Decision.DISBURSEMENT: _l("Payout to a borrower"),
    Decision.COLLATERAL: _l("Collateral registered"),
    Decision.VOUCHER: _l("Voucher, second officer"),
    Decision.VOUCHER_UNDO: _l("Voucher to take back"),
    Decision.WAIVER: _l("Charge to let off"),
    Decision.WRITE_OFF: _l("Loan to write off"),
    Decision.HOLDING: _l("Held money"),
    Decision.DIFFERENCE: _l("Difference to suspense"),
    Decision.HOUSE: _l("Our own money"),
    Decision.REMEDY: _l("Dead letter"),
    Decision.PRODUCT: _l("Version of a product"),
}
# Who decides the others has `finance.decide`.
_PERMISSIONS: Final = {
    Decision.REMEDY: "finance.approve",
    Decision.PRODUCT: "product.publish",
}


@finance.get("/approvals")
@requires("finance.see")
def approvals() -> Response:
    """List what others proposed and I may decide, the longest waiting first."""
    now = clock.now()
    found = lists.cut(_waiting(now, after=_after(), limit=lists.size()))
    last = found.rows[-1] if found.more else None
    return lists.answer(
        "backoffice/approvals.html",
        table([_row(each, now) for each in found.rows]),
        more_href=lists.here(after=f"{last.since.isoformat()}~{public_id('apr', last.id)}")
        if last
        else None,
        first_href=lists.here(after=None) if "after" in request.args else None,
    )


def first(now: datetime) -> dict[str, Any]:
    """Return the cockpit's part: those that wait longest, and whether there are more."""
    found = _waiting(now, limit=SHOWN_MAX + 1)
    return {
        "table": table([_row(each, now) for each in found[:SHOWN_MAX]]),
        "more": len(found) > SHOWN_MAX,
    }


def table(rows: list[dict[str, Any]]) -> Table:
    """Return proposals as a table."""
    return Table(
        "approvals",
        _("Waits for your decision"),
        [
            {"key": "what", "label": _("What")},
            {"key": "about", "label": _("About")},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "proposer", "label": _("Proposed by")},
            {"key": "since", "label": _("Proposed"), "kind": "moment"},
            {"key": "age", "label": _("Age"), "kind": "number"},
        ],
        rows,
    )


def _waiting(
    now: datetime, *, after: tuple[datetime, UUID] | None = None, limit: int
) -> list[Approval]:
    mine = [each for each in Decision if may(_PERMISSIONS.get(each, "finance.decide"))]
    return queries.waiting_for(me().known(), mine, now, after=after, limit=limit)


def _after() -> tuple[datetime, UUID] | None:
    """Return moment and id of the last one seen, written `2026-03-31T…+00:00~apr_…`."""
    at, _mark, ref = lists.typed("after").partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, parse_public_id("apr", ref)) if moment.tzinfo else None
    except (ValueError, NotFound):
        return None


def _row(one: Approval, now: datetime) -> dict[str, Any]:
    return {
        "what": str(_WORDS[Decision(one.kind)]),
        "what_href": _href(one),
        "about": _about(one),
        "amount": one.amount,
        "proposer": one.proposer,
        "since": one.since,
        "age": words.waited(one.since, now),
    }


def _about(one: Approval) -> str:
    match Decision(one.kind):
        case Decision.WAIVER:
            return f"{one.title}, {CHARGES[one.detail]}"
        case Decision.HOLDING:
            choice = str(holding_words.CHOICES.get(one.title, one.title))
            return f"{holding_words.kind(one.detail)}: {choice}"
        case Decision.DIFFERENCE:
            return f"{words.difference(one.detail)[0]}: {one.title}"
        case Decision.HOUSE:
            return words.kind(one.detail)
        case Decision.REMEDY:
            return f"{remedy_words.act(one.detail)}: {one.title}"
        case _:
            return one.title


def _href(one: Approval) -> str:
    subject = public_id("ln", one.subject_id)
    match Decision(one.kind):
        case Decision.DISBURSEMENT | Decision.COLLATERAL:
            return url_for("finance.disbursement", ref=subject)
        case Decision.WAIVER | Decision.WRITE_OFF:
            return url_for("finance.served_loan", ref=subject)
        case Decision.PRODUCT:
            return url_for("loans.product", code=one.detail, currency=one.currency)
        case Decision.HOLDING:
            ref = public_id(PREFIXES[HeldAs(one.detail)], one.subject_id)
            return url_for("finance.held", kind=one.detail, ref=ref, currency=one.currency)
        case kind:
            return _page_of_proposal(kind, one.id)


def _page_of_proposal(kind: Decision, proposal_id: UUID) -> str:
    if kind is Decision.HOUSE:
        return url_for("finance.reserve")
    if kind is Decision.DIFFERENCE:
        return url_for("finance.difference", ref=public_id("dif", proposal_id))
    if kind is Decision.REMEDY:
        return url_for("finance.remedy", ref=public_id("rmd", proposal_id))
    return url_for("finance.voucher", ref=public_id("vch", proposal_id))
