"""Run the stand-in: `python -m tests.standin --site http://127.0.0.1:8000`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from tests.standin import courier
from tests.standin.account import Stripe
from tests.standin.server import served


def main() -> int:
    """Serve until a signal comes."""
    asked = _asked()
    account = Stripe(
        secret=asked.secret,
        thin_secret=asked.thin_secret or asked.secret,
        pending=timedelta(seconds=asked.pending),
        late=timedelta(seconds=asked.late),
        file=asked.data,
        ready=None,
    )
    account.load()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with served(account, asked.port):
        sys.stdout.write(f"STRIPE_API_BASE={account.url}\n")
        sys.stdout.flush()
        courier.run(account, asked.site, stop)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--site", default="http://127.0.0.1:8000", help="where notices are posted")
    parser.add_argument("--secret", default="whsec_of_the_standin", help="signs notices")
    parser.add_argument("--thin-secret", default="", help="signs thin notices; else the same")
    parser.add_argument("--data", type=Path, help="a file that keeps the state over restarts")
    parser.add_argument("--pending", type=int, default=60, help="seconds until money is available")
    parser.add_argument("--late", type=int, default=10, help="seconds until late things happen")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
