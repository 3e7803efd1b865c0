"""The film, or the sound, at the top of a campaign's page: one, or another in its place."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.campaigns.models.drafting import CampaignRecording
from marketplace.campaigns.services.saving import lock_draft
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel.actors import Actor
from marketplace.media.services import recordings
from marketplace.media.services.recordings import Said, Shelved


@command
def show_film(
    actor: Actor, campaign_id: UUID, shelved: Shelved, *, title: str, said: Said, now: datetime
) -> UUID:
    """Show a shelved film or piece of sound on the draft's page; returns the recording's id.

    One that is shown already is not taken in again: it is the same form, sent twice.
    """
    lock_draft(campaign_id, actor, now)
    same = """
        SELECT r.id FROM campaign_recording c JOIN recording r ON r.id = c.recording_id
        WHERE c.campaign_id = %s AND r.sha256 = %s AND r.title = %s
    """
    if (known := scalar(same, (campaign_id, shelved.kept.sha256, title))) is not None:
        return UUID(str(known))
    made = recordings.add_recording(actor.known(), shelved, title=title, said=said, now=now)
    execute("DELETE FROM campaign_recording WHERE campaign_id = %s", (campaign_id,))
    db.session.add(CampaignRecording(campaign_id=campaign_id, recording_id=made, added_at=now))
    return made


@command
def hide_film(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """Show no film any more; where there is none nothing happens."""
    lock_draft(campaign_id, actor, now)
    execute("DELETE FROM campaign_recording WHERE campaign_id = %s", (campaign_id,))
