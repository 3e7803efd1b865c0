"""By what a campaign is judged, in words: on its page, before a pledge, on its money tab."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.queries.stretching import StretchRow
from marketplace.campaigns.rules import outcomes
from marketplace.campaigns.rules.outcomes import Terms
from marketplace.campaigns.states import Funding
from marketplace.escrow import queries as escrow
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.web.locale import _, _l
from marketplace.web.rendering import day_text, moment_text, money_text

NAMES: Final = {
    "all_or_nothing": _l("All or nothing"),
    "keep_what_you_raise": _l("Keeps what it raises"),
    "two_rounds": _l("Two rounds"),
}

# What one pledge means, said with its amount on the last page before it is made.
_SENTENCES: Final = {
    "now_missed": _l(
        "%(total)s is charged now and held by %(holder)s, and if %(goal)s is not reached by"
        " %(moment)s all of it goes back to you."
    ),
    "now_kept": _l(
        "%(total)s is charged now and held by %(holder)s until %(moment)s, and then it is the"
        " sponsor's even if %(goal)s is not reached."
    ),
    "now_first": _l(
        "%(total)s is charged now and held by %(holder)s: if %(goal)s is not reached by %(moment)s"
        " all of it goes back to you, and if it is, it is the sponsor's on %(last)s."
    ),
    "now_second": _l(
        "%(total)s is charged now and held by %(holder)s until %(moment)s, and then it is the"
        " sponsor's, for the minimum of %(goal)s is reached already."
    ),
    "later_missed": _l(
        "Your card is saved now and nothing is charged: if %(goal)s is promised by %(moment)s it"
        " is charged %(total)s then, and if not you never pay anything."
    ),
    "later_kept": _l(
        "Your card is saved now and nothing is charged: at %(moment)s it is charged %(total)s, even"
        " if %(goal)s is not reached."
    ),
    "later_first": _l(
        "Your card is saved now and nothing is charged: if %(goal)s is promised by %(moment)s it"
        " is charged %(total)s on %(last)s, and if not you never pay anything."
    ),
    "later_second": _l(
        "Your card is saved now and nothing is charged: at %(moment)s it is charged %(total)s, for"
        " the minimum of %(goal)s is promised already."
    ),
    "late": _l(
        "%(total)s is charged now and is the sponsor's with the next daily release, for the"
        " campaign has succeeded: it cannot be taken back."
    ),
}
# The same beside the button, where no amount is chosen yet.
_PROMISES: Final = {
    "now_missed": _l(
        "You pay now, and the money is held by the escrow provider: released to the sponsor if"
        " %(goal)s is reached by %(day)s, returned to you in full if not."
    ),
    "now_kept": _l(
        "You pay now, and the money is held by the escrow provider until %(day)s. Then it is the"
        " sponsor's, even if %(goal)s is not reached."
    ),
    "now_first": _l(
        "You pay now, and the money is held by the escrow provider: returned to you in full if"
        " %(goal)s is not reached by %(day)s, released to the sponsor on %(last_day)s if it is."
    ),
    "now_second": _l(
        "You pay now, and the money is held by the escrow provider until %(day)s. Then it is the"
        " sponsor's: the minimum of %(goal)s is reached."
    ),
    "later_missed": _l(
        "You save a card now and are not charged: it is charged if %(goal)s is promised by"
        " %(day)s, and never if not."
    ),
    "later_kept": _l(
        "You save a card now and are not charged: it is charged on %(day)s, even if %(goal)s is not"
        " reached."
    ),
    "later_first": _l(
        "You save a card now and are not charged: it is charged on %(last_day)s if %(goal)s is"
        " promised by %(day)s, and never if not."
    ),
    "later_second": _l(
        "You save a card now and are not charged: it is charged on %(day)s. The minimum of %(goal)s"
        " is promised."
    ),
    "late": _l(
        "The project has succeeded. You pay now, and the sponsor has it with the next daily"
        " release; it cannot be taken back."
    ),
}
OVER: Final = {
    "all_or_nothing": _l("The goal was reached, so the money was released to the sponsor."),
    "keep_what_you_raise": _l("The campaign is over. Its sponsor keeps what came together."),
    "two_rounds": _l("The minimum was reached, so the money was released to the sponsor."),
}


class Promise(NamedTuple):
    """What a pledge means that is made now, by the code of its sentence."""

    code: str
    goal: Money
    deadline: datetime
    last_deadline: datetime


def terms_of(c: CampaignRow, total: Money, *, held_back_bps: int = 0) -> Terms:
    """Return what decides over a pledge of `total` that is made now."""
    return Terms(
        total,
        c.model,
        c.collection,
        held_back_bps,
        round=c.round,
        collected_least=c.rule.collected_least,
        is_late=c.takes_late(clock.now()),
    )


def sentence(c: CampaignRow, terms: Terms) -> str:
    """Return the one sentence that says what is charged when, and what happens if not."""
    facts = _facts(c) | {"total": money_text(terms.total), "holder": escrow.terms().label}
    return str(_SENTENCES[outcomes.sentence(terms)]) % facts


def promise(c: CampaignRow) -> Promise:
    """Return what a pledge of any amount means that is made now."""
    code = outcomes.sentence(terms_of(c, c.goal))
    return Promise(code, c.goal, c.deadline or clock.now(), c.last_deadline or clock.now())


def promised(made: Promise) -> str:
    """Return a promise in words."""
    return str(_PROMISES[made.code]) % {
        "goal": money_text(made.goal),
        "day": day_text(made.deadline),
        "last_day": day_text(made.last_deadline),
    }


def stretch_goals(c: CampaignRow, found: Sequence[StretchRow]) -> list[dict[str, Any]]:
    """Return a campaign's stretch goals as a timeline: what is reached, and what comes next."""
    coming = [row for row in found if c.raised < row.amount]
    return [
        {
            "title": row.title,
            "amount": row.amount,
            "body": row.text,
            "at": row.reached_at if row not in coming else None,
            "on": _("%(amount)s to go", amount=money_text(row.amount - c.raised))
            if row in coming
            else None,
            "state": "done" if row not in coming else "now" if row is coming[0] else "next",
        }
        for row in found
    ]


def notes(c: CampaignRow) -> list[str]:
    """Return what the name of a campaign's rule alone does not say."""
    said = []
    optimum = c.money(c.optimum_minor)
    if c.model == Funding.TWO_ROUNDS and c.round == 1:
        said.append(
            _(
                "If the minimum of %(goal)s is reached by then, the project cannot be missed any"
                " more and goes on until %(day)s, towards %(optimum)s.",
                goal=money_text(c.goal),
                day=day_text(c.last_deadline or clock.now()),
                optimum=money_text(optimum),
            )
        )
    elif c.model == Funding.TWO_ROUNDS:
        said.append(
            _("Second round, towards %(optimum)s: it ends then.", optimum=money_text(optimum))
        )
    if c.floor_minor is not None:
        said.append(
            _(
                "Some cards may be declined: if %(floor)s is collected in the end, the project"
                " succeeds all the same.",
                floor=money_text(c.money(c.floor_minor)),
            )
        )
    if c.late_until is not None and c.decided_at is None:
        said.append(
            _(
                "If it succeeds, late pledges are taken until %(day)s.",
                day=day_text(c.late_until),
            )
        )
    return said


def _facts(c: CampaignRow) -> dict[str, str]:
    deadline, last = c.deadline or clock.now(), c.last_deadline or clock.now()
    return {
        "goal": money_text(c.goal),
        "moment": moment_text(deadline),
        "last": moment_text(last),
    }
