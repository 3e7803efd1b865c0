"""Pages to read: how it works, fees, risks, who holds the money, help, the small print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response

from marketplace.campaigns import fees as campaign_fees
from marketplace.campaigns.queries import one as campaigns
from marketplace.escrow import queries as escrow
from marketplace.infra.database import scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken
from marketplace.kernel.money import Money
from marketplace.loans import pricing
from marketplace.loans.forms import product_words, shipped_products, term_words, words
from marketplace.loans.queries import products
from marketplace.web.guards import public
from marketplace.web.limits import limiter
from marketplace.web.locale import _
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import page, percent

bp = Blueprint("reading", __name__)

_EXAMPLE: Final = Money.of("10000.00", "EUR")
_EXAMPLE_MONTHS: Final = 12
_EXAMPLE_GRADE: Final = "B"
_EXAMPLE_PRODUCT: Final = "personal"


@dataclass(frozen=True, slots=True)
class FeesInForce:
    """The fees as they are in the database today, with an example of each."""

    campaign_fee_bps: int
    campaign: campaign_fees.Payout
    loan_fee_bps: int
    loan: pricing.Quote
    term: str
    loan_fee_least_bps: int
    loan_fee_most_bps: int
    lender_fee_most_bps: int
    products: list[dict[str, str]]


@bp.get("/how-it-works")
@public
@cached_for_visitors
def how() -> Response:
    """Explain both products in four steps each."""
    return page("pages/how.html", terms=escrow.terms())


@bp.get("/fees")
@public
@cached_for_visitors
def fees() -> Response:
    """Show every fee with a worked example."""
    return page("pages/fees.html", fees=_fees_in_force())


@bp.get("/risks")
@public
@cached_for_visitors
def risks() -> Response:
    """Say plainly what can go wrong."""
    return page("pages/risks.html", grades=_grades())


@bp.get("/who-holds-the-money")
@public
@cached_for_visitors
def held() -> Response:
    """Say who holds the money and until when."""
    return page("pages/held.html", terms=escrow.terms())


@bp.get("/help")
@public
@cached_for_visitors
def help_page() -> Response:
    """Answer what people ask most."""
    return page("pages/help.html", terms=escrow.terms())


@bp.get("/terms")
@public
@cached_for_visitors
def terms() -> Response:
    """Show the rules of use."""
    return page("pages/terms.html")


@bp.get("/privacy")
@public
@cached_for_visitors
def privacy() -> Response:
    """Show what is kept about a person."""
    return page("pages/privacy.html")


@bp.get("/accessibility")
@public
@cached_for_visitors
def accessibility() -> Response:
    """Show how the site is meant to be usable, and what is not yet."""
    return page("pages/accessibility.html")


@bp.get("/healthz", endpoint="health")
@public
@limiter.exempt
def health() -> Response:
    """Answer machines that ask whether site and database work."""
    scalar("SELECT 1")
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


def _fees_in_force() -> FeesInForce:
    product, offered = _example_product(), products.products(_EXAMPLE.currency)
    fee_bps = campaigns.fee_bps_at(clock.now())
    rate = next(
        line.rate_middle for line in products.grades(product.id) if line.grade == _EXAMPLE_GRADE
    )
    terms = product.terms(_EXAMPLE, rate, _EXAMPLE_MONTHS)
    return FeesInForce(
        campaign_fee_bps=fee_bps,
        campaign=campaign_fees.payout(_EXAMPLE, fee_bps),
        loan_fee_bps=product.origination_fee_bps,
        loan=pricing.quote(terms, clock.today()),
        term=term_words.length(terms.instalments, terms.period),
        loan_fee_least_bps=min(one.origination_fee_bps for one in offered),
        loan_fee_most_bps=max(one.origination_fee_bps for one in offered),
        lender_fee_most_bps=max(one.lender_fee_bps for one in offered),
        products=[_product_fees(one) for one in offered],
    )


def _product_fees(product: products.Product) -> dict[str, str]:
    """Return what a loan product may ever cost besides its interest."""
    said = {
        name: product_words.value(name, getattr(product, name), product.currency)
        for name in (
            *("origination_fee_bps", "lender_fee_bps", "late_fee_minor"),
            *("penalty_bps_per_year", "prepayment_fee_bps"),
        )
    }
    return said | {"name": shipped_products.told(product.name)}


def _grades() -> list[dict[str, Any]]:
    return [
        {
            "grade": line.grade,
            "words": words.GRADES[line.grade],
            "band": _(
                "%(low)s to %(high)s",
                low=percent(line.rate_from * 100),
                high=percent(line.rate_to * 100),
            ),
            "loss": percent(line.loss_rate * 100),
        }
        for line in products.grades(_example_product().id)
    ]


def _example_product() -> products.Product:
    found = products.offered(_EXAMPLE_PRODUCT, _EXAMPLE.currency)
    if found is None:
        raise Broken(f"no loan product in {_EXAMPLE.currency}")
    return found
