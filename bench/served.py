"""The site as it is served, for one address that asks for more than any person would.

The limit of pages an address may ask for, and the pace at which the provider is called, are
lifted, not switched off: counting and taking turns are part of the work.
"""

from __future__ import annotations

from dataclasses import replace

from marketplace.escrow import gateway
from wsgi import app

app.config["PAGES_PER_ADDRESS"] = "1000000000 per minute"
_provider = gateway.current()
_provider.terms = replace(_provider.terms, requests_per_s=1_000)

__all__ = ["app"]
