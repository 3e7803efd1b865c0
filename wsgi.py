"""Where servers and `flask --app wsgi` find the site."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys

if multiprocessing.current_process().name == "granian-worker":
    # granian's workers inherit a handler that only its main process listens to, and would be deaf
    # to SIGTERM until all of this is loaded. It sets a handler of their own right afterwards.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

# Nothing that is loaded now ever becomes garbage. To look for some all the while takes a quarter of
# the time a process needs to begin, and later it would be looked through again and again.
gc.disable()

from marketplace.app import StartTrouble, create_app  # noqa: E402 - not before the line above

try:
    app = create_app()
except StartTrouble as trouble:
    sys.exit(f"Kindling cannot start: {trouble}")

gc.freeze()
gc.enable()
