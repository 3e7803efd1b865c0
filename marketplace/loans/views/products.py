"""The shelf of products, for the staff: what is offered, how it came to be, and a new version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money
from marketplace.loans import backtest
from marketplace.loans.forms import product_words, term_words, words
from marketplace.loans.forms.products import VersionForm, filled
from marketplace.loans.pricing import indicative
from marketplace.loans.queries import products as queries
from marketplace.loans.queries.products import Grade, Product, Proposal, Shelf
from marketplace.loans.services import products
from marketplace.loans.states import VersionState
from marketplace.loans.versions import COLUMNS, Band, changes, read_bands
from marketplace.loans.views import figures
from marketplace.loans.views.blueprint import bp
from marketplace.web import csv_answer
from marketplace.web.csv_answer import Table
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, money_text, page, percent

_TRIAL: Final = timedelta(days=365)
_STATES: Final = {
    VersionState.PROPOSED: "warn",
    VersionState.PUBLISHED: "good",
    VersionState.REFUSED: "bad",
    VersionState.WITHDRAWN: "neutral",
}


class DecideForm(Form):
    """One button."""


@bp.get("/staff/products")
@requires("product.see")
def product_shelf() -> Response:
    """List all products, the newest version of each."""
    shelf = queries.shelf()
    table = Table(
        "products",
        _("Loan products"),
        [
            {"key": "name", "label": _("Product")},
            {"key": "currency", "label": _("Currency")},
            {"key": "version", "label": _("Version"), "kind": "number"},
            {"key": "least", "label": _("From"), "kind": "money"},
            {"key": "most", "label": _("To"), "kind": "money"},
            {"key": "term", "label": _("Term")},
            {"key": "method", "label": _("Method")},
            {"key": "fee", "label": _("Fee"), "kind": "number"},
            {"key": "lender_fee", "label": _("Lenders’ fee"), "kind": "number"},
            {"key": "loans", "label": _("Loans"), "kind": "number"},
            {"key": "state", "label": _("State"), "kind": "tag"},
        ],
        [_shelf_row(one) for one in shelf],
    )
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    return page(
        "loans/products.html",
        table=table,
        csv_href=csv_answer.here(),
        waiting=sum(one.waits for one in shelf),
    )


def _shelf_row(one: Shelf) -> dict[str, Any]:
    product = one.product
    label, tone = (_("Offered"), "good") if product.active else (_("Not offered"), "neutral")
    if one.waits:
        label, tone = _("A version waits"), "warn"
    return {
        "name": product.name,
        "name_href": _href(product.code, product.currency),
        "currency": product.currency,
        "version": product.version,
        "least": product.limits.amount_min,
        "most": product.limits.amount_max,
        "term": _terms(product),
        "method": str(term_words.METHODS[product.method]),
        "fee": product_words.value("origination_fee_bps", product.origination_fee_bps, ""),
        "lender_fee": product_words.value("lender_fee_bps", product.lender_fee_bps, ""),
        "loans": one.loans,
        "state": {"label": label, "tone": tone},
    }


def _terms(product: Product) -> str:
    return _(
        "%(least)s to %(most)s",
        least=term_words.length(product.instalments_min, product.period),
        most=term_words.length(product.instalments_max, product.period),
    )


@bp.get("/staff/products/<string:code>/<string:currency>")
@requires("product.see")
def product(code: str, currency: str) -> Response:
    """Show a product: its terms, its prices, what waits, and what each version changed."""
    return _product_page(code, currency, DecideForm(), 200)


def _product_page(code: str, currency: str, form: DecideForm, status: int) -> Response:
    versions = queries.versions(code, currency)
    proposals = queries.proposals(code, currency)
    tables = queries.grades_of([one.id for one in versions])
    bands = {
        product_id: {g.grade: Band(g.rate_from, g.rate_to, g.loss_rate) for g in table}
        for product_id, table in tables.items()
    }
    newest = versions[0]
    names = people.names({one for each in proposals for one in _people_of(each)})
    return page(
        "loans/product.html",
        status,
        form=form,
        one=newest,
        rows=product_words.rows(_columns(newest), currency),
        prices=_prices(newest, queries.grades(newest.id)),
        price_words=_price_words(newest),
        history=[
            _version_row(one, older, bands, proposals, names)
            for one, older in zip(versions, [*versions[1:], None], strict=True)
        ],
        waiting=[
            _waiting(each, newest, bands[newest.id], names)
            for each in proposals
            if each.state == VersionState.PROPOSED
        ],
        turned_down=[
            _proposal_row(each, names)
            for each in proposals
            if each.state in {VersionState.REFUSED, VersionState.WITHDRAWN}
        ],
        may_propose=may("product.propose"),
    )


def _columns(one: Product) -> dict[str, Any]:
    return {name: getattr(one, name) for name in COLUMNS}


def _people_of(each: Proposal) -> list[UUID]:
    return [one for one in (each.proposed_by, each.decided_by) if one is not None]


def _example(one: Product) -> tuple[Money, int]:
    """Return the amount and term prices are shown for: the middle of what is offered."""
    limits = one.limits
    middle = (limits.amount_min.minor + limits.amount_max.minor) // 2
    count = (limits.instalments_min + limits.instalments_max) // 2
    return Money(max(limits.amount_min.minor, middle // 10_000 * 10_000), one.currency), count


def _prices(one: Product, grades: Sequence[Grade]) -> list[dict[str, Any]]:
    """Return what the example costs in the middle of each grade, by both laws."""
    amount, count = _example(one)
    today = clock.today()
    found = []
    for grade in grades:
        cost = indicative(one.terms(amount, grade.rate_middle, count), today)
        found.append(
            {
                "grade": grade.grade,
                "rate": percent(grade.rate_middle * 100),
                "instalment": cost.instalment,
                "interest": cost.interest,
                "fee": cost.fee,
                "total": cost.total,
                "apr": figures.apr_text(cost),
                "apr_eu": figures.apr_eu_text(cost),
            }
        )
    return found


def _price_words(one: Product) -> str:
    amount, count = _example(one)
    return _(
        "%(amount)s over %(term)s, paid %(rhythm)s, in the middle of each grade’s rates",
        amount=product_words.value("amount_max_minor", amount.minor, one.currency),
        term=term_words.length(count, one.period),
        rhythm=term_words.rhythm(one.period, one.method),
    )


def _version_row(
    one: Product,
    older: Product | None,
    bands: dict[UUID, dict[str, Band]],
    proposals: Sequence[Proposal],
    names: dict[UUID, str],
) -> dict[str, Any]:
    made_by = next((each for each in proposals if each.product_id == one.id), None)
    return {
        "version": one.version,
        "at": one.published_at,
        "changes": []
        if older is None
        else _change_rows(_columns(older), _columns(one), bands[older.id], bands[one.id], one),
        "proposal": None if made_by is None else _proposal_row(made_by, names),
        "is_first": older is None,
    }


def _change_rows(
    before: dict[str, Any],
    after: dict[str, Any],
    bands_before: dict[str, Band],
    bands_after: dict[str, Band],
    one: Product,
) -> list[dict[str, str]]:
    return [
        {
            "what": product_words.label(change.what),
            "before": product_words.value(change.what, change.before, one.currency),
            "after": product_words.value(change.what, change.after, one.currency),
        }
        for change in changes(before, after, bands_before, bands_after)
    ]


def _waiting(
    each: Proposal, newest: Product, bands: dict[str, Band], names: dict[UUID, str]
) -> dict[str, Any]:
    rows = _change_rows(_columns(newest), each.columns, bands, read_bands(each.grades), newest)
    return _proposal_row(each, names) | {
        "changes": rows,
        "trial": _trial(each, newest, bands),
        "is_own": each.proposed_by == me().person_id,
        "may_publish": may("product.publish") and each.proposed_by != me().person_id,
    }


def _trial(each: Proposal, newest: Product, bands: dict[str, Band]) -> list[dict[str, Any]]:
    """Return what the last year's loans come to now and as proposed; nothing changes by it."""
    now = clock.now()
    past = queries.past_loans(newest.code, newest.currency, now - _TRIAL)
    if not past:
        return []
    after = read_bands(each.grades)
    found = [
        backtest.outcome(loans, version, newest.currency, now.date())
        for loans, version in (
            (past, _columns(newest)),
            (backtest.moved(past, bands, after), each.columns),
        )
    ]
    said = {
        "loans": _("Loans"),
        "outside": _("Could not be asked for"),
        "lent": _("Lent"),
        "interest": _("Interest"),
        "borrower_fees": _("Borrowers’ fees"),
        "lender_fees": _("Lenders’ fees"),
    }
    return [
        {"what": label, "before": _told(found[0], name), "after": _told(found[1], name)}
        for name, label in said.items()
    ]


def _told(outcome: backtest.Outcome, name: str) -> str:
    held = getattr(outcome, name)
    return money_text(held) if isinstance(held, Money) else str(held)


def _proposal_row(each: Proposal, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "ref": public_id("lpp", each.id),
        "by": names.get(each.proposed_by, ""),
        "at": each.proposed_at,
        "note": each.note,
        "decided_by": "" if each.decided_by is None else names.get(each.decided_by, ""),
        "decided_at": each.decided_at,
        "state": {
            "label": str(product_words.STATES[each.state]),
            "tone": _STATES[VersionState(each.state)],
        },
    }


@bp.route("/staff/products/<string:code>/<string:currency>/new", methods=["GET", "POST"])
@requires("product.propose")
def new_version(code: str, currency: str) -> Response:
    """Propose the version after the newest, or a new product like it."""
    base = queries.versions(code, currency)[0]
    shown = filled(_columns(base), products.bands_of(base.id), currency) | {"code": code}
    form = VersionForm(currency=currency, data=shown)
    if form.ready():
        proposed = form.attempt(lambda: _propose(form, base))
        if proposed is not None:
            said = _("Proposed. It is published once another person agrees.")
            return done(_href(base.code, currency), said)
    status = 422 if form.is_submitted() else 200
    return page("loans/product_version.html", status, form=form, base=base, grades=words.GRADES)


def _propose(form: VersionForm, base: Product) -> UUID:
    return products.propose(
        me(),
        base.id,
        code=(form.code.data or "").strip(),
        columns=form.columns,
        grades=form.bands,
        note=form.note.data or "",
        now=clock.now(),
    )


@bp.post("/staff/products/proposals/<string:ref>/<any(publish, refuse, withdraw):act>")
@requires("product.publish")
def decide_version(ref: str, act: str) -> Response:
    """Publish or refuse what another proposed, or take one's own proposal back."""
    one, form = queries.proposal(parse_public_id("lpp", ref)), DecideForm()
    base = queries.product(one.base_id)
    acts = {
        "publish": products.publish,
        "refuse": products.refuse,
        "withdraw": products.withdraw,
    }
    if form.ready() and form.succeeds(lambda: acts[act](me(), one.id, now=clock.now())):
        said = {
            "publish": _("Published: new requests are made under it from now on."),
            "refuse": _("Refused. The product stays as it is."),
            "withdraw": _("Withdrawn. The product stays as it is."),
        }
        return done(_href(one.code if act == "publish" else base.code, one.currency), said[act])
    return _product_page(base.code, base.currency, form, 422)


def _href(code: str, currency: str) -> str:
    return url_for("loans.product", code=code, currency=currency)
