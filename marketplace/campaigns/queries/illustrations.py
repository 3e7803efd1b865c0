"""The pictures a campaign's story may show, by every name it may call them by."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries import one
from marketplace.infra.html import Illustration, Illustrations
from marketplace.kernel.ids import public_id
from marketplace.media import queries as media

_SHOWN: Final = re.compile(r'<img src="([^"]+)" alt="([^"]*)"[^>]*>')


def of_campaign(campaign_id: UUID) -> dict[str, Illustration]:
    """Return the campaign's own pictures: by their public ids, and by where they are served."""
    found: dict[str, Illustration] = {}
    for picture in media.pictures(one.picture_ids(campaign_id)).values():
        shown = Illustration(
            picture.src_large, picture.srcset, picture.alt, picture.width, picture.height
        )
        keys = (picture.key_small, picture.key_medium, picture.key_large)
        found |= dict.fromkeys([public_id("pic", picture.id), *map(media.src, keys)], shown)
    return found


def by_name(pictures: Illustrations) -> dict[str, Illustration]:
    """Return the pictures by their public ids alone: how a story calls them."""
    return {name: shown for name, shown in pictures.items() if not name.startswith("/")}


def as_written(story: str, pictures: Illustrations) -> str:
    """Return a story as its sponsor writes it: each picture by its name, and what it shows."""
    names = {shown.src: name for name, shown in by_name(pictures).items()}
    return _SHOWN.sub(
        lambda found: f'<img src="{names.get(found[1], found[1])}" alt="{found[2]}">', story
    )
