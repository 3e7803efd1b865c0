"""Pages of identity. `wiring.py` registers BLUEPRINTS and exempts UNTOKENED from form tokens."""

from __future__ import annotations

from typing import Final

from marketplace.identity.views import (
    account,
    guests,
    invitations,
    joining,
    people,
    preferences,
    recovery,
    signing_in,
)

BLUEPRINTS: Final = [
    joining.bp,
    guests.bp,
    signing_in.bp,
    recovery.bp,
    account.bp,
    invitations.bp,
    people.bp,
    preferences.bp,
]

# Forms on pages that are kept for everyone can carry no token; these ask where they come from.
UNTOKENED: Final = [preferences.theme, preferences.language]
