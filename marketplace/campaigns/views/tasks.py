"""A draft's list of tasks: what is done, what is missing, what would be worth it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Response, url_for

from marketplace.campaigns import rules
from marketplace.campaigns.forms import RETURN_REASONS
from marketplace.campaigns.forms.drafting import PART_LABELS
from marketplace.campaigns.queries import launching, moderation, one
from marketplace.campaigns.queries.told import told
from marketplace.campaigns.rules.completeness import WORTH_IT, completeness, unfinished
from marketplace.campaigns.services import submitting
from marketplace.campaigns.views import showing
from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.web.locale import _
from marketplace.web.refusals import sentence
from marketplace.web.rendering import day_text, page


def tasks_page(c: one.CampaignRow, ref: str) -> Response:
    """Answer with a draft's list of tasks."""
    facts = submitting.facts_of(c)
    missing = rules.submission_refusals(facts, clock.now())
    wrong, filled = unfinished(missing), _filled(c, facts)
    hints = {found.field: sentence(found) for found in reversed(missing)}
    return page(
        "campaigns/draft.html",
        c=c,
        ref=ref,
        tag=showing.campaign_tag(c.state, later=c.is_later),
        tasks=[
            {**_task(c, ref, part, wrong, filled), "hint": hints.get(part)} for part in PART_LABELS
        ],
        wishes=launching.count(c.id) if c.announced_at else None,
        complete=completeness(wrong, filled),
        ready=not missing,
        returned=moderation.last_return(c.id) if c.return_reason else None,
        reasons=RETURN_REASONS,
        history=transitions.history("campaign", c.id),
    )


def _filled(c: one.CampaignRow, facts: rules.DraftFacts) -> set[str]:
    """Return which parts are told though none is needed."""
    found = told(c.id)
    parts = {
        "film": found.film,
        "budget": found.budget,
        "timeline": found.timeline,
        "faq": found.faq,
        "rewards": facts.rewards,
    }
    return {part for part, what in parts.items() if what}


def _task(
    c: one.CampaignRow, ref: str, part: str, wrong: Collection[str], filled: Collection[str]
) -> dict[str, Any]:
    is_open = c.state == "draft" or (part == "launch" and c.state == "scheduled")
    href = url_for(f"campaigns.{part}", ref=ref) if is_open else None
    status = _beginning(c) if part == "launch" else _status(part, wrong, filled)
    return {"label": PART_LABELS[part], "href": href, **status}


def _beginning(c: one.CampaignRow) -> dict[str, Any]:
    when = day_text(c.launch_at) if c.launch_at else _("At the approval")
    return {"status": when, "tone": "neutral"}


def _status(part: str, wrong: Collection[str], filled: Collection[str]) -> dict[str, Any]:
    if part in wrong:
        return {"status": _("To do"), "tone": "warn"}
    if part in WORTH_IT and part not in filled:
        return {"status": _("Optional"), "tone": "neutral"}
    return {"status": _("Done"), "tone": "good"}
