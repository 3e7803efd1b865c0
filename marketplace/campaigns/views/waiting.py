"""The page of the line before a reward that is all taken: stand there, or leave."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, url_for

from marketplace.campaigns.queries import one, rewards, waiting
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.rules.waiting import OFFER_HOLDS
from marketplace.campaigns.services import waiting as lines
from marketplace.campaigns.views.blueprint import bp
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.web.forms import Form
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/projects/<ref>/rewards/<reward>/wait")
@requires("pledge.make")
def reward_wait(ref: str, reward: str) -> Response:
    """Show the line before a reward, and where in it the person stands who is here."""
    return _show(ref, reward, Form())


@bp.post("/projects/<ref>/rewards/<reward>/wait")
@requires("pledge.make")
def reward_wait_joined(ref: str, reward: str) -> Response:
    """Stand in the line."""
    c, row = _shown(ref, reward)
    words = _("You stand in line. We write to you when one comes free.")
    there = url_for("campaigns.reward_wait", ref=ref, reward=reward)
    return _answer(ref, reward, lambda: lines.join(me(), c.id, row.id, clock.now()), there, words)


@bp.post("/projects/<ref>/rewards/<reward>/wait/leave")
@requires("pledge.make")
def reward_wait_left(ref: str, reward: str) -> Response:
    """Leave the line."""
    _c, row = _shown(ref, reward)
    words = _("You wait no longer.")
    there = url_for("campaigns.project", ref=ref)
    return _answer(ref, reward, lambda: lines.leave(me(), row.id, clock.now()), there, words)


def _answer(ref: str, reward: str, act: Callable[[], None], to: str, words: str) -> Response:
    form = Form()
    if not form.ready() or not form.succeeds(act):
        return _show(ref, reward, form)
    return done(to, words)


def _show(ref: str, reward: str, form: Form) -> Response:
    c, row = _shown(ref, reward)
    return page(
        "campaigns/reward_wait.html",
        422 if form.errors else 200,
        c=c,
        ref=ref,
        reward=reward,
        row=row,
        form=form,
        mine=waiting.mine(me().known(), row.id),
        is_open=c.takes_pledges(clock.now()) and c.sponsor_id != me().person_id,
        hours=int(OFFER_HOLDS.total_seconds()) // 3600,
    )


def _shown(ref: str, reward: str) -> tuple[one.CampaignRow, RewardRow]:
    """Return a campaign and one of its rewards that everybody may see."""
    c = one.public_campaign(parse_public_id("cmp", ref))
    row = rewards.reward(parse_public_id("rwd", reward), c.id)
    if row.secret_digest is not None or row.is_addon:
        raise NotFound(reward)
    return c, row
