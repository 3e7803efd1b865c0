"""A sponsor's digital rewards: films, sound, books and archives, put to a reward."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, cast
from uuid import UUID

from flask import Response, url_for

from marketplace.campaigns.forms.digital import LANGUAGES, DigitalForm, FilmForm
from marketplace.campaigns.queries import library, one, rewards
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import digital
from marketplace.campaigns.services.digital import Terms
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.media.rules.captions import BYTES_MAX as CAPTIONS_BYTES_MAX
from marketplace.media.rules.files import BYTES_MAX
from marketplace.media.services.recordings import Said, Shelved, forget, prepare
from marketplace.web.guards import me, requires
from marketplace.web.incoming import takes_files_of
from marketplace.web.locale import _
from marketplace.web.rendering import done


@bp.route("/my/campaigns/<ref>/files", methods=["GET", "POST"])
@requires("campaign.draft")
@takes_files_of(BYTES_MAX + CAPTIONS_BYTES_MAX)
def files(ref: str) -> Response:
    """Show what comes with the rewards to be played or saved, and take in another."""
    c, form = own_campaign(ref, Right.REWARDS), DigitalForm()
    tiers = rewards.of_campaign(c.id)
    form.offer((public_id("rwd", tier.id), tier.title) for tier in tiers)
    if form.ready() and form.succeeds(lambda: _take_in(c, form)):
        return done(url_for("campaigns.files", ref=ref), _("File added."))
    return edit(
        "campaigns/edit_files.html",
        c,
        form,
        files=library.offered(c.id),
        tiers=tiers,
        megabytes=BYTES_MAX // (1024 * 1024),
    )


@bp.post("/my/campaigns/<ref>/files/<file>/remove")
@requires("campaign.draft")
def file_remove(ref: str, file: str) -> Response:
    """Take a file off its reward."""
    digital.withdraw_file(
        me(), own_campaign(ref, Right.REWARDS).id, parse_public_id("file", file), clock.now()
    )
    return done(url_for("campaigns.files", ref=ref), _("File removed."))


def _take_in(c: one.CampaignRow, form: DigitalForm) -> None:
    terms = Terms(form.title.data or "", form.licence.data or "", _whole(form.quota.data or ""))
    reward_id = _reward(form.reward.data or "")
    shelve(
        form,
        lambda shelved: digital.add_file(
            me(),
            c.id,
            reward_id,
            shelved,
            terms=terms,
            said=said_in(form),
            form_key=form.key,
            now=clock.now(),
        ),
    )


def shelve(form: DigitalForm | FilmForm, keep: Callable[[Shelved], object]) -> None:
    """Put what was sent on the shelf for `keep`; what that refuses is taken off again."""
    sent = form.file.data
    if not sent:
        raise Refusal("file_missing", "file")
    shelved = prepare(cast("BinaryIO", sent.stream))
    try:
        keep(shelved)
    except Refusal:
        forget(shelved)
        raise


def said_in(form: DigitalForm | FilmForm) -> Said:
    """Return what is said in a recording, as its form tells."""
    sent = form.captions.data
    known = {code for code, _name in LANGUAGES}
    return Said(
        captions=sent.read(CAPTIONS_BYTES_MAX + 1) if sent else b"",
        language=form.language.data if form.language.data in known else "en",
        transcript=form.transcript.data or "",
        is_wordless=bool(form.wordless.data),
    )


def _reward(text: str) -> UUID:
    try:
        return parse_public_id("rwd", text)
    except NotFound:
        raise Refusal("reward_unchosen", "reward") from None


def _whole(text: str) -> int:
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() else 0
