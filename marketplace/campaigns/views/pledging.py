"""From an amount or a reward to the provider's page: choose, choose what belongs to it, check.

Every step is a page of its own that works without a script; see `baskets` for how answers travel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.campaigns import rules
from marketplace.campaigns.forms import ConfirmForm, PledgeForm
from marketplace.campaigns.forms.extras import COUNTRY, ExtrasForm
from marketplace.campaigns.queries import one, pledges, rewards, waiting
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.rules import prices
from marketplace.campaigns.services.placing import Placed, place_pledge
from marketplace.campaigns.views import baskets, pledge_check, showing
from marketplace.campaigns.views.baskets import Answers
from marketplace.campaigns.views.blueprint import bp
from marketplace.escrow import queries as escrow
from marketplace.escrow.services import dispatching
from marketplace.infra import crypto
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, ProviderTrouble, Refusal, Refused
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import parse_amount
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import money_text, page

_OF_EXTRAS: Final = (prices.ADD_ON, prices.OPTION, COUNTRY)
_MORE_MAX = 20_000


@bp.get("/projects/<ref>/pledge")
@requires("pledge.make")
def pledge(ref: str) -> Response:
    """Ask for an amount or a reward."""
    return _choose(_campaign(ref), _filled(request.args), request.args)


@bp.post("/projects/<ref>/pledge")
@requires("pledge.make")
def pledge_chosen(ref: str) -> Response | Answer:
    """Judge the choice and go on, or say what is wrong with it."""
    campaign, form = _campaign(ref), PledgeForm()
    form.amount.currency = campaign.currency or ""
    typed = {**_more(form.more.data), **form.data}
    basket = form.attempt(lambda: baskets.judge_choice(campaign, typed)) if form.ready() else None
    if basket is not None:
        further = baskets.form_for(campaign, basket.tier, {}) is not None
        step = "campaigns.pledge_extras" if further else "campaigns.pledge_check"
        return redirect(url_for(step, ref=ref, **baskets.plain(typed)), 303)
    return _choose(campaign, form, typed, 422)


@bp.get("/projects/<ref>/pledge/extras")
@requires("pledge.make")
def pledge_extras(ref: str) -> Response | Answer:
    """Ask for what the reward leaves to choose: what is in it, what comes beside it, where to."""
    campaign, typed = _campaign(ref), baskets.plain(request.args)
    try:
        basket = baskets.judge_choice(campaign, typed)
    except Refusal as refusal:
        return _kept(campaign, typed, refusal)
    form = baskets.form_for(campaign, basket.tier, typed)
    if form is None:
        return redirect(url_for("campaigns.pledge_check", ref=ref, **typed), 303)
    return _ask_extras(campaign, form, typed, basket.tier)


@bp.post("/projects/<ref>/pledge/extras")
@requires("pledge.make")
def pledge_extras_chosen(ref: str) -> Response | Answer:
    """Judge everything and go on to the check page; what was chosen first is in the address."""
    campaign, first = _campaign(ref), _without_extras(baskets.plain(request.args))
    try:
        basket = baskets.judge_choice(campaign, first)
    except Refusal as refusal:
        return _kept(campaign, first, refusal)
    form = baskets.form_for(campaign, basket.tier, None)
    if form is None:
        return redirect(url_for("campaigns.pledge_check", ref=ref, **first), 303)
    typed = {**first, **baskets.plain(form.data)}
    if form.ready() and form.succeeds(lambda: baskets.judge(campaign, typed)):
        return redirect(url_for("campaigns.pledge_check", ref=ref, **typed), 303)
    return _ask_extras(campaign, form, first, basket.tier, 422)


@bp.get("/projects/<ref>/pledge/check", endpoint="pledge_check")
@requires("pledge.make")
def pledge_checked(ref: str) -> Response:
    """Show the answers and what they mean in money, before anything is charged."""
    campaign, typed = _campaign(ref), baskets.plain(request.args)
    try:
        answers = baskets.judge(campaign, typed)
    except Refusal as refusal:
        return _kept(campaign, typed, refusal)
    return _check(campaign, answers, typed)


@bp.post("/projects/<ref>/pledge/check")
@requires("pledge.make")
def pledge_confirm(ref: str) -> Response | Answer:
    """Make the pledge and go to the provider's page; nothing is charged here."""
    campaign, form = _campaign(ref), ConfirmForm()
    typed = {**_more(form.more.data), **baskets.plain(form.data)}
    if not form.ready():
        return _kept(campaign, typed, Refusal("form_unreadable"))
    try:
        placed = _place(campaign, form, typed)
    except Refusal as refusal:
        return _kept(campaign, typed, refusal)
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


def _place(campaign: one.CampaignRow, form: ConfirmForm, typed: Mapping[str, object]) -> Placed:
    amount, basket = baskets.read_amount(campaign, typed), baskets.read(campaign, typed)
    shown = parse_amount(form.total.data or "", amount.currency) if form.total.data else None
    return place_pledge(
        me(),
        campaign.id,
        amount=amount,
        reward_id=basket.tier.id if basket.tier else None,
        anonymous=baskets.is_yes(form.anonymous.data),
        form_key=form.key,
        now=clock.now(),
        extras=replace(basket.extras, shown=shown, terms=form.terms.data or ""),
    )


def _choose(
    campaign: one.CampaignRow, form: PledgeForm, typed: Mapping[str, object], status: int = 200
) -> Response:
    former, now = _former(typed), clock.now()
    kept = former.reward_id if former else None
    offered = _offered(campaign, typed, kept)
    gone = [row for row in offered if row.sold_out]
    lined_up = waiting.kept_for(me().known(), campaign.id, now) if gone else {}
    form.amount.currency = campaign.currency or ""
    form.currency.data = campaign.currency
    form.more.data = urlencode(_beyond_choice(typed))
    form.reward.choices = [("", _("No reward, I just want to help"))]
    form.reward.choices += [
        (public_id("rwd", row.id), row.title)
        for row in offered
        if row.is_offered(now) or row.id == kept or row.id in lined_up
    ]
    form.reward.hints = {public_id("rwd", row.id): _hint(row) for row in offered}
    if not form.amount.data and form.reward.data:
        chosen = [row for row in offered if public_id("rwd", row.id) == form.reward.data]
        form.amount.data = str(chosen[0].price.decimal()) if chosen else ""
    return page(
        "campaigns/pledge.html",
        status,
        c=campaign,
        ref=public_id("cmp", campaign.id),
        form=form,
        gone=[row for row in gone if row.id not in lined_up],
        lined_up=[(row, lined_up[row.id]) for row in gone if row.id in lined_up],
        is_open=campaign.is_open(now),
        is_own=campaign.sponsor_id == me().person_id,
        least=rules.pledge_min(campaign.currency or "EUR"),
        sponsor=showing.sponsor_name(campaign.sponsor_id),
        mine=pledges.of_person(campaign.id, me().known()),
        former=former,
        pledge_tag=showing.pledge_tag,
    )


def _offered(
    campaign: one.CampaignRow, typed: Mapping[str, object], kept: UUID | None
) -> list[RewardRow]:
    """Return the tiers on offer, and before them the one that a secret link has shown."""
    found = [
        row
        for row in rewards.of_campaign(campaign.id)
        if row.id == kept
        or not (row.is_addon or row.secret_digest is not None or row.withdrawn_at is not None)
    ]
    secret = str(typed.get("secret") or "")
    if not secret:
        return found
    try:
        return [rewards.by_secret(campaign.id, crypto.digest(secret)), *found]
    except NotFound:
        return found


def _former(typed: Mapping[str, object]) -> pledges.PledgeRow | None:
    """Return the pledge that is being changed, None where a new one is made."""
    text = str(typed.get("change") or "")
    if not text:
        return None
    return pledges.own_pledge(parse_public_id("pl", text), me().known())


def _ask_extras(
    campaign: one.CampaignRow,
    form: ExtrasForm,
    typed: Mapping[str, Any],
    tier: RewardRow | None,
    status: int = 200,
) -> Response:
    first = _without_extras(typed)
    return page(
        "campaigns/pledge_extras.html",
        status,
        c=campaign,
        ref=public_id("cmp", campaign.id),
        form=form,
        first=first,
        tier=tier,
        add_ons=[name for name in form.data if name.startswith(prices.ADD_ON)],
        options=[name for name in form.data if name.startswith(prices.OPTION)],
        change=url_for("campaigns.pledge", ref=public_id("cmp", campaign.id), **typed),
    )


def _check(
    campaign: one.CampaignRow,
    answers: Answers,
    typed: Mapping[str, Any],
    refusal: Refusal | None = None,
) -> Response:
    form = ConfirmForm(formdata=None, data=dict(typed))
    form.more.data = urlencode(_beyond_choice(typed))
    form.total.data = str(answers.quote.total.decimal())
    form.terms.data = prices.terms_mark(campaign.terms_at)
    if refusal is not None:
        form.refuse(refusal)
    return pledge_check.show(campaign, answers, form, typed)


def _kept(campaign: one.CampaignRow, typed: Mapping[str, Any], refusal: Refusal) -> Response:
    """Show the page on which what is wrong can be mended, with everything that was answered."""
    refusals = refusal.refusals if isinstance(refusal, Refused) else [refusal]
    try:
        if refusal.code in {"price_moved", "terms_moved"}:
            return _check(campaign, baskets.judge(campaign, typed), typed, refusal)
        if all((each.field or "").startswith(_OF_EXTRAS) for each in refusals):
            tier = baskets.judge_choice(campaign, typed).tier
            if (extras := baskets.form_for(campaign, tier, dict(typed))) is not None:
                extras.refuse(refusal)
                return _ask_extras(campaign, extras, typed, tier, 422)
    except Refusal as other:
        refusal = other
    form = _filled(typed)
    form.refuse(refusal)
    return _choose(campaign, form, typed, 422)


def _filled(typed: Mapping[str, object]) -> PledgeForm:
    form = PledgeForm(formdata=None)
    form.reward.data = str(typed.get("reward") or "")
    form.amount.data = str(typed.get("amount") or "")
    form.anonymous.data = baskets.is_yes(typed.get("anonymous"))
    return form


def _hint(row: RewardRow) -> str:
    parts = [_("from %(price)s", price=money_text(row.price)), showing.stock_words(row)]
    if month := showing.month_words(row):
        parts.append(_("delivery %(month)s", month=month))
    return " · ".join(parts)


def _beyond_choice(typed: Mapping[str, object]) -> dict[str, Any]:
    """Return the answers for which the first page has no field of its own."""
    shown = {"reward", "amount", "currency", "anonymous"}
    return {name: said for name, said in baskets.plain(typed).items() if name not in shown}


def _without_extras(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said for name, said in typed.items() if not name.startswith(_OF_EXTRAS)}


def _more(text: str | None) -> dict[str, str]:
    """Read what the form carries from other pages; more than they can hold is not from them."""
    return dict(parse_qsl((text or "")[:_MORE_MAX]))


def _campaign(ref: str) -> one.CampaignRow:
    return one.public_campaign(parse_public_id("cmp", ref))
