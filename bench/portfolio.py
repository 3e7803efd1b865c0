"""The lender's desk of somebody with five thousand notes: pages, asked one after another.

Each page is asked of the application itself, in one process: what a core needs for it, the
session, every query and the template included. The yardstick is a bare Flask page asked alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import psycopg
from flask import Flask

from bench.figures import Figure
from bench.lending import Lending, lay_foundations, pay_instalment, settle_in
from bench.page_figures import bare_millis, page_figure
from bench.place import Place, site
from bench.scales import Scale
from bench.sessions import signed_in
from marketplace.kernel.ids import PersonId
from marketplace.settlement import distribution

NOTES: Final = 5_000
EACH: Final = 4
"""Lenders of a loan: each of them has a note of every one."""
PAID: Final = 3
"""Instalments that came back."""
PATHS: Final = (
    "/my/portfolio",
    "/my/portfolio?grade=B&bucket=1-30",
    "/my/portfolio/calendar",
    "/my/portfolio/return",
)
_LENDER: Final = "SELECT lender_id FROM note GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
_ROLE: Final = """
    UPDATE person SET confirmed_at = created_at WHERE id = %s
"""


def run(place: Place, scale: Scale) -> list[Figure]:
    """Lend, let three instalments come back, then read the desk."""
    notes = NOTES if scale.name != "smoke" else scale.notes
    with site(place) as app, place.owner() as connection:
        lay_foundations(connection)
        lending = Lending(family=0x60, loans=notes, notes=EACH, lenders=EACH)
        settle_in(connection, lending)
        for n in range(1, PAID + 1):
            distribution.distribute_receipts(pay_instalment(connection, lending, n))
        connection.execute("VACUUM ANALYZE")
        return _figures(_browser(app, connection), notes, place.folder)


def _browser(app: Flask, connection: psycopg.Connection[Any]) -> Any:  # noqa: ANN401 - Flask's
    """Return a browser in which the lender with most notes is signed in."""
    found = connection.execute(_LENDER).fetchone()
    if found is None:
        raise RuntimeError("nobody lent")
    connection.execute(_ROLE, (found[0],))
    app.config["PAGES_PER_ADDRESS"] = "1000000000 per minute"
    return signed_in(app, PersonId(found[0]))


def _figures(browser: Any, notes: int, folder: Path) -> list[Figure]:  # noqa: ANN401 - Flask's
    theirs = bare_millis()
    return [
        page_figure(browser, path, f"{path} with {notes:,} notes", theirs=theirs, folder=folder)
        for path in PATHS
    ]
