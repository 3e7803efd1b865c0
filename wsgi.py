"""Where servers and `flask --app wsgi` find the site."""

from __future__ import annotations

import sys

from marketplace.app import StartTrouble, create_app

try:
    app = create_app()
except StartTrouble as trouble:
    sys.exit(f"Kindling cannot start: {trouble}")
