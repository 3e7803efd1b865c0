"""Where the provider's notices arrive. They are checked and stored; nothing else happens here."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, request

from marketplace.escrow.gateway import Forged
from marketplace.escrow.services import inbox
from marketplace.kernel.errors import NotFound
from marketplace.web.guards import public

bp = Blueprint("escrow", __name__, url_prefix="/webhooks")
log = logging.getLogger(__name__)


@bp.post("/simulator")
@public
def simulator() -> Response:
    """Take a notice of the simulator."""
    return _received("simulator")


@bp.post("/stripe")
@public
def stripe() -> Response:
    """Take a notice of Stripe."""
    return _received("stripe")


@bp.post("/stripe/thin")
@public
def stripe_thin() -> Response:
    """Take a thin notice of Stripe, which names its thing and shows nothing of it.

    Another door, because Stripe signs what it sends to each address with a secret of its own.
    """
    return _received("stripe")


def _received(provider: str) -> Response:
    try:
        fresh = inbox.receive(provider, request.get_data(cache=False), dict(request.headers))
    except Forged as forged:
        log.warning("webhook refused: %s from %s", forged.code, request.remote_addr)
        return _answer(400, forged.code)
    except NotFound:
        return _answer(404, "provider_not_in_use")
    return _answer(200, "stored" if fresh else "known")


def _answer(status: int, word: str) -> Response:
    return Response(f"{word}\n", status, mimetype="text/plain")


UNTOKENED = (simulator, stripe, stripe_thin)
"""Machines post here: a signature stands where people have a form token."""
