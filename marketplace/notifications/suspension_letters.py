"""Letters about suspended campaigns: to the sponsor in full, to every backer what it means."""

from __future__ import annotations

from marketplace.campaigns.events.suspending import (
    CampaignStopped,
    CampaignSuspended,
    SuspensionLifted,
)
from marketplace.campaigns.forms.suspending import REASON_LABELS
from marketplace.campaigns.queries import suspensions
from marketplace.campaigns.queries.suspensions import SuspensionRow
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.notifications.campaign_letters import to_all_backers
from marketplace.web.locale import _l


def on_suspended(event: CampaignSuspended) -> None:
    """Tell the sponsor why, and every backer that the money is safe."""
    found = suspensions.suspension(event.suspension_id)
    if found is None:
        return
    reason = str(REASON_LABELS[found.code])
    _to_sponsor("campaign_suspended", found, words=found.words, reason=reason)
    _to_backers("campaign_suspended_backer", found, reason=reason)


def on_lifted(event: SuspensionLifted) -> None:
    """Tell the sponsor and every backer that it goes on."""
    found = suspensions.suspension(event.suspension_id)
    if found is not None:
        _to_sponsor("campaign_lifted", found, words=found.decision_words)
        _to_backers("campaign_lifted_backer", found)


def on_stopped(event: CampaignStopped) -> None:
    """Tell the sponsor, and who was never charged; others hear when their refund has arrived."""
    found = suspensions.suspension(event.suspension_id)
    if found is not None:
        _to_sponsor("campaign_stopped", found, words=found.end_words or "")
        _to_backers("pledge_lapsed", found, who="lapsed", stopped="yes")


def _to_sponsor(letter: str, found: SuspensionRow, **facts: str) -> None:
    letters.send(
        found.sponsor_id,
        letter,
        f"{letter}:{found.id}",
        action=f"/my/campaigns/{public_id('cmp', found.campaign_id)}",
        label=_l("Open your project"),
        title=found.title,
        **facts,
    )


def _to_backers(letter: str, found: SuspensionRow, *, who: str = "backers", **facts: str) -> None:
    to_all_backers(letter, found.campaign_id, {**facts, "turn": str(found.id)}, who=who)
