"""Events: how a lower floor tells an upper one, without knowing it.

A package announces a frozen fact inside its transaction; one job per subscribed handler
commits with it, for all the facts of a kind. `wiring.py` holds the only list of subscriptions.
Delivery is at least once, so handlers are idempotent.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final, TypeVar, get_type_hints
from uuid import UUID

from marketplace.infra.commands import at_the_end, command
from marketplace.infra.jobs import LATER, defer_many, job

# So many at most in one job: the next one does not wait long, and little is done again when one
# breaks.
TOGETHER_MAX: Final = 25

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Event:
    """Base of all facts. Fields are ids, whole numbers, texts, times and None."""


E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]
Facts = dict[str, Any]
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


def at_once(handler: H) -> H:
    """Tell the decorated handler of many events in one call: it takes a sequence of them.

    For those that do the work of many in one transaction.
    """
    handler.at_once = True  # type: ignore[attr-defined]
    return handler


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
    """Queue many events, in their order. Those of a command are queued together at its end."""
    at_the_end(_queue, events)


def _queue(events: Sequence[Event]) -> None:
    told: defaultdict[tuple[str, str], list[Facts]] = defaultdict(list)
    for event in events:
        name = _event_name(type(event))
        concerned = [
            each for each in _subscriptions.get(name, ()) if _concerns(_handlers[each], event)
        ]
        if concerned:
            facts = {key: _plain(value) for key, value in vars(event).items()}
            for handler in concerned:
                told[handler, name].append(facts)
    _defer(
        {"handler": handler, "event": name, "facts": part}
        for (handler, name), facts in told.items()
        for part in _parts(facts)
    )


def _parts(facts: Sequence[Facts]) -> Iterator[Sequence[Facts]]:
    return (facts[n : n + TOGETHER_MAX] for n in range(0, len(facts), TOGETHER_MAX))


def _defer(deliveries: Iterator[dict[str, Any]]) -> None:
    """Queue deliveries in one statement, what can wait in another."""
    found = list(deliveries)
    later = [each for each in found if each["handler"] in _unhurried]
    defer_many(deliver, [each for each in found if each["handler"] not in _unhurried])
    defer_many(deliver, later, priority=LATER)


def _concerns(handler: Handler, event: Event) -> bool:
    wanted: Mapping[str, Collection[object]] = getattr(handler, "only", {})
    return all(getattr(event, name) in values for name, values in wanted.items())


@job("events.deliver")
def deliver(*, handler: str, event: str, facts: list[Facts] | Facts) -> None:
    """Hand events of one kind to one handler.

    Where it breaks over many of them, each one is handed over again by a job of its own: one that
    cannot be dealt with does not hold up the others.
    """
    many = facts if isinstance(facts, list) else [facts]  # one: queued before they went together
    try:
        _tell(_handlers[handler], [_event(event, each) for each in many])
    except Exception:
        if len(many) == 1:
            raise
        log.exception("%s: each of %s is told alone", handler, len(many))
        _part(handler, event, many)


@command
def _part(handler: str, event: str, facts: Sequence[Facts]) -> None:
    _defer({"handler": handler, "event": event, "facts": [each]} for each in facts)


def _tell(handler: Handler, events: Sequence[Event]) -> None:
    if getattr(handler, "at_once", False):
        handler(events)
        return
    for event in events:
        handler(event)


def _event(name: str, facts: Facts) -> Event:
    hints = _hints(name)
    return _events[name](**{key: _rich(value, hints[key]) for key, value in facts.items()})


@cache
def _hints(name: str) -> dict[str, Any]:
    return get_type_hints(_events[name])


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
