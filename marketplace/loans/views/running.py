"""A loan that is being repaid, as its borrower sees it: what to pay, what was, what is left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from marketplace.kernel.money import Money
from marketplace.loans import quoting
from marketplace.loans.forms.payments import CHARGES
from marketplace.loans.queries import history, receipts
from marketplace.loans.queries.borrower import OpenBill, OwnLoan
from marketplace.loans.replay.position import Position, RowStanding
from marketplace.loans.states import days_late
from marketplace.loans.views.figures import planned_rows
from marketplace.loans.views.payments import open_charges, receipt_row
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import money_text


def standing(own: OwnLoan, bills: Sequence[OpenBill], today: date) -> dict[str, Any]:
    """Return what the page of a loan that was paid out shows; nothing for any other loan."""
    if own.disbursed_on is None:
        return {}
    position = history.position(history.served(own.id, own.borrower_id), today)
    came = receipts.of_loan(own.id)
    billed = {bill.n for bill in bills}
    return {
        "arrears": position.arrears,
        "cure": position.arrears.amount + position.arrears.charges,
        "asked": quoting.asked(position, bills[0].n) if bills else None,
        "asked_words": _asked_words(bills[0], position) if bills else None,
        "open_charges": _charges(own, position),
        "rows": [_row(row, billed, today) for row in position.rows if _counts(row)],
        "totals": _totals(position),
        "points": _points(position, own.repayments),
        "instalments": sum(map(_counts, position.rows)),
        "figures": _figures(own, position),
        "versions": _versions(position),
        "receipts": [receipt_row(one) for one in reversed(came)],
        "payoff": position.payoff if position.outstanding.is_positive else None,
    }


def _asked_words(bill: OpenBill, position: Position) -> str:
    """Return what is asked for, in parts that add up to it."""
    paid = quoting.paid_of(position, bill.n, bill.principal + bill.interest)
    others, late = quoting.of_others(position, bill.n), quoting.of_charges(position)
    parts = [
        _(
            "Instalment %(n)s: %(principal)s principal, %(interest)s interest",
            n=bill.n,
            principal=money_text(bill.principal),
            interest=money_text(bill.interest),
        )
    ]
    if paid.is_positive:
        parts.append(_("%(amount)s of it is paid", amount=money_text(paid)))
    if others.is_positive:
        parts.append(_("%(amount)s of other instalments", amount=money_text(others)))
    if late.is_positive:
        parts.append(_("%(amount)s for being late", amount=money_text(late)))
    return "; ".join(parts)


def rows_of(position: Position, today: date) -> list[dict[str, Any]]:
    """Return the lines of the schedule as it stands, for a statement."""
    return [_row(row, (), today) for row in position.rows if _counts(row)]


def _counts(row: RowStanding) -> bool:
    """Whether a row asks for anything; after an early payoff the rest do not."""
    return row.total.is_positive


def _row(row: RowStanding, billed: Collection[int], today: date) -> dict[str, Any]:
    return {
        "n": row.n,
        "due": row.due,
        "principal": row.principal,
        "interest": row.interest,
        "total": row.total,
        "outstanding": row.outstanding,
        "open": row.open,
        "status": _status(row, billed, today),
        "now": row.open.is_positive and row.n in billed,
    }


def _status(row: RowStanding, billed: Collection[int], today: date) -> dict[str, Any]:
    if row.open.is_zero:
        return {"label": _("Paid"), "tone": "good"}
    if late := days_late(row.due, today):
        return {"label": ngettext("%(num)s day late", "%(num)s days late", late), "tone": "bad"}
    if row.open < row.total:
        return {"label": _("%(open)s open", open=money_text(row.open)), "tone": "info"}
    if row.n in billed:
        return {"label": _("Bill issued"), "tone": "info"}
    return {"label": _("Scheduled"), "tone": "neutral"}


def _totals(position: Position) -> dict[str, Money]:
    currency = position.outstanding.currency
    return {
        "principal": Money.total((row.principal for row in position.rows), currency),
        "interest": Money.total((row.interest for row in position.rows), currency),
        "total": Money.total((row.total for row in position.rows), currency),
    }


def _points(position: Position, paid: int) -> list[dict[str, Any]]:
    return [
        {
            "label": str(row.n),
            "parts": [row.principal.minor, row.interest.minor],
            "texts": [money_text(row.principal), money_text(row.interest)],
            "total_text": money_text(row.total),
            "expected": row.n > paid,
        }
        for row in position.rows
        if _counts(row)
    ]


def _charges(own: OwnLoan, position: Position) -> list[dict[str, Any]]:
    return [
        {
            "what": CHARGES[kind.value],
            "n": n,
            "from_on": min(one.key.on for one in found),
            "to_on": max(one.key.on for one in found),
            "amount": Money.total((one.amount for one in found), own.currency),
            "open": Money.total((one.open for one in found), own.currency),
        }
        for (n, kind), found in open_charges(position).items()
    ]


def _figures(own: OwnLoan, position: Position) -> list[dict[str, Any]]:
    fee = Money(own.amount_minor * own.origination_fee_bps // 10_000, own.currency)
    paid = position.principal + position.interest + position.penalty + position.fee
    cost = position.interest + position.penalty + position.fee
    return [
        {
            "label": _("Still owed"),
            "value": position.outstanding,
            "hint": _("principal"),
        },
        {"label": _("Paid so far"), "value": paid},
        {
            "label": _("Cost so far"),
            "value": cost + fee,
            "hint": _("interest, charges and the fee of %(fee)s", fee=money_text(fee)),
        },
    ]


def _versions(position: Position) -> list[dict[str, Any]]:
    """Return the schedules that were in force before the present one, the latest first."""
    return [
        {
            "number": number,
            "from_on": one.from_on,
            "rows": planned_rows(row for row in one.rows if row.total.is_positive),
        }
        for number, one in reversed(list(enumerate(position.versions[:-1], 1)))
    ]
