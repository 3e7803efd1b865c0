"""Processor time of many processes, by what they are: others' work here is not in it."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def seconds_by_kind(folder: Path, kinds: dict[str, str]) -> dict[str, float]:
    """Return the seconds used by our children, and by the database server that lives in `folder`.

    `kinds` names a child by a part of its command; what it does not know is `clients`, as we are.
    Who has ended meanwhile is no longer seen: ask while all of them run.
    """
    used: dict[str, float] = defaultdict(float)
    used["clients"] = sum(os.times()[:2])
    parents = _parents()
    for pid in parents:
        with contextlib.suppress(OSError):  # it ended just now, or is not ours to look at
            seconds = _seconds(pid)
            if _cwd(pid).is_relative_to(folder):
                used["database"] += seconds
            elif pid != os.getpid() and _descends(pid, parents):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")
                kind = next((name for part, name in kinds.items() if part in words), "clients")
                used[kind] += seconds
    return dict(used)


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stat = Path(entry, "stat").read_text().rpartition(")")[2].split()
            found[int(entry.name)] = int(stat[1])
    return found


def _descends(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


def _seconds(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, stat[11:13])) / _TICKS


def _cwd(pid: int) -> Path:
    return Path(f"/proc/{pid}/cwd").resolve()
