"""The life of a case, as a table, and what may be decided about each kind."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.kernel.machines import Machine


class CaseKind(StrEnum):
    """What has to be decided."""

    SUBMISSION = "submission"  # may it go live?
    CHANGE = "change"  # may what was promised change?
    REPORT = "report"  # somebody says that something is wrong
    APPEAL = "appeal"  # its owner says that the decision was wrong


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    DECIDED = "decided"  # can still be undone
    CLOSED = "closed"


class Outcome(StrEnum):
    """What a moderator can decide."""

    APPROVE = "approve"
    RETURN = "return"
    REFUSE = "refuse"
    DISMISS = "dismiss"  # the report shows nothing that is wrong
    HIDE = "hide"
    SUSPEND = "suspend"
    UPHOLD = "uphold"  # the first decision stands
    OVERTURN = "overturn"


CASE: Final = Machine.read(
    CaseState,
    """
    open     decide  decided  moderator
    decided  undo    open     moderator
    decided  settle  closed   clock
    open     drop    closed   clock|owner|moderator
    decided  drop    closed   clock|owner|moderator
    """,
    name="case",
)

# What can be decided, by the kind of a case and by what it is about.
OUTCOMES: Final[dict[CaseKind, dict[str, tuple[Outcome, ...]]]] = {
    CaseKind.SUBMISSION: {"": (Outcome.APPROVE, Outcome.RETURN)},
    CaseKind.CHANGE: {"": (Outcome.APPROVE, Outcome.REFUSE)},
    CaseKind.REPORT: {
        "campaign": (Outcome.DISMISS, Outcome.SUSPEND),
        "": (Outcome.DISMISS, Outcome.HIDE),
    },
    CaseKind.APPEAL: {"": (Outcome.UPHOLD, Outcome.OVERTURN)},
}

# What its owner may appeal against.
APPEALABLE: Final = frozenset({Outcome.RETURN, Outcome.REFUSE, Outcome.HIDE, Outcome.SUSPEND})
