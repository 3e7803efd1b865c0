"""The port to the written word: services say which letter, an edge writes it.

The writer renders templates in the reader's language; it is handed in, because services know
no templates. Links inside the facts are secret: they go into the mail and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Letter:
    """Which letter: `confirm`, `already_here`, `guest`, `reset` and the others of `adapters`."""

    kind: str
    locale: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """A letter ready to be mailed."""

    subject: str
    text: str


Write = Callable[[Letter], Written]
