"""Roles: what everyone holds, what comes by invitation, and what never meets in one person."""

from __future__ import annotations

from typing import Final

from marketplace.kernel.actors import MEMBER_ROLES, STAFF_ROLES
from marketplace.kernel.errors import Refusal

# In the order people read them: the desk first, the keys last.
ORDER: Final = ("moderator", "first_reviewer", "second_reviewer", "finance_officer", "admin")


def of(staff_role: str | None) -> frozenset[str]:
    """Return all roles of a confirmed person with `staff_role`, or with none."""
    return MEMBER_ROLES | {staff_role} if staff_role else MEMBER_ROLES


def check_grant(role: str, held: str | None) -> None:
    """Refuse a role that does not exist, and a second one: four eyes need two persons."""
    if role not in STAFF_ROLES:
        raise Refusal("role_unknown", "role", role=role)
    if held == role:
        raise Refusal("role_held", "email", role=role)
    if held is not None:
        raise Refusal("role_second", "email", role=held)
