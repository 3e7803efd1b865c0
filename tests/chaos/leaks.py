"""What must never stand in a log: keys, secrets, passwords, tokens, card numbers."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.builders.identity import PASSWORD
from tests.builders.simulator import KEY, SECRET

_KNOWN: Final = {"the provider's key": KEY, "the webhook secret": SECRET, "a password": PASSWORD}
_PATTERNS: Final = {
    "a bearer token": re.compile(r"Bearer\s+[\w-]{8,}"),
    "a session cookie": re.compile(r"kindling_session=[\w.-]{8,}"),
    "a form token": re.compile(r"csrf_token['\"=:\s]+[\w.-]{16,}"),
}
_DIGITS: Final = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w.-])")


def leaks(text: str, tokens: Collection[str] = ()) -> list[str]:
    """Return what of that kind stands in `text`; `tokens` are further things nobody may see."""
    found = [name for name, secret in _KNOWN.items() if secret in text]
    found += ["a session's token"] * any(token in text for token in tokens)
    found += [name for name, pattern in _PATTERNS.items() if pattern.search(text)]
    return found + ["a card number"] * any(_is_card(match) for match in _DIGITS.findall(text))


def _is_card(text: str) -> bool:
    digits = [int(digit) for digit in text if digit.isdigit()]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return digits[0] in {2, 3, 4, 5, 6} and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


@contextmanager
def everything_said(path: Path) -> Iterator[None]:
    """Write whatever this process says, on either stream and by whomever, to `path` instead."""
    loggers = [logging.getLogger(), logging.getLogger("marketplace")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.INFO)
    heard = logging.StreamHandler()
    loggers[0].addHandler(heard)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with path.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    try:
        yield
    finally:
        loggers[0].removeHandler(heard)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        sys.stdout.flush()
        sys.stderr.flush()
        for number, former in enumerate(kept, start=1):
            os.dup2(former, number)
            os.close(former)
