"""Every way the product says no, and whose turn it is then.

    Trouble
    ├── Refusal        a person can mend it (422), shown beside the field
    │   └── IllegalMove    the thing is no longer in a state that allows this (409)
    ├── NotFound       no such thing for this person (404)
    ├── NotAllowed     the person lacks the permission (403)
    ├── Stale          somebody else changed it first (409)
    ├── ProviderTrouble    the escrow provider did not answer as agreed (503)
    └── Broken         an invariant does not hold (500): never caught, alarms

One table per edge (`web/errors.py`, later `api/errors.py`) turns these into answers.
"""

from __future__ import annotations


class Trouble(Exception):
    """Base of everything the product raises on purpose."""


class Refusal(Trouble):
    """Something a person can mend.

    `code` names the rule; its sentence lives in a translated table at the edge, where
    `facts` fill the named slots. `field` is the form field the sentence belongs to.
    """

    def __init__(self, code: str, field: str | None = None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.facts = facts

    def __repr__(self) -> str:
        return f"Refusal({self.code!r}, field={self.field!r}, {self.facts!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refusal) and (self.code, self.field, self.facts) == (
            other.code,
            other.field,
            other.facts,
        )

    def __hash__(self) -> int:
        return hash((self.code, self.field))


class IllegalMove(Refusal):
    """The state machine has no such move from here for this actor."""

    def __init__(self, machine: str, state: str, move: str, allowed: tuple[str, ...]) -> None:
        super().__init__(
            "illegal_move", machine=machine, state=state, move=move, allowed=", ".join(allowed)
        )
        self.allowed = allowed


class Refused(Refusal):
    """Several refusals at once: a form shows them all instead of one after the other."""

    def __init__(self, refusals: list[Refusal]) -> None:
        first = refusals[0]
        super().__init__(first.code, first.field, **first.facts)
        self.refusals = refusals


class NotFound(Trouble):
    """No such thing, or not for this person: the two must look alike."""


class NotAllowed(Trouble):
    """The person is known and lacks the permission."""


class Stale(Trouble):
    """The thing changed since the person looked at it."""


class ProviderTrouble(Trouble):
    """The escrow provider failed or gave no answer.

    `unknown` says that the call may have had its effect: never repeat it blindly, read back.
    """

    def __init__(self, message: str, *, unknown: bool = False, code: str = "") -> None:
        super().__init__(message)
        self.unknown = unknown
        self.code = code


class Broken(Trouble):
    """An invariant does not hold. Nothing in the product catches this."""


def refuse_if(refusals: list[Refusal]) -> None:
    """Raise all `refusals` together, or do nothing when there are none."""
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        raise Refused(refusals)
