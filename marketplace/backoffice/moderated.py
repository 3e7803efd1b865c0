"""What a case is about, looked up where it lives: by what kind of thing it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import url_for

from marketplace.campaigns.queries import changes, one, updates
from marketplace.campaigns.views import change_words
from marketplace.campaigns.views.change_words import ChangedPart
from marketplace.community.queries import comments
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.moderation import queries
from marketplace.moderation.forms import OUTCOME_LABELS
from marketplace.web.locale import _, ngettext


@dataclass(frozen=True, slots=True)
class Shown:
    """What a moderator sees of a subject. `html` was sanitised when it was written."""

    title: str
    html: str = ""
    words: str = ""
    href: str = ""
    suspension_href: str = ""
    changed: Sequence[ChangedPart] = ()


def shown(subject_type: str, subject_id: UUID) -> Shown | None:
    """Return what a case is about; None where that is gone, or has no page to show."""
    look = _LOOKS.get(subject_type)
    try:
        return look(subject_id) if look else None
    except NotFound:
        return None


def _campaign(campaign_id: UUID) -> Shown:
    found = one.campaign(campaign_id)
    ref = public_id("cmp", campaign_id)
    return Shown(
        title=found.title,
        words=found.tagline,
        html=found.story_html,
        href=url_for("campaigns.project", ref=ref),
        suspension_href=url_for("campaigns.suspension", ref=ref),
    )


def _change(change_id: UUID) -> Shown | None:
    found = changes.change(change_id)
    if found is None:
        return None
    backers = one.campaign(found.campaign_id).backers
    asks = ngettext(
        "One backer has pledged so far. Who is touched would be asked to stay or to leave.",
        "%(num)s backers have pledged so far. Who is touched would be asked to stay or to leave.",
        backers,
    )
    if found.is_wording:
        asks = _("The sponsor says that only the words change: nobody would be asked.")
    return Shown(
        title=found.title,
        words=f"{found.reason}\n\n{asks}",
        href=url_for("campaigns.project", ref=public_id("cmp", found.campaign_id)),
        changed=change_words.parts(found),
    )


def _update(update_id: UUID) -> Shown:
    found = updates.update(update_id)
    ref = public_id("cmp", found.campaign_id)
    return Shown(
        title=found.title,
        html=found.body_html,
        href=url_for("campaigns.project_tab", ref=ref, tab="updates"),
    )


def _comment(comment_id: UUID) -> Shown:
    found = comments.comment(comment_id)
    ref, tab = public_id("cmp", found.subject_id), f"{found.kind}s"
    return Shown(
        title=_("%(name)s wrote", name=found.author),
        words=comments.words_of(comment_id),
        href=url_for("campaigns.talk", ref=ref, kind=tab, _anchor=public_id("cmt", comment_id)),
    )


def _decision(decision_id: UUID) -> Shown | None:
    found = queries.decision(decision_id)
    if found is None:
        return None
    label, _tone = OUTCOME_LABELS[found.outcome]
    return Shown(
        title=_("%(outcome)s: %(title)s", outcome=label, title=found.title),
        words=found.words,
        href=url_for("moderation.case", ref=public_id("case", found.case_id)),
    )


_LOOKS: Final[dict[str, Callable[[UUID], Shown | None]]] = {
    "campaign": _campaign,
    "change": _change,
    "update": _update,
    "comment": _comment,
    "decision": _decision,
}
