"""The inbox, what one wants to hear of, and the address that ends letters with one click."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.notifications import inbox, topics
from marketplace.notifications.topics import Channel
from marketplace.web.cursors import cursor
from marketplace.web.forms import Form
from marketplace.web.guards import me, public, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page

bp = Blueprint("notifications", __name__)


class WishesForm(Form):
    """Which news reach somebody how: a tick for each topic and channel, named `topic.channel`."""


@bp.get("/my/inbox")
@signed_in
def my_inbox() -> Response:
    """Show what was written to the person, latest first."""
    person_id = me().known()
    found, after = inbox.messages(person_id, after=cursor("msg"))
    return page(
        "notifications/inbox.html",
        messages=found,
        unread=inbox.unread(person_id),
        older=url_for("notifications.my_inbox", after=public_id("msg", after)) if after else None,
    )


@bp.post("/my/inbox/read")
@signed_in
def read_all() -> Response:
    """Mark everything as read."""
    inbox.read_all(me().known(), clock.now())
    return done(url_for("notifications.my_inbox"), _("Everything is marked as read."))


@bp.route("/my/notifications", methods=["GET", "POST"])
@signed_in
def my_notifications() -> Response:
    """Choose what to hear of, by mail and in the inbox."""
    form, person_id = WishesForm(), me().known()
    if form.ready():
        ticked = set(request.form.getlist("on"))
        names = {(topic, channel) for topic in topics.LABELS for channel in Channel}
        topics.wish(person_id, {pair: _name(*pair) in ticked for pair in names})
        return done(url_for("notifications.my_notifications"), _("Saved."))
    now = topics.wishes(person_id)
    choices = [
        {
            "label": label,
            "ticks": [
                {"name": _name(topic, channel), "channel": channel, "on": now[topic, channel]}
                for channel in Channel
            ],
        }
        for topic, label in topics.LABELS.items()
    ]
    return page("notifications/wishes.html", form=form, choices=choices)


@bp.get("/unsubscribe/<token>")
@public
def unsubscribe(token: str) -> Response:
    """Ask whether letters of a kind shall end; nothing changes by opening the page."""
    return page("notifications/unsubscribe.html", token=token, topic=None)


@bp.post("/unsubscribe/<token>")
@public
def unsubscribed(token: str) -> Response:
    """End letters of a kind: mail programs do it with one click, without any session."""
    topic = topics.end_letters(token)
    if topic is None:
        raise NotFound(token)
    return page("notifications/unsubscribe.html", token=token, topic=topics.LABELS.get(topic))


UNTOKENED = (unsubscribed,)


def _name(topic: topics.Topic, channel: Channel) -> str:
    return f"{topic.value}.{channel.value}"
