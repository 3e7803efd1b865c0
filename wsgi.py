"""Where servers and `flask --app wsgi` find the site."""

from __future__ import annotations

import multiprocessing
import signal
import sys

if multiprocessing.current_process().name == "granian-worker":
    # granian's workers inherit a handler that only its main process listens to, and would be deaf
    # to SIGTERM until all of this is loaded. It sets a handler of their own right afterwards.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

from marketplace.app import StartTrouble, create_app

try:
    app = create_app()
except StartTrouble as trouble:
    sys.exit(f"Kindling cannot start: {trouble}")
