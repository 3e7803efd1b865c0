"""Who acts: a person with roles, or the house itself.

Roles are plain words so that state machines, permissions and the audit trail share them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.ids import PersonId

MEMBER_ROLES: Final = frozenset({"sponsor", "backer", "borrower", "lender"})
STAFF_ROLES: Final = frozenset(
    {"moderator", "first_reviewer", "second_reviewer", "finance_officer", "admin"}
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. `label` is what the audit trail shows."""

    person_id: PersonId | None
    roles: frozenset[str] = field(default_factory=frozenset)
    label: str = "anonymous"

    def has(self, *roles: str) -> bool:
        """Whether the actor holds at least one of `roles`."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_person(self) -> bool:
        """Whether somebody is signed in."""
        return self.person_id is not None

    @property
    def is_staff(self) -> bool:
        """Whether the actor holds any staff role."""
        return self.has(*STAFF_ROLES)

    def known(self) -> PersonId:
        """Return the person's id; `NotAllowed` for the house and for anonymous visitors."""
        if self.person_id is None:
            raise NotAllowed(self.label)
        return self.person_id


ANONYMOUS: Final = Actor(None)
CLOCK: Final = Actor(None, frozenset({"clock"}), "clock")
SETTLEMENT: Final = Actor(None, frozenset({"settlement", "clock"}), "settlement")
PROVIDER: Final = Actor(None, frozenset({"provider"}), "provider")
