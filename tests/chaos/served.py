"""The site as it is served, and how long it was busy with each form that was sent to it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from wsgi import app as site

WAITS = "waits.log"

_log = (Path(os.environ["DATA_DIR"]) / WAITS).open("a", buffering=1)
_lock = threading.Lock()


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer, and note the milliseconds of a POST."""
    began = time.monotonic()
    answer: Iterable[bytes] = site(environ, start)
    if environ["REQUEST_METHOD"] == "POST":
        with _lock:
            _log.write(f"{1_000 * (time.monotonic() - began):.1f}\n")
    return answer
