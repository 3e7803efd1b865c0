"""How somebody agrees in this request: what is kept of where they were."""

from __future__ import annotations

from datetime import datetime

from marketplace.contracts.consents import Consent, How
from marketplace.identity.views import sessions
from marketplace.infra.crypto import digest
from marketplace.infra.settings import current_settings


def agreement_here(how: How, shown_hash: str, *, at: datetime) -> Consent:
    """Return the agreement of the person acting, with digests of their session and address.

    The digests are made with the site's secret: addresses are few, and a bare digest of one
    would be no secret at all.
    """
    session_id, address = sessions.signed_in().session_id, sessions.browser().address
    return Consent(how, at, _kept(f"session:{session_id}"), _kept(f"address:{address}"), shown_hash)


def _kept(text: str) -> str:
    return digest(f"{current_settings().secret_key}:contract:{text}")
