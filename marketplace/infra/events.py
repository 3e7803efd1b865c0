"""Events: how a lower floor tells an upper one, without knowing it.

A package announces a frozen fact inside its transaction; one job per subscribed handler
commits with it. `wiring.py` holds the only list of subscriptions. Delivery is at least once,
so handlers are idempotent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from marketplace.infra.jobs import LATER, defer_many, job


@dataclasses.dataclass(frozen=True)
class Event:
    """Base of all facts. Fields are ids, whole numbers, texts, times and None."""


E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]
H = TypeVar("H", bound=Callable[[Any], None])

_events: dict[str, type[Event]] = {}
_handlers: dict[str, Handler] = {}
_subscriptions: dict[str, list[str]] = {}
_unhurried: set[str] = set()


def only(**facts: Collection[object]) -> Callable[[H], H]:
    """Tell the decorated handler of no event but those whose facts are among these.

    For those that would have nothing to do: a job less, where there are many.
    """

    def mark(handler: H) -> H:
        handler.only = facts  # type: ignore[attr-defined]
        return handler

    return mark


def subscribe(
    table: Mapping[type[Event], Sequence[Handler]], *, unhurried: Collection[str] = ()
) -> None:
    """Replace all subscriptions by `table`.

    Handlers of the modules `unhurried` are told when nobody else waits to be.
    """
    _events.clear()
    _handlers.clear()
    _subscriptions.clear()
    _unhurried.clear()
    for event, handlers in table.items():
        name = _event_name(event)
        _events[name] = event
        _subscriptions[name] = [_remember(handler) for handler in handlers]
    _unhurried.update(key for key, told in _handlers.items() if told.__module__ in unhurried)


def announce(event: Event) -> None:
    """Queue `event` for everyone who subscribed to its kind, in the open transaction."""
    announce_all([event])


def announce_all(events: Sequence[Event]) -> None:
    """Queue many events in one statement, in their order; what can wait in another."""
    found = [each for event in events for each in _deliveries(event)]
    later = [each for each in found if each["handler"] in _unhurried]
    defer_many(deliver, [each for each in found if each["handler"] not in _unhurried])
    defer_many(deliver, later, priority=LATER)


def _deliveries(event: Event) -> list[dict[str, Any]]:
    name = _event_name(type(event))
    handlers = _subscriptions.get(name)
    if not handlers:
        return []
    facts = {key: _plain(value) for key, value in vars(event).items()}
    return [
        {"handler": handler, "event": name, "facts": facts}
        for handler in handlers
        if _concerns(_handlers[handler], event)
    ]


def _concerns(handler: Handler, event: Event) -> bool:
    wanted: Mapping[str, Collection[object]] = getattr(handler, "only", {})
    return all(getattr(event, name) in values for name, values in wanted.items())


@job("events.deliver")
def deliver(*, handler: str, event: str, facts: dict[str, Any]) -> None:
    """Hand one event to one handler."""
    kind = _events[event]
    hints = _hints(kind)
    _handlers[handler](kind(**{key: _rich(value, hints[key]) for key, value in facts.items()}))


@cache
def _hints(event: type[Event]) -> dict[str, Any]:
    return get_type_hints(event)


def _event_name(event: type[Event]) -> str:
    return f"{event.__module__}.{event.__qualname__}"


def _remember(handler: Handler) -> str:
    key = f"{handler.__module__}.{handler.__qualname__}"
    _handlers[key] = handler
    return key


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _rich(value: Any, hint: Any) -> Any:  # noqa: ANN401 - JSON in, typed value out
    if value is None or not isinstance(value, str):
        return value
    kinds = [hint, *getattr(hint, "__args__", ())]
    for kind in (getattr(k, "__supertype__", k) for k in kinds):
        if kind is UUID:
            return UUID(value)
        if kind is datetime:
            return datetime.fromisoformat(value)
        if kind is date:
            return date.fromisoformat(value)
    return value
