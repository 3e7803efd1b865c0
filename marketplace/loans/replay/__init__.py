"""Servicing as a pure function: (terms, dated events, day) gives where a loan stands.

A payoff quote for a day is `replay(terms, events, day).payoff`; what a payment would do is a
replay with it among the events; what a past day looked like is `replay(terms, until(events, day),
day)`. Backdating and reversing are the same again with other events.
"""

from marketplace.loans.replay.events import (
    ChargeKey,
    ChargeKind,
    Intent,
    LoanEvent,
    Payment,
    Reversal,
    Waiver,
    check,
    until,
)
from marketplace.loans.replay.history import replay
from marketplace.loans.replay.position import (
    Applied,
    AppliedLine,
    Arrears,
    ChargeStanding,
    PayoffQuote,
    Position,
    RowStanding,
    Version,
)

__all__ = [
    "Applied",
    "AppliedLine",
    "Arrears",
    "ChargeKey",
    "ChargeKind",
    "ChargeStanding",
    "Intent",
    "LoanEvent",
    "Payment",
    "PayoffQuote",
    "Position",
    "Reversal",
    "RowStanding",
    "Version",
    "Waiver",
    "check",
    "replay",
    "until",
]
