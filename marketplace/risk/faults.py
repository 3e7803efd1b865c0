"""What is wrong with the simulated sources just now: one word in a file that all processes see."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FAULTS: Final = ("down", "slow", "nonsense")
_FILE: Final = "risk-fault"


def choose(data_dir: Path, fault: str) -> None:
    """Let the simulated sources fail like this from now on; an empty word ends it."""
    file = data_dir / _FILE
    if not fault:
        file.unlink(missing_ok=True)
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    file.write_text(fault)


def chosen(data_dir: Path) -> str:
    """Return the fault chosen, or nothing."""
    try:
        word = (data_dir / _FILE).read_text().strip()
    except OSError:
        return ""
    return word if word in FAULTS else ""
