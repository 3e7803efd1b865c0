"""Several people at the same moment, each on a connection of their own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from marketplace.infra.database import db
from marketplace.kernel.errors import Trouble
from tests.builders.escrow import World


def outcomes(world: World, acts: Sequence[Callable[[], object]]) -> Counter[str]:
    """Do all `acts` at the same moment; what came of each, refusals by their code."""
    start, found = threading.Barrier(len(acts)), Counter[str]()

    def run(act: Callable[[], object]) -> None:
        with world.app.app_context():
            start.wait()
            found[_outcome(act)] += 1
            db.session.remove()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _outcome(act: Callable[[], object]) -> str:
    try:
        act()
    except Trouble as trouble:
        return getattr(trouble, "code", type(trouble).__name__)
    except Exception as error:  # noqa: BLE001 - a crash is an outcome, and none of those expected
        return f"crash: {error!r}"
    return "done"
