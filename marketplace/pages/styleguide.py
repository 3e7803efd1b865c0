"""The style guide: every component with plausible content, and prototypes of the main pages."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response

from marketplace.kernel.errors import NotFound
from marketplace.pages import styleguide_figures as figures
from marketplace.pages import styleguide_samples as samples
from marketplace.web import rendering
from marketplace.web.guards import public

PARTS: Final = (
    "acts",
    "forms",
    "money",
    "plots",
    "cards",
    "home",
    "campaign",
    "loan",
    "receipt",
    "desk",
    "review",
    "cockpit",
    "error",
    "document",
)

bp = Blueprint("styleguide", __name__)


@bp.get("/styleguide")
@public
def index() -> Response:
    """List the parts and show the first."""
    return part("acts")


@bp.get("/styleguide/<name>")
@public
def part(name: str) -> Response:
    """Show one part."""
    if name not in PARTS:
        raise NotFound("styleguide")
    return rendering.page(f"styleguide/{name}.html", parts=PARTS, part=name, **content())


def content() -> dict[str, Any]:
    """Return everything the prototypes show."""
    points, forecast = figures.funding_points()
    return {
        "s": figures,
        "rewards": samples.rewards(),
        "sample_form": samples.SampleForm(),
        "refused_form": samples.form_with_errors(),
        "campaigns": samples.campaigns(),
        "loans": samples.loans(),
        "eur": figures.eur,
        "funding": points,
        "forecast": forecast,
    }
