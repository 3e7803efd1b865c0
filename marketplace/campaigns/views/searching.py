"""The searches that somebody keeps."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request, url_for

from marketplace.campaigns.forms import CATEGORY_LABELS, ActForm
from marketplace.campaigns.forms.searching import SearchForm
from marketplace.campaigns.queries import searches
from marketplace.campaigns.queries.listing import Wanted
from marketplace.campaigns.rules.languages import LANGUAGES
from marketplace.campaigns.rules.searching import NAME_MAX, as_address
from marketplace.campaigns.services import searching
from marketplace.campaigns.views import funding_words
from marketplace.campaigns.views.blueprint import bp
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.guards import me, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/my/searches")
@signed_in
def my_searches() -> Response:
    """List the searches a person keeps."""
    return page(
        "campaigns/my_searches.html",
        found=[
            (public_id("sea", each.id), each, f"{url_for('campaigns.projects')}?{each.asked}")
            for each in searches.mine(me().known())
        ],
    )


@bp.route("/my/searches/new", methods=["GET", "POST"])
@signed_in
def search_save() -> Response:
    """Ask under which name a search is kept; the search itself stands in the address."""
    asked = request.args.to_dict()
    words = _words(Wanted.read(asked))
    form = SearchForm(data={"name": words, "is_mailed": True})
    if form.ready() and form.succeeds(lambda: _save(asked, form)):
        return done(url_for("campaigns.my_searches"), _("Kept."))
    return page(
        "campaigns/search_save.html",
        422 if form.errors else 200,
        form=form,
        address=as_address(asked),
        words=words,
    )


@bp.post("/my/searches/<ref>/<any(mail, quiet, forget):act>")
@signed_in
def search_change(ref: str, act: str) -> Response:
    """Hear of a search by mail, no more, or let it go."""
    key = parse_public_id("sea", ref)
    if ActForm().ready():
        if act == "forget":
            searching.forget(me(), key)
        else:
            searching.mail_about(me(), key, is_mailed=act == "mail", now=clock.now())
    return done(url_for("campaigns.my_searches"), _("Saved."))


def _save(asked: Mapping[str, str], form: SearchForm) -> None:
    searching.save(
        me(),
        asked,
        name=form.name.data or "",
        is_mailed=bool(form.is_mailed.data),
        now=clock.now(),
    )


def _words(wanted: Wanted) -> str:
    """Return a search in words, to be its name until somebody has a better one."""
    parts = [
        f"“{wanted.words}”" if wanted.words else "",
        str(CATEGORY_LABELS.get(wanted.category, "")),
        wanted.currency,
        LANGUAGES.get(wanted.language, ""),
        str(funding_words.NAMES.get(wanted.model, "")),
    ]
    return " · ".join(part for part in parts if part)[:NAME_MAX] or _("All projects")
