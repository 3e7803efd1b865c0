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

ICONS: Final = (
    *("arrow", "back", "down", "check", "cross", "menu", "search", "person", "clock", "download"),
    *("external", "lock", "place", "sun", "moon", "half", "print", "file", "flag", "info"),
    *("warn", "stop", "plus", "question"),
)
SHAPES: Final = (
    *("disc", "ring", "half", "check", "triangle", "diamond", "cross", "square", "flame", "dash"),
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
        "drawn": {"icons": ICONS, "shapes": SHAPES},
        "rewards": samples.rewards(),
        "sample_form": samples.SampleForm(prefix="again-"),
        "refused_form": samples.form_with_errors(),
        "campaigns": samples.campaigns(),
        "loans": samples.loans(),
        "eur": figures.eur,
        "funding": points,
        "forecast": forecast,
    }
