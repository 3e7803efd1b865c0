"""`python -m marketplace.simulator`: the bank as its own process, under granian."""

from __future__ import annotations

import os
import signal
import sys

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from marketplace.infra.settings import SettingsTrouble, read


def main() -> int:
    """Serve the bank on SIMULATOR_PORT (default 8001) until interrupted."""
    try:
        read()
    except SettingsTrouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 2
    port = os.environ.get("SIMULATOR_PORT") or "8001"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        sys.stderr.write(f"SIMULATOR_PORT must be a whole number from 1 to 65535, not {port!r}.\n")
        return 2
    Granian(
        "marketplace.simulator.__main__:serve",
        address=os.environ.get("SIMULATOR_HOST") or "127.0.0.1",
        port=int(port),
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=4,
        workers_kill_timeout=3,
        websockets=False,
        respawn_failed_workers=True,  # the fault panel can crash one
        respawn_interval=1.0,
        log_level=LogLevels.warning,
        log_access=False,
    ).serve()
    return 0


def serve() -> Flask:
    """Load the bank, in the worker that granian has forked."""
    # The worker has inherited a handler that only granian's main process listens to, and would be
    # deaf to SIGTERM until all is loaded; then granian sets one of the worker's own.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    from marketplace.simulator import app  # takes a second

    return app.serve()


if __name__ == "__main__":
    sys.exit(main())
