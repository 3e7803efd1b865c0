"""Auto-invest: rules, a dry run on what was listed, the mandate, and what every rule did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for

from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money
from marketplace.loans.forms import auto_invest as forms
from marketplace.loans.forms import shipped_products, words
from marketplace.loans.forms.auto_invest import ActivateForm, RuleForm
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.matching import HAND_SHARE_BPS, HEAD_START, gap
from marketplace.loans.queries import auto_invest as queries
from marketplace.loans.queries import auto_invest_line, limits, products, wallet_age
from marketplace.loans.queries.auto_invest import OwnRule, PastListing
from marketplace.loans.queries.products import Product
from marketplace.loans.rehearsing import rehearse
from marketplace.loans.services import acknowledging
from marketplace.loans.services import auto_invest as services
from marketplace.loans.states import AUTO_INVEST, RuleState
from marketplace.loans.views import auto_invest_figures as figures
from marketplace.loans.views import desk_tabs
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.wallet_pays import Leaving
from marketplace.web import csv_answer
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page

_ACTS: Final[dict[str, Callable[..., None]]] = {
    "pause": services.pause,
    "resume": services.resume,
    "end": services.end,
}
_SAID: Final[words.Words] = {
    "pause": _l("The rule is paused. Nothing is ordered for it."),
    "resume": _l("The rule is on again, at the end of the line."),
    "end": _l("The rule has ended. What it ordered stays ordered."),
}
_BUTTONS: Final[words.Words] = {
    "pause": _l("Pause"),
    "resume": _l("Resume"),
    "end": _l("End for good"),
}


@bp.get("/my/auto-invest", endpoint="auto_invest")
@requires("loan.lend")
def show_rules() -> Response:
    """Show my rules and how the line works."""
    return page(
        "loans/auto_invest.html",
        tabs=desk_tabs.tabs("loans.auto_invest"),
        rules=[figures.rule_row(rule) for rule in queries.own_rules(me().known())],
        hand_share=HAND_SHARE_BPS // 100,
        head_start=int(HEAD_START.total_seconds() // 3600),
    )


@bp.route("/my/auto-invest/new", methods=["GET", "POST"])
@requires("loan.lend")
def new_rule() -> Response:
    """Write a rule down; it orders nothing yet."""
    offered = products.products()
    form = _filled(offered)
    if form.ready():
        least = _smallest_part(offered, str(form.currency.data))
        rule_id = form.attempt(
            lambda: services.draft(
                me(), form.terms, fraction_min=least, form_key=form.key, now=clock.now()
            )
        )
        if rule_id is not None:
            return done(_address(rule_id), _("Written down. Nothing is ordered before you say so."))
    return page("loans/auto_invest_new.html", 422 if form.is_submitted() else 200, form=form)


@bp.get("/my/auto-invest/<string:ref>")
@requires("loan.lend")
def rule(ref: str) -> Response:
    """Show one rule: its terms, what it would have done, what it did and what it left."""
    return _shown(ref, ActivateForm(formdata=None))


@bp.post("/my/auto-invest/<string:ref>/activate")
@requires("loan.lend")
def activate_rule(ref: str) -> Response:
    """Agree to the terms of a rule, so that it orders from now on."""
    own, form = _own(ref), ActivateForm()
    if form.ready() and form.succeeds(lambda: _activate(own, form)):
        return done(_address(own.id), _("The rule is on. It stands in line from this minute."))
    return _shown(ref, form, 422)


@bp.post("/my/auto-invest/<string:ref>/<any(pause, resume, end):move>")
@requires("loan.lend")
def move_rule(ref: str, move: str) -> Response:
    """Pause, resume or end a rule."""
    own, form = _own(ref), ActForm()
    if form.ready() and form.succeeds(lambda: _ACTS[move](me(), own.id, now=clock.now())):
        return done(_address(own.id), str(_SAID[move]))
    return _shown(ref, ActivateForm(formdata=None), 409)


def _activate(own: OwnRule, form: ActivateForm) -> None:
    if form.understood.data:
        acknowledging.acknowledge(me(), now=clock.now())
    services.activate(me(), own.id, agreed_hash=str(form.shown.data), now=clock.now())


def _shown(ref: str, form: ActivateForm, status: int = 200) -> Response:
    own, now = _own(ref), clock.now()
    past = queries.listed_lately(own, now=now)
    tried = rehearse(own.as_rule(), [(one.month, one.as_listing) for one in past])
    trial = figures.trial_table(past, tried)
    if csv_answer.wanted() and request.args.get("list") == "trial":
        return csv_answer.csv_answer(trial)
    before = _cursor(request.args.get("before", ""))
    size = queries.PAGE_SIZE
    seen = queries.seen_by(own, now=now, before=before, limit=size + 1)
    history = transitions.history("auto_invest_rule", own.id)
    did = figures.seen_table(own, seen[:size], history)
    if csv_answer.wanted():
        return csv_answer.csv_answer(did)
    form.shown.data = own.terms_hash
    return page(
        "loans/auto_invest_rule.html",
        status,
        rule=own,
        state={"label": forms.STATES[own.state], "tone": forms.TONES[own.state]},
        terms=figures.terms_rows(own, _names(products.products())),
        trial=trial,
        trial_words=figures.trial_words(own, tried),
        trial_left=figures.trial_left(tried),
        leaving=_leaving(own, now),
        did=did,
        older_href=_older(own, seen[size - 1]) if len(seen) > size else None,
        newer_href=_address(own.id) if before else None,
        history=figures.history(own, history),
        moves=[one for one in _moves(own) if one["move"] != "activate"],
        can_activate=own.state == RuleState.DRAFT,
        form=form,
        knows_risk=limits.knows_risk(own.lender_id),
    )


def _leaving(own: OwnRule, now: datetime) -> Leaving | None:
    """Return which loans the rule leaves now because money in the wallet may not stay so long."""
    held = wallet_age.lots(own.lender_id, own.currency)
    if not held or own.state == RuleState.ENDED:
        return None
    rule = own.as_rule()
    suiting = [one for one in auto_invest_line.open_listings(now) if gap(rule, one) is None]
    return figures.leaving(suiting, held)


def _moves(own: OwnRule) -> list[dict[str, str]]:
    """Return what its lender may do with a rule now, as buttons."""
    return [
        {
            "move": move,
            "label": str(_BUTTONS.get(move, move)),
            "href": url_for("loans.move_rule", ref=own.ref, move=move) if move in _ACTS else "",
        }
        for move in AUTO_INVEST.moves(RuleState(own.state), by=("lender",))
    ]


def _filled(offered: list[Product]) -> RuleForm:
    """Return the form: as sent, as another rule of mine says, or empty."""
    like = request.args.get("like", "")
    shown: dict[str, Any] = figures.form_values(_own(like)) if like else {}
    form = RuleForm(data=shown)
    currencies = sorted({product.currency for product in offered})
    form.offer(currencies, _names(offered))
    return form


def _names(offered: list[Product]) -> dict[str, str]:
    """Return what products are called, by their codes."""
    return {product.code: shipped_products.told(product.name) for product in offered}


def _smallest_part(offered: list[Product], currency: str) -> Money:
    """Return the smallest part of any product, which a rule's amount must reach."""
    return min(product.fraction_min for product in offered if product.currency == currency)


def _own(ref: str) -> OwnRule:
    return queries.own_rule(parse_public_id("rule", ref), me().known())


def _address(rule_id: UUID) -> str:
    return url_for("loans.rule", ref=queries.rule_ref(rule_id))


def _older(own: OwnRule, last: PastListing) -> str:
    mark = f"{last.listed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}~{last.ref}"
    return url_for("loans.rule", ref=own.ref, before=mark)


def _cursor(text: str) -> tuple[datetime, UUID] | None:
    """Return the place in the list that `_older` wrote; anything else is the beginning."""
    at, _mark, ref = text.partition("~")
    try:
        return datetime.fromisoformat(at).replace(tzinfo=UTC), parse_public_id("ln", ref)
    except (ValueError, NotFound):
        return None
