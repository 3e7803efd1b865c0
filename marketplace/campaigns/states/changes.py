"""The life of a material change: what was promised changes only where a moderator lets it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.kernel.machines import Machine


class ChangeState(StrEnum):
    """Where a change of what was promised stands."""

    PROPOSED = "proposed"  # a moderator has to look; nothing has changed yet
    ASKING = "asking"  # in force; the backers it touches say whether they stay
    DONE = "done"  # in force, and nobody is asked any more
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"  # became impossible before it was decided


class Answer(StrEnum):
    """What came of asking a backer."""

    KEEP = "keep"
    LEAVE = "leave"
    SILENT = "silent"  # did not answer in time: the pledge ends, as if its backer had left


CHANGE: Final = Machine.read(
    ChangeState,
    """
    proposed  approve   asking     moderator
    proposed  refuse    refused    moderator
    proposed  withdraw  withdrawn  owner
    proposed  lapse     lapsed     clock|moderator
    refused   approve   asking     moderator
    asking    settle    done       settlement
    """,
    name="change",
)

# One at a time: nobody is asked about two changes at once.
STANDING: Final = frozenset({ChangeState.PROPOSED, ChangeState.ASKING})
