"""What is held for people at the provider: for whom, since when, until when at the latest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.queries import wallet_age
from marketplace.settlement.queries.kinds import PREFIXES, HeldAs, by_day, union


@dataclass(frozen=True, slots=True)
class Held:
    """Money of people that the provider holds. `person_id` is who can act, or whose it is.

    `leave_by` is the last day of the oldest payment in it, `leaving_minor` what must leave then.
    """

    kind: str
    subject_id: UUID
    person_id: UUID
    currency: str
    amount_minor: int
    leaving_minor: int
    payments: int
    paid_on: date
    leave_by: date

    @property
    def amount(self) -> Money:
        """All of it."""
        return Money(self.amount_minor, self.currency)

    @property
    def leaving(self) -> Money:
        """What of it must leave by `leave_by`; the rest may stay longer."""
        return Money(self.leaving_minor, self.currency)

    @property
    def ref(self) -> str:
        """The public id of its subject."""
        return public_id(PREFIXES[HeldAs(self.kind)], self.subject_id)

    @property
    def cursor(self) -> tuple[date, str, UUID, str]:
        """What `held(after=...)` takes to go on behind it."""
        return self.leave_by, self.kind, self.subject_id, self.currency

    def days_left(self, on: date) -> int:
        """Return how many days there are from `on`; negative once it is too late."""
        return (self.leave_by - on).days


def held(
    kinds: Collection[HeldAs] = tuple(HeldAs),
    *,
    currency: str | None = None,
    person_id: UUID | None = None,
    until: date | None = None,
    after: tuple[date, str, UUID, str] | None = None,
    limit: int = 500,
) -> list[Held]:
    """Return what is held as one of `kinds`, what must leave first first, `after` the last seen.

    `person_id` is who can act, or whose it is; `until` leaves out what may stay longer.
    """
    last, kind, subject_id, money = after or (None, None, None, None)
    return rows(
        f"""
        SELECT * FROM {union(kinds)}
        WHERE (%(currency)s::text IS NULL OR currency = %(currency)s)
            AND (%(person)s::uuid IS NULL OR person_id = %(person)s)
            AND (%(until)s::date IS NULL OR leave_by <= %(until)s)
            AND (%(last)s::date IS NULL OR (leave_by, kind, subject_id, currency::text)
                > (%(last)s::date, %(kind)s, %(subject)s, %(money)s))
        ORDER BY leave_by, kind, subject_id, currency LIMIT %(limit)s
        """,  # noqa: S608 - our own constants
        wallet_age.facts(person_id)
        | {"currency": currency, "until": until, "limit": limit}
        | {"last": last, "kind": kind, "subject": subject_id, "money": money},
        into=Held,
    )


def one(kind: HeldAs, subject_id: UUID, currency: str) -> Held:
    """Return what is held for one subject; `NotFound` where it has left."""
    person = subject_id if kind is HeldAs.WALLET else None
    found = row(
        f"""
        SELECT * FROM {union([kind])}
        WHERE subject_id = %(subject)s AND currency = %(currency)s
        """,  # noqa: S608 - our own constants
        wallet_age.facts(person) | {"subject": subject_id, "currency": currency},
        into=Held,
    )
    if found is None:
        raise NotFound(str(subject_id))
    return found


@dataclass(frozen=True, slots=True)
class Span:
    """What must leave within so many days; `days` None: later than all of them."""

    days: int | None
    currency: str
    amount_minor: int

    @property
    def amount(self) -> Money:
        """All of it."""
        return Money(self.amount_minor, self.currency)


def spans(on: date, bounds: Collection[int], *, currency: str | None = None) -> list[Span]:
    """Return all that is held, cut by the days left: up to each of `bounds`, and later.

    What must leave on different days is cut apart, also where it is held as one.
    """
    return rows(
        f"""
        SELECT (SELECT min(bound) FROM unnest(%(bounds)s::int[]) AS bound
                WHERE piece.leave_by - %(on)s::date <= bound) AS days,
            currency, sum(amount_minor)::bigint AS amount_minor
        FROM {by_day(tuple(HeldAs))}
        WHERE (%(currency)s::text IS NULL OR currency = %(currency)s)
        GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2
        """,  # noqa: S608 - our own constants
        wallet_age.facts() | {"on": on, "bounds": sorted(bounds), "currency": currency},
        into=Span,
    )
