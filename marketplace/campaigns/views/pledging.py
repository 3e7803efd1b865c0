"""From an amount or a reward to the provider's page: choose, check, confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.campaigns import rules
from marketplace.campaigns.fees import payout
from marketplace.campaigns.forms import ConfirmForm, PledgeForm
from marketplace.campaigns.queries import one, pledges, rewards
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.services.placing import Placed, place_pledge
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.escrow import queries as escrow
from marketplace.escrow.services import dispatching
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, ProviderTrouble, Refusal, refuse_if
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money, parse_amount
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import money_text, page


@dataclass(frozen=True, slots=True)
class Answers:
    """What a backer chose."""

    amount: Money
    reward: RewardRow | None
    anonymous: bool


@bp.get("/projects/<ref>/pledge")
@requires("pledge.make")
def pledge(ref: str) -> Response:
    """Ask for an amount or a reward."""
    campaign = _campaign(ref)
    form = PledgeForm(formdata=None)
    form.reward.data = request.args.get("reward", "")
    form.amount.data = request.args.get("amount", "")
    form.anonymous.data = request.args.get("anonymous") == "1"
    return _choose(campaign, form)


@bp.post("/projects/<ref>/pledge")
@requires("pledge.make")
def pledge_chosen(ref: str) -> Response | Answer:
    """Judge the choice and go on to the check page, or say what is wrong with it."""
    campaign, form = _campaign(ref), PledgeForm()
    form.amount.currency = campaign.currency or ""
    if form.ready() and form.succeeds(lambda: _judge(campaign, form.data)):
        return redirect(url_for("campaigns.pledge_check", ref=ref, **_plain(form.data)), 303)
    return _choose(campaign, form, 422)


@bp.get("/projects/<ref>/pledge/check")
@requires("pledge.make")
def pledge_check(ref: str) -> Response:
    """Show the answers and what they mean in money, before anything is charged."""
    campaign = _campaign(ref)
    form = PledgeForm(formdata=None, data=_plain(request.args))
    answers = form.attempt(lambda: _judge(campaign, request.args))
    if answers is None:
        return _choose(campaign, form, 422)
    return page(
        "campaigns/check.html",
        c=campaign,
        ref=ref,
        form=ConfirmForm(formdata=None, data=_plain(request.args)),
        answers=answers,
        change=url_for("campaigns.pledge", ref=ref, **_plain(request.args)),
        division=payout(answers.amount, campaign.fee_bps or 0),
        sponsor=showing.sponsor_name(campaign.sponsor_id),
        delivery=showing.month_words(answers.reward) if answers.reward else None,
        terms=escrow.terms(),
        until=rules.checkout_until(clock.now(), campaign.deadline or clock.now()),
    )


@bp.post("/projects/<ref>/pledge/check")
@requires("pledge.make")
def pledge_confirm(ref: str) -> Response | Answer:
    """Make the pledge and go to the provider's page; nothing is charged here."""
    campaign, form = _campaign(ref), ConfirmForm()
    if not form.ready():
        return _kept(campaign, form, Refusal("form_unreadable"))
    try:
        placed = _place(campaign, form)
    except Refusal as refusal:
        return _kept(campaign, form, refusal)
    return to_provider(placed)


def to_provider(placed: Placed) -> Response | Answer:
    """Send the backer to the provider's hosted page, or say that nothing was charged."""
    try:
        instruction = dispatching.dispatch(placed.checkout_id)
    except ProviderTrouble:
        instruction = escrow.instruction(placed.checkout_id)
    ref = public_id("pl", placed.pledge_id)
    if instruction.is_finished or not instruction.url:
        if instruction.is_finished:
            return redirect(url_for("campaigns.pledge_return", ref=ref), 303)
        return page(
            "campaigns/not_charged.html",
            202,  # the pledge is kept, and its page is opened as soon as the provider answers
            pledge=pledges.pledge(placed.pledge_id),
            ref=ref,
            terms=escrow.terms(),
        )
    return redirect(instruction.url, 303)


def _place(campaign: one.CampaignRow, form: ConfirmForm) -> Placed:
    return place_pledge(
        me(),
        campaign.id,
        amount=_amount(campaign, form.data),
        reward_id=_reward_id(form.reward.data or ""),
        anonymous=form.anonymous.data == "1",
        form_key=form.key,
        now=clock.now(),
    )


def _judge(campaign: one.CampaignRow, typed: Mapping[str, object]) -> Answers:
    amount = _amount(campaign, typed)
    reward_id = _reward_id(str(typed.get("reward") or ""))
    reward = rewards.reward(reward_id, campaign.id) if reward_id else None
    facts = pledges.facts(campaign, reward, me().known(), amount)
    refuse_if(rules.pledge_refusals(facts, clock.now()))
    return Answers(amount, reward, _yes(typed.get("anonymous")))


def _amount(campaign: one.CampaignRow, typed: Mapping[str, object]) -> Money:
    if str(typed.get("currency") or campaign.currency) != campaign.currency:
        raise Refusal("currency_other", "amount", currency=campaign.currency)
    try:
        amount = parse_amount(str(typed.get("amount") or ""), campaign.currency)
    except Refusal as refusal:
        raise Refusal(refusal.code, "amount", **refusal.facts) from None
    if not amount.is_positive:
        raise Refusal("amount_zero", "amount")
    return amount


def _reward_id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return parse_public_id("rwd", text)
    except NotFound:
        raise Refusal("reward_unknown", "reward") from None


def _choose(campaign: one.CampaignRow, form: PledgeForm, status: int = 200) -> Response:
    offered = rewards.of_campaign(campaign.id)
    form.amount.currency = campaign.currency or ""
    form.currency.data = campaign.currency
    form.reward.choices = [("", _("No reward, I just want to help"))]
    form.reward.choices += [
        (public_id("rwd", reward.id), f"{reward.title}")
        for reward in offered
        if not reward.sold_out
    ]
    form.reward.hints = {public_id("rwd", reward.id): _hint(reward) for reward in offered}
    if not form.amount.data and form.reward.data:
        chosen = [r for r in offered if public_id("rwd", r.id) == form.reward.data]
        form.amount.data = str(chosen[0].price.decimal()) if chosen else ""
    return page(
        "campaigns/pledge.html",
        status,
        c=campaign,
        ref=public_id("cmp", campaign.id),
        form=form,
        gone=[reward for reward in offered if reward.sold_out],
        is_open=campaign.takes_pledges(clock.now()),
        is_own=campaign.sponsor_id == me().person_id,
        least=rules.pledge_min(campaign.currency or "EUR"),
        sponsor=showing.sponsor_name(campaign.sponsor_id),
        mine=pledges.of_person(campaign.id, me().known()),
        pledge_tag=showing.pledge_tag,
    )


def _kept(campaign: one.CampaignRow, sent: ConfirmForm, refusal: Refusal) -> Response:
    form = PledgeForm(formdata=None, data=_plain(sent.data))
    form.refuse(refusal)
    return _choose(campaign, form, 422)


def _hint(reward: RewardRow) -> str:
    parts = [_("from %(price)s", price=money_text(reward.price)), showing.stock_words(reward)]
    if month := showing.month_words(reward):
        parts.append(_("delivery %(month)s", month=month))
    return " · ".join(parts)


def _plain(typed: Mapping[str, object]) -> dict[str, Any]:
    anonymous = {"anonymous": "1"} if _yes(typed.get("anonymous")) else {}
    kept = {name: str(typed.get(name) or "") for name in ("amount", "reward", "currency")}
    return {**{name: text for name, text in kept.items() if text}, **anonymous}


def _yes(value: object) -> bool:
    return value in {True, "1", "y", "on", "True"}


def _campaign(ref: str) -> one.CampaignRow:
    return one.public_campaign(parse_public_id("cmp", ref))
