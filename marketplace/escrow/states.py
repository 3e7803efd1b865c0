"""The life of an instruction to the provider, and of a delivery from it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.kernel.machines import Machine


class Kind(StrEnum):
    """What we ask the provider to do."""

    CHECKOUT = "checkout"
    SETUP = "setup"  # save a means of payment; nothing is charged
    CHARGE = "charge"  # charge a saved means; the person is not present
    REFUND = "refund"
    TRANSFER = "transfer"
    REVERSAL = "reversal"
    TOP_UP = "top_up"
    PAYOUT = "payout"  # the platform's own money to the platform's own bank


PAGES: Final = (Kind.CHECKOUT, Kind.SETUP)
"""What a person does on a page of the provider; it acts on nothing that was there before."""

PAYMENTS: Final = (Kind.CHECKOUT, Kind.CHARGE)
"""What brings a person's money in, and what a refund can give back."""


class State(StrEnum):
    """Where an instruction stands."""

    PLANNED = "planned"  # committed with its reason; nobody has been called
    SENT = "sent"  # a call is under way, or the provider has it and is not done
    UNKNOWN = "unknown"  # the call may have had its effect; only reading back may tell
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    RETURNED = "returned"  # it had succeeded, and later the money came back


class Move(StrEnum):
    """What can happen to an instruction."""

    SEND = "send"  # a worker takes it and calls
    POSTPONE = "postpone"  # the provider refused for now; nothing has happened
    LOSE = "lose"  # no answer
    ABSENT = "absent"  # read back: the provider has never heard of it
    ACCEPT = "accept"  # the provider has it and is not done
    SUCCEED = "succeed"
    FAIL = "fail"
    EXPIRE = "expire"
    RETURN = "return"
    GIVE_UP = "give_up"  # two officers have looked and decided that it shall not be done


# The provider's word is taken from every state that is not an end: a notice may arrive before
# our own call has returned, and after a crash it may be the first we hear of it.
INSTRUCTION: Final = Machine.read(
    State,
    """
    planned   send      sent       clock
    planned   accept    sent       provider
    planned   succeed   succeeded  provider
    planned   fail      failed     provider
    planned   expire    expired    clock|provider
    planned   give_up   failed     finance_officer|admin
    sent      postpone  planned    provider
    sent      lose      unknown    clock
    sent      succeed   succeeded  provider
    sent      fail      failed     provider
    sent      expire    expired    provider
    unknown   absent    planned    provider
    unknown   accept    sent       provider
    unknown   succeed   succeeded  provider
    unknown   fail      failed     provider
    unknown   expire    expired    provider
    unknown   give_up   failed     finance_officer|admin
    succeeded return    returned   provider
    """,
    name="instruction",
)

ENDS: Final = frozenset({State.SUCCEEDED, State.FAILED, State.EXPIRED, State.RETURNED})
"""Where nothing is awaited any more; only what was paid out may still come back."""


class Inbox(StrEnum):
    """What became of a delivery."""

    STORED = "stored"
    APPLIED = "applied"
    IGNORED = "ignored"  # genuine, but about nothing of ours
    FAILED = "failed"  # tried often enough; a person must look


class RemedyKind(StrEnum):
    """What an officer can do about something that is stuck."""

    RETRY = "retry"
    RESOLVE = "resolve"  # it was settled by hand in the provider's books
    CANCEL = "cancel"  # it shall not be done


class RemedyState(StrEnum):
    """What became of a proposal."""

    PROPOSED = "proposed"
    APPLIED = "applied"
    REFUSED = "refused"


class PayeeState(StrEnum):
    """How far a person is with the provider's onboarding."""

    NONE = "none"
    PENDING = "pending"
    READY = "ready"


class DisputeState(StrEnum):
    """How far a dispute about a payment is. Whether the money is gone is another question."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


DISPUTE: Final = Machine.read(
    DisputeState,
    """
    needs_response  answer  under_review  provider
    needs_response  win     won           provider
    needs_response  lose    lost          provider
    under_review    win     won           provider
    under_review    lose    lost          provider
    """,
    name="dispute",
)

OPEN_DISPUTES: Final = frozenset({DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW})


class RecoveryState(StrEnum):
    """How far it is to charge a dispute's loss to those who had the money."""

    NONE = "none"  # nothing was taken
    DUE = "due"
    WAITING = "waiting"  # tried again, until all is recovered or can no longer be
    DONE = "done"  # what is not recovered by now is our loss
    UNDONE = "undone"  # the dispute was won: everybody has their money back
