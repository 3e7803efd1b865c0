"""The check page: what is paid, for what, when, and what comes back in which case."""

from __future__ import annotations

from collections.abc import Mapping
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
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.baskets import Answers
from marketplace.escrow import queries as escrow
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.web.countries import countries
from marketplace.web.locale import _, _l, locale_name
from marketplace.web.rendering import day_text, moment_text, money_text, page

_SENTENCES: Final = {
    "now_missed": _l(
        "%(total)s is charged now and held by %(holder)s, and if %(goal)s is not reached by"
        " %(moment)s all of it goes back to you."
    ),
    "now_kept": _l(
        "%(total)s is charged now and held by %(holder)s until %(moment)s, and then it is the"
        " sponsor's even if %(goal)s is not reached."
    ),
    "later_missed": _l(
        "Your card is saved now and nothing is charged: if %(goal)s is promised by %(moment)s it"
        " is charged %(total)s then, and if not you never pay anything."
    ),
    "later_kept": _l(
        "Your card is saved now and nothing is charged: at %(moment)s it is charged %(total)s, even"
        " if %(goal)s is not reached."
    ),
}
_CASES: Final = {
    "taken_back": (_l("you take it back before %(day)s"), _l("ordered at once")),
    "stopped": (_l("we stop the campaign"), _l("ordered at once")),
    "too_late": (_l("your payment arrives after %(day)s"), _l("ordered at once")),
    "missed": (_l("the goal is missed"), _l("ordered on %(day)s")),
    "declined": (
        _l("your card is declined on %(day)s and you do not mend it"),
        _l("never charged"),
    ),
    "sponsor_unpaid": (_l("the sponsor cannot be paid in time"), _l("as soon as that is certain")),
    "objected": (
        _l("what you were promised does not come, or is not what was promised"),
        _l("up to this much; a moderator and a finance officer decide"),
    ),
    "accepted": (_l("you accept what was promised, or say nothing"), _l("the sponsor has it all")),
    "released": (_l("the campaign succeeds"), _l("the sponsor has it all on %(day)s")),
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
    terms = _terms(campaign, answers)
    deadline = campaign.deadline or clock.now()
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
        sentence=_sentence(campaign, terms),
        former=pledges.pledge(former) if (former := answers.basket.extras.replaces_id) else None,
        cases=[_case(found, campaign) for found in outcomes.outcomes(terms)],
        until=rules.checkout_until(clock.now(), deadline),
    )


def _terms(campaign: one.CampaignRow, answers: Answers) -> Terms:
    held = quotes.held_back_bps(campaign.id, with_reward=answers.reward is not None)
    return Terms(answers.quote.total, campaign.model, campaign.collection, held)


def _sentence(campaign: one.CampaignRow, terms: Terms) -> str:
    facts = {
        "total": money_text(terms.total),
        "goal": money_text(campaign.goal),
        "holder": escrow.terms().label,
        "moment": moment_text(campaign.deadline or clock.now()),
    }
    return str(_SENTENCES[outcomes.sentence(terms)]) % facts


def _case(found: Outcome, campaign: one.CampaignRow) -> dict[str, Any]:
    day = {"day": day_text(campaign.deadline or clock.now())}
    case, when = (str(words) % day for words in _CASES[found.case])
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
