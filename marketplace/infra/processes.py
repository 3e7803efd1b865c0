"""Ties between processes: a child that must not outlive its parent says so to the kernel."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def dying_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Give a `preexec_fn` that has the kernel send `number` when we die; None where it cannot.

    The kernel means the thread that starts the child: call it from one that lives as long as the
    process. A later change of user would clear the wish; subprocess changes user before.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_the_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # we died before the wish was made
            os.kill(os.getpid(), number)

    return ask_the_kernel


def die_with_make() -> None:
    """Have the kernel stop this process when the `make` that started it is killed."""
    if "MAKELEVEL" in os.environ and sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
