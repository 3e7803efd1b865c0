"""What machines and other sites read: the map of the site, pictures to share, a small frame."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from flask import Blueprint, Response, url_for

from marketplace.campaigns.queries import one
from marketplace.campaigns.views import showing
from marketplace.discovery import queries
from marketplace.discovery.cards import card_png
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.guards import public
from marketplace.web.headers import FRAMED
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import brief_text, page

bp = Blueprint("discovery", __name__)

_PER_MAP: Final = 10_000
_PAGES: Final = (
    *("/", "/projects", "/loans", "/how-it-works", "/fees", "/risks"),
    *("/who-holds-the-money", "/proof", "/help", "/moderation-log"),
)
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEMA: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


@bp.get("/robots.txt")
@public
def robots() -> Response:
    """Say what may be read by machines: everything public, and where its map is."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in ("/my/", "/staff/", "/account", "/report/")),
        f"Sitemap: {_site()}/sitemap.xml",
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@bp.get("/sitemap.xml")
@public
@cached_for_visitors
def sitemap() -> Response:
    """Name the parts of the map: the fixed pages, and campaigns ten thousand at a time."""
    parts = ["pages", *(str(n) for n in range(1, queries.map_parts(_PER_MAP) + 1))]
    names = "".join(
        f"<sitemap><loc>{escape(_site() + url_for('discovery.sitemap_part', part=part))}</loc>"
        "</sitemap>"
        for part in parts
    )
    return _xml(f'<sitemapindex xmlns="{_SCHEMA}">{names}</sitemapindex>')


@bp.get("/sitemap/<part>.xml")
@public
@cached_for_visitors
def sitemap_part(part: str) -> Response:
    """List one part of what there is, with the day of its last change."""
    if part == "pages":
        places = "".join(f"<url><loc>{escape(_site() + path)}</loc></url>" for path in _PAGES)
        return _xml(f'<urlset xmlns="{_SCHEMA}">{places}</urlset>')
    if not part.isascii() or not part.isdigit() or not 1 <= int(part) <= 10_000:
        raise NotFound(part)
    found = queries.map_part(int(part), _PER_MAP)
    if not found:
        raise NotFound(part)
    places = "".join(
        f"<url><loc>{escape(_site() + showing.project_url(row.id))}</loc>"
        f"<lastmod>{row.changed_at:%Y-%m-%d}</lastmod></url>"
        for row in found
    )
    return _xml(f'<urlset xmlns="{_SCHEMA}">{places}</urlset>')


@bp.get("/projects/<ref>/card.png")
@public
@cached_for_visitors
def card(ref: str) -> Response:
    """Draw the picture that is shown where a project is shared, with its bar as it stands."""
    found = one.public_campaign(parse_public_id("cmp", ref))
    drawn = card_png(
        found.title,
        found.sponsor or "",
        brief_text(found.raised),
        brief_text(found.goal),
        found.percent,
    )
    response = Response(drawn, mimetype="image/png")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@bp.get("/projects/<ref>/widget")
@public
@cached_for_visitors
def widget(ref: str) -> Response:
    """Show a project small enough for a frame on another site."""
    found = one.public_campaign(parse_public_id("cmp", ref))
    response = page(
        "discovery/widget.html",
        c=found,
        ref=public_id("cmp", found.id),
        sponsor=found.sponsor or "",
        words=showing.bar_words(found, clock.now()),
        is_open=found.takes_pledges(clock.now()),
        site_href=_site() + showing.project_url(found.id),
    )
    response.headers[FRAMED[0]] = FRAMED[1]
    return response


def _site() -> str:
    return current_settings().site_url


def _xml(body: str) -> Response:
    return Response(_XML + body + "\n", mimetype="application/xml")
