"""The deadline of one campaign with ten thousand pledges: what closing it takes of our own.

From a live campaign past its deadline to everything decided and planned: pledges moved with their
traces, totals, parts, the ledger's journals, refunds or charges ready for the provider. Calling
the provider is not in it. The bar is a minute; statements are counted, because what is done in
sets does not send more of them for more pledges.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from bench.backing import Backing, collect, settle_in, state
from bench.figures import Figure
from bench.lending import lay_foundations
from bench.page_figures import processor_millis
from bench.place import Place, insist_on_order, site
from bench.scales import Scale
from bench.statements import listening
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.settlement import campaign_closing, collecting

PLEDGES: Final = 10_000
SECONDS_MAX: Final = 60.0
_Close = Callable[[UUID, datetime], object]
_BAR: Final = f"{PLEDGES:,} in {SECONDS_MAX:.0f} s"


def run(place: Place, scale: Scale) -> list[Figure]:
    """Close one campaign of each kind; the books must be in order at the end."""
    count = 200 if scale.name == "smoke" else PLEDGES
    reached = Backing(0x100, count)
    missed = Backing(0x200, count, reached=False)
    saved = Backing(0x300, count, collection="deadline")
    with site(place), place.owner() as connection:
        lay_foundations(connection)
        ids = [settle_in(connection, backing) for backing in (reached, missed, saved)]
        db.session.rollback()
        close = campaign_closing.close_campaign
        figures = [
            _figure(place, "held: released in parts", (reached, ids[0]), "funded", close),
            _figure(place, "held: refunds planned", (missed, ids[1]), "unfunded", close),
            _figure(place, "saved cards: charges planned", (saved, ids[2]), "collecting", close),
        ]
        collect(connection, saved, ids[2])
        gather = collecting.collect_campaign
        name = "saved cards charged: released in parts"
        figures.append(_figure(place, name, (saved, ids[2]), "funded", gather))
        insist_on_order()
        return figures


def _figure(place: Place, name: str, eve: tuple[Backing, UUID], end: str, close: _Close) -> Figure:
    """Take one campaign past its deadline, to the state `end`."""
    backing, campaign_id = eve
    now = clock.now() + timedelta(seconds=1)
    with listening() as statements:
        used, begun = processor_millis(place.folder), time.perf_counter()
        close(campaign_id, now)
        seconds = time.perf_counter() - begun
        used = processor_millis(place.folder) - used
    if (found := state(campaign_id)) != end:
        raise RuntimeError(f"{name}: the campaign is {found}, not {end}")
    db.session.rollback()
    ours, bar = backing.pledges / seconds, PLEDGES / SECONDS_MAX
    return Figure(
        name=f"{backing.pledges:,} {name}",
        unit="pledges/s",
        ours=ours,
        yardstick=_BAR,
        theirs=bar,
        ratio=ours / bar,
        floor=1.0,
        remark=f"{seconds:.1f} s, {used / 1000:.1f} s of processor, {len(statements)} statements",
    )
