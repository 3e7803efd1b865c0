"""Letters about what people say to each other."""

from __future__ import annotations

from marketplace.campaigns.queries import one
from marketplace.community import events
from marketplace.community.forms import HIDE_LABELS
from marketplace.community.queries import comments
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.web.locale import _l


def on_comment(event: events.CommentPosted) -> None:
    """Tell the sponsor of a question, and whoever is replied to of the reply; nobody of both."""
    if event.subject_type != "campaign":
        return
    said, campaign = comments.comment(event.comment_id), one.campaign(event.subject_id)
    if said.hidden_code:
        return
    facts = {
        "title": campaign.title,
        "author": said.author,
        "excerpt": letters.excerpt(said.body),
        "label": _l("Read and reply"),
        "action": _thread(said),
    }
    if event.answers and event.answers != event.author_id:
        letters.send(event.answers, "comment_reply", f"reply:{said.id}", **facts)
    elif event.answers is None and not said.by_owner:
        letter = "question_asked" if said.kind == "question" else "comment_posted"
        letters.send(campaign.sponsor_id, letter, f"said:{said.id}", **facts)


def on_hidden(event: events.CommentHidden) -> None:
    """Tell who said something that it was taken off the page, and why."""
    said = comments.comment(event.comment_id)
    letters.send(
        event.author_id,
        "comment_hidden",
        f"hidden:{said.id}",
        action=f"/projects/{public_id('cmp', said.subject_id)}",
        label=_l("See the project"),
        excerpt=letters.excerpt(comments.words_of(said.id)),
        reason=HIDE_LABELS.get(event.code, event.code),
    )


def _thread(said: comments.CommentRow) -> str:
    first = public_id("cmt", said.parent_id or said.id)
    return f"/projects/{public_id('cmp', said.subject_id)}/talk/{first}"
