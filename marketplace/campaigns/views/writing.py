"""The pages on which a sponsor writes a draft: each saved by its button, and as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Response, jsonify, make_response, request, url_for

from marketplace.campaigns.changes import Piece, compare
from marketplace.campaigns.forms.drafting import (
    BasicsForm,
    BudgetForm,
    FaqForm,
    RisksForm,
    StoryForm,
    TimelineForm,
    rows_wanted,
)
from marketplace.campaigns.forms.rows import rows_form
from marketplace.campaigns.queries import illustrations, one, versions
from marketplace.campaigns.queries.told import told
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.rules.versions import as_text, mark
from marketplace.campaigns.services import drafting, explaining
from marketplace.campaigns.services.saving import Save, Saved
from marketplace.campaigns.views import plans
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign, saved
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a draft: its form over what stands there, and how what was typed is saved.

    `typed` is what was typed as the database would keep it, to be held against what stands there.
    """

    form: Callable[[one.CampaignRow, Any], Any]
    save: Callable[[one.CampaignRow, Any, Save], Saved]
    typed: Callable[[Any], Any]


@bp.route("/my/campaigns/<ref>/basics", methods=["GET", "POST"])
@requires("campaign.draft")
def basics(ref: str) -> Response:
    """Title, promise, category, language."""
    return _written(own_campaign(ref, Right.STORY), "basics")


@bp.route("/my/campaigns/<ref>/story", methods=["GET", "POST"])
@requires("campaign.draft")
def story(ref: str) -> Response:
    """The story, with the pictures it may show; what was taken out of it is said."""
    c = own_campaign(ref, Right.STORY)
    pictures = illustrations.by_name(illustrations.of_campaign(c.id))
    return _written(c, "story", pictures=pictures)


@bp.route("/my/campaigns/<ref>/risks", methods=["GET", "POST"])
@requires("campaign.draft")
def risks(ref: str) -> Response:
    """What can go wrong."""
    return _written(own_campaign(ref, Right.STORY), "risks")


@bp.route("/my/campaigns/<ref>/faq", methods=["GET", "POST"])
@requires("campaign.draft")
def faq(ref: str) -> Response:
    """What is often asked."""
    return _written(own_campaign(ref, Right.STORY), "faq")


@bp.route("/my/campaigns/<ref>/timeline", methods=["GET", "POST"])
@requires("campaign.draft")
def timeline(ref: str) -> Response:
    """What will be reached when."""
    return _written(own_campaign(ref, Right.STORY), "timeline")


@bp.route("/my/campaigns/<ref>/budget", methods=["GET", "POST"])
@requires("campaign.draft")
def budget(ref: str) -> Response:
    """What the goal is for, its sum beside the goal."""
    c = own_campaign(ref, Right.STORY)
    if c.goal_minor is None:
        words = _("Set the goal first: the budget is in its currency.")
        return done(url_for("campaigns.funding", ref=ref), words)
    lines = told(c.id).budget
    return _written(c, "budget", plan=plans.budget(lines, c, clock.now()) if lines else None)


@bp.post("/my/campaigns/<ref>/autosave/<part>")
@requires("campaign.draft")
def autosave(ref: str, part: str) -> Response:
    """Save a part as it is typed; answered to the script of the page, in words for its reader."""
    c = own_campaign(ref, Right.STORY)
    if part not in PARTS:
        raise NotFound(part)
    now = versions.current(c.id)[part]
    form = PARTS[part].form(c, now)
    outcome = form.attempt(lambda: _save(part, c, form, is_auto=True)) if form.ready() else None
    if outcome is not None:
        at = f"{clock.now():%H:%M}"
        return _answer(200, said=_("Saved by itself at %(at)s UTC.", at=at), seen=outcome.mark)
    if _difference(part, form, now):
        words = _("Saved somewhere else meanwhile. Save it yourself to see the difference.")
        return _answer(409, said=words)
    reason = next((words for _field, words in form.failures), "")
    return _answer(422, said=_("Not saved yet. %(reason)s", reason=reason))


def _answer(status: int, **facts: str) -> Response:
    response = make_response(jsonify(facts), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _written(c: one.CampaignRow, part: str, **more: Any) -> Response:  # noqa: ANN401 - for its page
    """Answer with the page of a part, or save it and go back to the list of tasks.

    Who asked for more rows, or has to read what was taken out, stays.
    """
    ref, now = public_id("cmp", c.id), versions.current(c.id)[part]
    form = PARTS[part].form(c, now)
    outcome = form.attempt(lambda: _save(part, c, form)) if form.ready() else None
    if outcome is not None:
        stays = outcome.taken_out or "stay" in request.form or "up" in request.form
        return saved(ref, _saved_words(part, outcome.taken_out), part if stays else "desk")
    more["differs"] = _difference(part, form, now)
    form.seen.data = mark(now)
    return edit(f"campaigns/edit_{part}.html", c, form, part=part, **more)


def _save(part: str, c: one.CampaignRow, form: Any, *, is_auto: bool = False) -> Saved:  # noqa: ANN401 - the part's own
    return PARTS[part].save(c, form, Save(form.seen.data or "", is_auto))


def _difference(part: str, form: Any, now: Any) -> list[Piece]:  # noqa: ANN401 - the part's own
    """Return how what was typed would change what somebody saved meanwhile."""
    if not form.is_submitted() or form.seen.data in {"", mark(now)}:
        return []
    standing, typed = as_text({part: now}), as_text({part: PARTS[part].typed(form)})
    return compare(standing, typed).get(part, [])


_SAVED: Final = {
    "basics": _l("Basics saved."),
    "story": _l("Story saved."),
    "risks": _l("Risks saved."),
    "faq": _l("Questions saved."),
    "timeline": _l("Timeline saved."),
    "budget": _l("Budget saved."),
}


def _saved_words(part: str, taken_out: list[str]) -> str:
    if not taken_out:
        return str(_SAVED[part])
    return _(
        "Story saved. What we do not show was taken out: %(names)s.", names=", ".join(taken_out)
    )


def _ordered(rows: list[_Row]) -> list[_Row]:
    """Return rows with the one whose button was pressed before its neighbour."""
    text = request.form.get("up", "")
    at = int(text) - 1 if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    if 0 < at < len(rows):
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    return rows


_BASICS: Final = ("title", "tagline", "category", "language")


def _basics_form(_c: one.CampaignRow, now: list[str]) -> BasicsForm:
    return BasicsForm(data=dict(zip(_BASICS, now, strict=True)))


def _save_basics(c: one.CampaignRow, form: BasicsForm, save: Save) -> Saved:
    return drafting.write_basics(
        me(),
        c.id,
        title=form.title.data or "",
        tagline=form.tagline.data or "",
        category=form.category.data or "",
        language=form.language.data or "",
        now=clock.now(),
        save=save,
    )


def _story_form(c: one.CampaignRow, now: str) -> StoryForm:
    pictures = illustrations.of_campaign(c.id)
    return StoryForm(data={"story": illustrations.as_written(now, pictures)})


def _save_story(c: one.CampaignRow, form: StoryForm, save: Save) -> Saved:
    story = form.story.data or ""
    return drafting.write_story(me(), c.id, story=story, now=clock.now(), save=save)


def _save_risks(c: one.CampaignRow, form: RisksForm, save: Save) -> Saved:
    return drafting.write_risks(me(), c.id, risks=form.risks.data or "", now=clock.now(), save=save)


def _faq_form(_c: one.CampaignRow, now: list[list[str]]) -> FaqForm:
    return rows_form(FaqForm, rows_wanted(len(now)), now)


def _save_faq(c: one.CampaignRow, form: FaqForm, save: Save) -> Saved:
    return explaining.write_faq(me(), c.id, _ordered(form.entries), now=clock.now(), save=save)


def _timeline_form(_c: one.CampaignRow, now: list[list[str]]) -> TimelineForm:
    return rows_form(TimelineForm, rows_wanted(len(now)), now)


def _save_timeline(c: one.CampaignRow, form: TimelineForm, save: Save) -> Saved:
    return explaining.write_timeline(me(), c.id, form.steps, now=clock.now(), save=save)


def _budget_form(c: one.CampaignRow, now: list[tuple[str, int, str]]) -> BudgetForm:
    lines = [(title, Money(minor, currency)) for title, minor, currency in now]
    form = rows_form(BudgetForm, rows_wanted(len(lines)), lines)
    form.price_in(c.currency or "EUR")
    return form


def _save_budget(c: one.CampaignRow, form: BudgetForm, save: Save) -> Saved:
    return explaining.write_budget(me(), c.id, _ordered(form.lines), now=clock.now(), save=save)


PARTS: Final[dict[str, Part]] = {
    "basics": Part(
        _basics_form,
        _save_basics,
        lambda form: [form[name].data or "" for name in _BASICS],
    ),
    "story": Part(
        _story_form,
        _save_story,
        lambda form: form.story.data or "",
    ),
    "risks": Part(
        lambda _c, now: RisksForm(data={"risks": now}),
        _save_risks,
        lambda form: form.risks.data or "",
    ),
    "faq": Part(_faq_form, _save_faq, lambda form: [row for row in form.entries if any(row)]),
    "timeline": Part(
        _timeline_form,
        _save_timeline,
        lambda form: [
            (month.data or "", title.data or "") for month, title in form.rows if title.data
        ],
    ),
    "budget": Part(
        _budget_form,
        _save_budget,
        lambda form: [
            (line.title, line.amount.minor, line.amount.currency)
            for line in form.lines
            if line.amount
        ],
    ),
}
