"""A backer's library: what was delivered digitally, with its player.

A link to a file names person, pledge and file, and is signed. Whether that person may have it is
asked at each request, so that a link is worth nothing to others, and nothing after a refund.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.forms.digital import LANGUAGES
from marketplace.campaigns.queries import library
from marketplace.campaigns.queries.library import Item
from marketplace.campaigns.rules.library import LINK_HOLDS, PLAY_LASTS, Link, Use
from marketplace.campaigns.services import digital
from marketplace.campaigns.views.blueprint import bp
from marketplace.infra import crypto
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.media.queries import recordings
from marketplace.media.rules.files import KINDS
from marketplace.web import ranges
from marketplace.web.guards import me, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page

_PURPOSE: Final = "library"
_SIGNED_SECONDS: Final = int((LINK_HOLDS + PLAY_LASTS).total_seconds())


@bp.get("/my/library")
@signed_in
def my_library() -> Response:
    """List what came with the person's pledges to be played and saved."""
    found = library.items(me().known())
    albums = [
        {
            "ref": public_id("pl", pledge_id),
            "title": files[0].campaign_title,
            "rewards": list(dict.fromkeys(file.reward_title for file in files)),
            "count": len(files),
            "megabytes": _megabytes(sum(file.size_bytes for file in files)),
        }
        for pledge_id, files in _by_pledge(found)
    ]
    return page("campaigns/library.html", albums=albums)


@bp.get("/my/library/<ref>")
@signed_in
def album(ref: str) -> Response:
    """Play and save what came with one pledge."""
    return _album(ref, ActForm())


@bp.post("/my/library/<ref>/<file>")
@signed_in
def save(ref: str, file: str) -> Response:
    """Count a download, and lead to the file."""
    form, pledge_id, file_id = ActForm(), parse_public_id("pl", ref), _file(file)
    if form.ready():
        found = form.attempt(
            lambda: digital.take_out(me(), pledge_id, file_id, form_key=form.key, now=clock.now())
        )
        if found is not None:
            return done(_href(found, Use.SAVE))
    return _album(ref, form)


@bp.get("/library/<any(save, play):use>/<token>")
@signed_in
def library_file(use: str, token: str) -> Response:
    """Answer a file, whole or in part, to the person whom its link names."""
    link, found = _followed(Use(use), token)
    if use == Use.PLAY:
        digital.begin_to_play(found, link, clock.now())
    return ranges.stream(
        found.key,
        found.media_type,
        found.size_bytes,
        sha256=found.sha256,
        name=found.title + KINDS[found.media_type].suffix,
        inline=use == Use.PLAY,
    )


@bp.get("/library/captions/<token>")
@signed_in
def library_captions(token: str) -> Response:
    """Answer the captions of a recording."""
    _link, found = _followed(Use.CAPTIONS, token)
    if found.recording_id is None:
        raise NotFound(token)
    return ranges.captions(recordings.captions(found.recording_id))


def _album(ref: str, form: ActForm) -> Response:
    person_id, pledge_id = me().known(), parse_public_id("pl", ref)
    if not library.is_backer(pledge_id, person_id):
        raise NotFound(ref)
    files = library.of_pledge(person_id, pledge_id)
    status = 422 if form.errors else 200 if files else 403
    return page(
        "campaigns/album.html",
        status,
        ref=ref,
        form=form,
        title=files[0].campaign_title if files else "",
        files=[_shown(found) for found in files],
        minutes=int(LINK_HOLDS.total_seconds() // 60),
    )


def _shown(found: Item) -> dict[str, Any]:
    return {
        "id": public_id("file", found.id),
        "form_key": secrets.token_hex(16),
        "item": found,
        "play": _href(found, Use.PLAY) if found.is_played else None,
        "captions": _href(found, Use.CAPTIONS) if found.captions_language else None,
        "language": dict(LANGUAGES).get(found.captions_language, found.captions_language),
        "kind": KINDS[found.media_type].suffix[1:].upper(),
        "megabytes": _megabytes(found.size_bytes),
    }


def _href(found: Item, use: Use) -> str:
    link = Link(
        person=str(me().known()),
        pledge=str(found.pledge_id),
        file=str(found.id),
        use=use,
        until=int((clock.now() + LINK_HOLDS).timestamp()),
        number=secrets.token_hex(8),
    )
    token = crypto.sign(_PURPOSE, asdict(link))
    if use is Use.CAPTIONS:
        return url_for("campaigns.library_captions", token=token)
    return url_for("campaigns.library_file", use=use.value, token=token)


def _followed(use: Use, token: str) -> tuple[Link, Item]:
    """Return what a link says and leads to; `NotAllowed` for others, and where it is over."""
    said = crypto.unsign(_PURPOSE, token, max_age_seconds=_SIGNED_SECONDS)
    link = Link(**{**said, "use": Use(said["use"])}) if said else None
    if link is None or link.use is not use or link.person != str(me().known()):
        raise NotAllowed("library")
    pledge_id, file_id = UUID(link.pledge), UUID(link.file)
    begun = use is Use.PLAY and library.was_begun(link.number, pledge_id, file_id)
    if not link.holds(clock.now(), begun=begun):
        raise NotAllowed("library")
    return link, library.item(me().known(), pledge_id, file_id)


def _by_pledge(found: Sequence[Item]) -> list[tuple[UUID, list[Item]]]:
    return [(key, list(files)) for key, files in groupby(found, key=lambda file: file.pledge_id)]


def _file(text: str) -> UUID:
    return parse_public_id("file", text)


def _megabytes(size: int) -> str:
    return _("%(size)s MB", size=f"{size / 1_000_000:.1f}")
