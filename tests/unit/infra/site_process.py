"""`make run` as a process, for tests that stop and kill it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from bench.servers import free_port

ROOT = Path(__file__).resolve().parents[3]
WAIT_SECONDS_MAX = 90.0
CLEARED = ("DATABASE_URL", "TEST_DATABASE_URL", "MAKELEVEL", "PORT", "SIMULATOR_PORT")


class Site:
    """One supervisor process and what it said."""

    def __init__(self, data_dir: Path, environ: Mapping[str, str] | None = None) -> None:
        """Start it on a free port, without the demo world."""
        self.port = free_port()
        self.log = data_dir.parent / f"site-{self.port}.log"
        inherited = {name: value for name, value in os.environ.items() if name not in CLEARED}
        ours = {"PORT": str(self.port), "DATA_DIR": str(data_dir), "DEMO": "none"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "marketplace.infra.supervisor"],
                cwd=ROOT,
                env={**inherited, **ours, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """Everything it printed so far."""
        return self.log.read_text()

    def wait_until_ready(self) -> None:
        """Wait for the line `Ready:`; the site must answer at that moment."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while f"Ready: http://127.0.0.1:{self.port}\n" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def get(self, path: str) -> int:
        """Give the status of a page."""
        address = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            return int(answer.status)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop; give its exit status."""
        self.process.send_signal(number)
        return self.process.wait(WAIT_SECONDS_MAX)

    def descendants(self) -> list[int]:
        """Give the processes of its parts, and theirs."""
        return _descendants(self.process.pid)


def _descendants(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(stat.parent.name)
            found += [child, *_descendants(child)]
    return found


def alive(pids: list[int]) -> list[int]:
    """Give those that still run; zombies do not."""
    found = []
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        if not re.match(r"[ZX]", text.rpartition(")")[2].strip()):
            found.append(pid)
    return found


def survivors(pids: list[int]) -> list[str]:
    """Wait for all of these to end; give the commands of those that do not."""
    deadline = time.monotonic() + 30
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [f"{pid}: {command_of(pid)}" for pid in alive(pids)]


def command_of(pid: int) -> str:
    """Give the words a process was started with; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
