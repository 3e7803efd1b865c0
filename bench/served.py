"""The site as it is served, for one address that asks for more than any person would.

The limit of pages an address may ask for is lifted, not switched off: counting is part of a page.
"""

from __future__ import annotations

from wsgi import app

app.config["PAGES_PER_ADDRESS"] = "1000000000 per minute"

__all__ = ["app"]
