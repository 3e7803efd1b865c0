"""Where the pages of one campaign stand."""

from __future__ import annotations

from uuid import UUID

from marketplace.kernel.ids import public_id


def project_path(campaign_id: UUID, tab: str = "") -> str:
    """What everybody sees."""
    return f"/projects/{public_id('cmp', campaign_id)}{tab}"


def desk_path(campaign_id: UUID, tail: str = "") -> str:
    """What its sponsor sees."""
    return f"/my/campaigns/{public_id('cmp', campaign_id)}{tail}"
