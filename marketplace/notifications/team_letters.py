"""Letters about who works on a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from marketplace.campaigns.events.teams import MemberInvited, MemberJoined, MemberRemoved
from marketplace.campaigns.forms.teams import RIGHT_LABELS
from marketplace.campaigns.queries import one, team
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.web.locale import _l


def on_invited(event: MemberInvited) -> None:
    """Ask whoever has the address, with an account or without."""
    found = team.invitation(event.invitation_id)
    if not found.is_open(clock.now()):
        return
    letters.send_to_address(
        found.email,
        "team_invited",
        f"team_invited:{found.id}",
        action=f"/team/{public_id('inv', found.id)}",
        label=_l("See the invitation"),
        title=found.title,
        sponsor=found.sponsor,
        rights=_words(found.rights),
        until=found.expires_at,
    )


def on_joined(event: MemberJoined) -> None:
    """Tell the sponsor who has joined."""
    found = team.invitation(event.invitation_id)
    letters.send(
        found.sponsor_id,
        "team_joined",
        f"team_joined:{found.id}",
        action=_place(found.campaign_id, "/team"),
        label=_l("See the team"),
        title=found.title,
        member=_name(event.person_id),
        rights=_words(found.rights),
    )


def on_removed(event: MemberRemoved) -> None:
    """Tell the member, or, of one who left, the sponsor."""
    campaign = one.campaign(event.campaign_id)
    letters.send(
        event.person_id if event.by_sponsor else campaign.sponsor_id,
        "team_removed" if event.by_sponsor else "team_left",
        f"team_removed:{campaign.id}:{event.person_id}:{event.at.isoformat()}",
        action="/my/campaigns" if event.by_sponsor else _place(campaign.id, "/team"),
        label=_l("My campaigns") if event.by_sponsor else _l("See the team"),
        title=campaign.title,
        member=_name(event.person_id),
    )


def _name(person_id: UUID) -> str:
    return people.names([person_id]).get(person_id, "")


def _words(rights: Sequence[str]) -> str:
    return "; ".join(str(RIGHT_LABELS[right]) for right in rights)


def _place(campaign_id: UUID, tail: str) -> str:
    return f"/my/campaigns/{public_id('cmp', campaign_id)}{tail}"
