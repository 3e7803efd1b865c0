"""A backer's own pledges: the receipt with its timeline, taking back, the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.campaigns.fees import payout
from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.queries import changes, pledges, quotes
from marketplace.campaigns.queries.pledges import OwnPledge
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.campaigns.services.placing import Placed
from marketplace.campaigns.services.pledging import mark_paid
from marketplace.campaigns.services.promising import mark_promised, open_repair
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.baskets import answers_of
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.delivery_words import is_overdue
from marketplace.campaigns.views.part_timeline import delivery
from marketplace.campaigns.views.pledge_timeline import lines, timeline
from marketplace.campaigns.views.pledging import to_provider
from marketplace.campaigns.views.whereabouts import of_pledge
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import Instruction, disputes
from marketplace.escrow.services import dispatching
from marketplace.escrow.states import Kind, State
from marketplace.kernel import clock
from marketplace.kernel.ids import InstructionId, PledgeId, parse_public_id, public_id
from marketplace.web import csv_answer
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.declines import decline_words
from marketplace.web.guards import me, signed_in
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.pieces import Later
from marketplace.web.rendering import done, page

PAGE_SIZE: Final = 50
_SHEET_MAX: Final = 10_000


class _Group(NamedTuple):
    """One part of the list of pledges: by what is to do about them, or else by their state."""

    key: str
    label: Any
    states: tuple[str, ...]
    task: str | None = None

    def part_of(self, found: Sequence[OwnPledge]) -> list[OwnPledge]:
        """Return those of the pledges that stand here, in their order."""
        states, task = self.states, self.task
        return [one for one in found if one.state in states and one.task == task]


# Where a backer goes for each task; anything else leads to the pledge's own page.
_TASK_PAGES: Final = {
    "inspect": "campaigns.pledge_inspect",
    "answer": "campaigns.pledge_changed",
    "survey": "campaigns.pledge_survey",
    "address": "campaigns.pledge_address",
}
_COUNTED: Final = frozenset({"promised", "declined", "held", "released", "refunding", "refunded"})
_GROUPS: Final = (
    _Group("declined", _l("To repair: your card was declined"), ("declined",), "repair"),
    _Group("answer", _l("To answer: the project has changed"), ("held", "promised"), "answer"),
    _Group("inspect", _l("To inspect: it is on its way"), ("released",), "inspect"),
    _Group("survey", _l("To answer: the sponsor asks"), ("released",), "survey"),
    _Group("address", _l("To answer: where shall it go?"), ("released",), "address"),
    _Group("awaiting_payment", _l("Not paid yet"), ("awaiting_payment",)),
    _Group("promised", _l("Promised, charged when the goal is reached"), ("promised", "charging")),
    _Group("held", _l("Paid and held"), ("held",)),
    _Group("released", _l("Released to sponsors"), ("released",)),
    _Group("refunded", _l("Returned to you"), ("refunding", "refunded")),
    _Group("charged_back", _l("Taken back by your bank"), ("charged_back",)),
    _Group("ended", _l("Ended without a charge"), ("expired", "cancelled", "lapsed")),
)


@bp.get("/pledges/<ref>")
@signed_in
def pledge_page(ref: str) -> Response:
    """Show one pledge: what was agreed and where the money is now."""
    return _show(_own(ref))


@bp.get("/pledges/<ref>/return")
@signed_in
def pledge_return(ref: str) -> Answer:
    """Take a backer back from the provider's page.

    Asks the provider itself, so that a lost notice does not matter.
    """
    found = _own(ref)
    page_id = _open_page(found)
    if page_id is not None:
        seen = dispatching.refresh(page_id)
        if seen.state == State.SUCCEEDED and seen.finished_at:
            # The event does the same a moment later; the backer need not wait for it.
            _take_in(found.id, seen, seen.finished_at)
    return redirect(url_for("campaigns.pledge_page", ref=ref), 303)


@bp.post("/pledges/<ref>/pay")
@signed_in
def pledge_pay(ref: str) -> Response | Answer:
    """Go to the provider's page again for a pledge that is not paid yet."""
    found = _own(ref)
    if found.page_id is None or not found.can_pay(clock.now()):
        return redirect(url_for("campaigns.pledge_page", ref=ref), 303)
    return to_provider(Placed(PledgeId(found.id), InstructionId(found.page_id)))


def _open_page(found: pledges.PledgeRow) -> UUID | None:
    """Return the page on which the pledge is, or just was, paid or its card saved."""
    if found.state == "awaiting_payment":
        return found.page_id
    pages = [one for one in escrow.instructions_for(found.id) if one.kind == Kind.CHECKOUT]
    return pages[-1].id if found.state == "declined" and pages else None


def _take_in(pledge_id: UUID, seen: Instruction, at: datetime) -> None:
    if seen.kind == Kind.SETUP:
        mark_promised(pledge_id, saved_at=at, now=clock.now())
    else:
        mark_paid(pledge_id, seen.id, paid_at=at, now=clock.now())


@bp.post("/pledges/<ref>/mend")
@signed_in
def pledge_mend(ref: str) -> Response | Answer:
    """Go to the provider's page to pay what the saved card did not."""
    found, form = _own(ref), ActForm()
    page_id = form.attempt(lambda: open_repair(me(), found.id, clock.now()))
    if page_id is None:
        return redirect(url_for("campaigns.pledge_page", ref=ref), 303)
    return to_provider(Placed(PledgeId(found.id), page_id))


@bp.get("/pledges/<ref>/cancel")
@signed_in
def pledge_cancel(ref: str) -> Response:
    """Ask whether the pledge shall really be taken back, and say what that means."""
    found = _own(ref)
    return page(
        "campaigns/cancel_pledge.html",
        pledge=found,
        ref=ref,
        form=ActForm(),
        can_cancel=found.can_cancel(clock.now()),
        terms=escrow.terms(),
    )


@bp.post("/pledges/<ref>/cancel")
@signed_in
def pledge_cancelled(ref: str) -> Response | Answer:
    """Take the pledge back."""
    found, form = _own(ref), ActForm()
    if not form.ready():
        return pledge_cancel(ref)
    on_its_way = cancel_pledge(me(), found.id, clock.now())
    if not on_its_way and found.page_id:
        dispatching.withdraw(found.page_id)
    message = (
        _("Your pledge is cancelled and the money is on its way back to you.")
        if on_its_way
        else _("Your pledge is cancelled. You were not charged.")
    )
    return done(url_for("campaigns.pledge_page", ref=ref), message)


@bp.get("/pledges/<ref>/change")
@signed_in
def pledge_change(ref: str) -> Answer:
    """Go to the pages of a pledge with the answers that made this one."""
    found = _own(ref)
    project = public_id("cmp", found.campaign_id)
    return redirect(url_for("campaigns.pledge", ref=project, **answers_of(found)), 303)


@bp.get("/my/pledges")
@signed_in
def my_pledges() -> Response:
    """List a backer's pledges by what is to do and by state, or the older ones of one group."""
    backer, only = me().known(), request.args.get("group", "")
    asked = [group for group in _GROUPS if only in {"", group.key}]
    states = sorted({state for group in asked for state in group.states})
    is_sheet = csv_answer.wanted()
    after, limit = (None, _SHEET_MAX) if is_sheet else (cursor("pl"), PAGE_SIZE + 1)
    found = pledges.own_pledges(backer, states, today=clock.today(), after=after, limit=limit)
    if is_sheet:
        return csv_answer.csv_answer(_sheet(found))
    is_all = not only and after is None and _is_short(found, limit)
    totals = pledges.summed(found) if is_all else pledges.own_totals(backer)
    return page(
        "campaigns/my_pledges.html",
        groups=[_shown(group, mine) for group in asked if (mine := group.part_of(found))],
        totals=totals,
        sums=_by_currency(totals),
        figures=Later(totals, _figures),
    )


def _is_short(found: Sequence[OwnPledge], limit: int) -> bool:
    """Whether no part of the list was cut, so that what was found is all there is."""
    return max(Counter((one.state, one.task) for one in found).values(), default=0) < limit


def _shown(group: _Group, mine: Sequence[OwnPledge]) -> dict[str, Any]:
    """Return one part of the list, and where the older ones of it are."""
    older, shown = len(mine) > PAGE_SIZE, mine[:PAGE_SIZE]
    return {
        "key": group.key,
        "label": str(group.label),
        "task": group.task,
        "rows": [Later(pledge, _cells) for pledge in shown],
        "older": url_for(
            "campaigns.my_pledges", group=group.key, after=public_id("pl", shown[-1].id)
        )
        if older
        else None,
    }


def _sheet(found: Sequence[OwnPledge]) -> Table:
    """Return all pledges, the latest first, as a sheet."""
    columns = [
        {"key": "ref", "label": _("Reference")},
        {"key": "what", "label": _("Project")},
        {"key": "amount", "label": _("Pledge"), "kind": "money"},
        {"key": "reward", "label": _("Reward")},
        {"key": "on", "label": _("Pledged")},
        {"key": "decided", "label": _("Decided")},
        {"key": "state", "label": _("State"), "kind": "tag"},
    ]
    return Table("pledges", _("My pledges"), columns, [_cells(pledge) for pledge in found])


def _cells(pledge: OwnPledge) -> dict[str, Any]:
    target = _TASK_PAGES.get(pledge.task or "", "campaigns.pledge_page")
    ref = public_id("pl", pledge.id)
    return {
        "ref": ref,
        "what": pledge.campaign_title,
        "what_href": url_for(target, ref=ref),
        "amount": pledge.amount,
        "reward": pledge.reward_title or _("No reward"),
        "on": pledge.placed_at,
        "decided": pledge.decided_at,
        "state": showing.pledge_tag(pledge.state),
    }


def _figures(totals: Sequence[pledges.StateTotal]) -> list[dict[str, Any]]:
    """Return a key figure for each state in which money is, waits or came back."""
    return [
        {
            "label": showing.pledge_tag(total.state)["label"],
            "value": total.amount,
            "hint": ngettext("%(num)s pledge", "%(num)s pledges", total.count),
        }
        for total in totals
        if total.state in _COUNTED
    ]


def _by_currency(totals: Sequence[pledges.StateTotal]) -> list[dict[str, Any]]:
    """Return a row for each currency of money that was ever paid, a column for each state."""
    found: dict[str, dict[str, Any]] = {}
    for total in totals:
        if total.state in {"promised", "held", "released", "refunding", "refunded"}:
            sums = found.setdefault(total.currency, {"currency": total.currency})
            sums[total.state] = total.amount
    return list(found.values())


def _show(found: pledges.PledgeRow) -> Response:
    now = clock.now()
    instructions = escrow.instructions_for(found.id)
    disputed = disputes.of_subject(found.id)
    known = delivery(found)
    return page(
        "campaigns/pledge_page.html",
        pledge=found,
        ref=public_id("pl", found.id),
        project=showing.project_url(found.campaign_id),
        sponsor=found.sponsor or _("Unknown"),
        tag=showing.pledge_tag(found.state),
        division=payout(found.amount, found.fee_bps),
        where=of_pledge(found, instructions, disputed, escrow.terms(), now, known=known),
        items=timeline(found, instructions, disputed, escrow.terms(), now, known=known),
        known=known,
        month=showing.month,
        is_overdue=is_overdue(known.found, now),
        asked=changes.asked(found.id),
        now=now,
        lines=lines(found),
        agreed_lines=quotes.lines_of(found.id),
        can_pay=found.can_pay(now),
        can_cancel=found.can_cancel(now),
        can_change=found.can_change(now),
        can_mend=found.can_mend(now),
        reason=decline_words(found.decline_reason or ""),
        terms=escrow.terms(),
        form=ActForm(),
    )


def _own(ref: str) -> pledges.PledgeRow:
    return pledges.own_pledge(parse_public_id("pl", ref), me().known())
