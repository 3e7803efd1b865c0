"""The check page: what is paid, for what, when, and what comes back in which case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import Response, url_for

from marketplace.campaigns import rules
from marketplace.campaigns.fees import payout
from marketplace.campaigns.forms import ConfirmForm
from marketplace.campaigns.queries import one, pledges, quotes
from marketplace.campaigns.rules import outcomes
from marketplace.campaigns.rules.outcomes import Outcome, Terms
from marketplace.campaigns.rules.prices import Line
from marketplace.campaigns.states import LineKind
from marketplace.campaigns.views import funding_words, showing
from marketplace.campaigns.views.baskets import Answers
from marketplace.escrow import queries as escrow
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.web.countries import countries
from marketplace.web.locale import _, _l, locale_name
from marketplace.web.rendering import day_text, money_text, page

_CASES: Final = {
    "taken_back": (_l("you take it back before %(day)s"), _l("ordered at once")),
    "stopped": (_l("we stop the campaign"), _l("ordered at once")),
    "too_late": (_l("your payment arrives after %(day)s"), _l("ordered at once")),
    "missed": (_l("the goal is missed"), _l("ordered on %(day)s")),
    "declined": (
        _l("your card is declined on %(day)s and you do not mend it"),
        _l("never charged"),
    ),
    "undercollected": (
        _l("less than %(least)s is collected from all cards"),
        _l("ordered once that is certain"),
    ),
    "sponsor_unpaid": (_l("the sponsor cannot be paid in time"), _l("as soon as that is certain")),
    "objected": (
        _l("what you were promised does not come, or is not what was promised"),
        _l("up to this much; a moderator and a finance officer decide"),
    ),
    "overdue_on_last_day": (
        _l("it can be held no longer, was not sent, and its month is over"),
        _l("ordered on that day"),
    ),
    "owed_after_last_day": (
        _l("it can be held no longer, was not sent, and its month is still to come"),
        _l("the sponsor has it all and still owes you what was promised"),
    ),
    "accepted": (_l("you accept what was promised, or say nothing"), _l("the sponsor has it all")),
    "released": (_l("the campaign succeeds"), _l("the sponsor has it all on %(last)s")),
    "released_daily": (
        _l("nothing of this happens"),
        _l("the sponsor has it all with the next daily release"),
    ),
}
_LINES: Final = {
    LineKind.SHIPPING: _l("Sending to %(country)s"),
    LineKind.BONUS: _l("Given beyond the price"),
}


def show(
    campaign: one.CampaignRow, answers: Answers, form: ConfirmForm, typed: Mapping[str, Any]
) -> Response:
    """Answer with the check page of these answers."""
    ref, total = public_id("cmp", campaign.id), answers.quote.total
    held_back = quotes.held_back_bps(campaign.id, with_reward=answers.reward is not None)
    terms = funding_words.terms_of(campaign, total, held_back_bps=held_back)
    extras = "campaigns.pledge_extras" if _has_extras(answers) else "campaigns.pledge"
    return page(
        "campaigns/check.html",
        422 if form.errors else 200,
        c=campaign,
        ref=ref,
        form=form,
        answers=answers,
        total=total,
        lines=[(_words(line, answers), line.amount) for line in answers.quote.lines],
        chosen=answers.basket.chosen,
        change=url_for("campaigns.pledge", ref=ref, **typed),
        change_extras=url_for(extras, ref=ref, **typed),
        division=payout(total, campaign.fee_bps or 0),
        sponsor=showing.sponsor_name(campaign.sponsor_id),
        delivery=showing.month_words(answers.reward) if answers.reward else None,
        terms=escrow.terms(),
        sentence=funding_words.sentence(campaign, terms),
        is_late=terms.is_late,
        is_later=terms.is_later,
        last=campaign.last_deadline,
        former=pledges.pledge(former) if (former := answers.basket.extras.replaces_id) else None,
        cases=[_case(found, campaign, terms) for found in outcomes.outcomes(terms)],
        until=rules.checkout_until(clock.now(), _closes_at(campaign, terms)),
    )


def _closes_at(campaign: one.CampaignRow, terms: Terms) -> datetime:
    """Return until when a payment counts."""
    return (campaign.late_until if terms.is_late else campaign.deadline) or clock.now()


def _case(found: Outcome, campaign: one.CampaignRow, terms: Terms) -> dict[str, Any]:
    closes_at = _closes_at(campaign, terms)
    facts = {"day": day_text(closes_at), "last": day_text(campaign.last_deadline or closes_at)}
    if terms.collected_least is not None:
        facts["least"] = money_text(terms.collected_least)
    case, when = (str(words) % facts for words in _CASES[found.case])
    back = _("nothing to give back") if found.back is None else found.back
    never = found.back is None
    return {"case": case, "back": back, "when": _("you were never charged") if never else when}


def _words(line: Line, answers: Answers) -> str:
    if line.kind in _LINES:
        named = countries(locale_name()).get(answers.basket.extras.country or "", "")
        return str(_LINES[line.kind]) % {"country": named}
    return f"{line.quantity} × {line.title}" if line.quantity > 1 else line.title


def _has_extras(answers: Answers) -> bool:
    return bool(answers.basket.chosen or answers.basket.add_ons or answers.basket.asks_country)
