"""Finding campaigns: words, filters, three orders, pages by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.rules import CATEGORIES
from marketplace.campaigns.search import terms
from marketplace.campaigns.states import FILTERS, Collection
from marketplace.infra.database import rows, scalar
from marketplace.kernel.money import CURRENCIES, Money

PAGE_SIZE: Final = 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor narrowed the list to; unknown values fall back to the widest."""

    words: str = ""
    category: str = ""
    currency: str = ""
    state: str = "open"
    sort: str = "ending"
    after: str = ""
    before: str = ""

    @classmethod
    def read(cls, args: Any) -> Wanted:  # noqa: ANN401 - any mapping of texts
        """Return what a query string asks for."""
        state = _one_of(args.get("state", ""), tuple(FILTERS), "open")
        usual = "ending" if state == "open" else "newest"
        return cls(
            words=str(args.get("q", "")).replace("\x00", "").strip()[:200],
            category=_one_of(args.get("category", ""), CATEGORIES, ""),
            currency=_one_of(args.get("currency", ""), tuple(CURRENCIES), ""),
            state=state,
            sort=_one_of(args.get("sort", ""), tuple(_SORTS), usual),
            after=str(args.get("after", ""))[:80],
            before=str(args.get("before", ""))[:80],
        )


class Listed(NamedTuple):
    """One campaign in a list, with its sponsor's name and record and its cover."""

    id: UUID
    sponsor_id: UUID
    state: str
    title: str
    tagline: str
    category: str
    currency: str
    goal_minor: int
    raised_minor: int
    backers: int
    funded_bps: int
    deadline: datetime
    launched_at: datetime
    cover_id: UUID
    collection: str
    sponsor: str | None
    sponsor_launched: int
    sponsor_funded: int
    cover_focus_x: int
    cover_focus_y: int
    cover_width: int
    cover_small: str
    cover_medium: str
    cover_large: str

    @property
    def is_later(self) -> bool:
        """Whether cards are saved first, and charged when the goal is reached."""
        return self.collection == Collection.DEADLINE

    @property
    def goal(self) -> Money:
        """What it needs."""
        return Money(self.goal_minor, self.currency)

    @property
    def raised(self) -> Money:
        """What was raised, standing still after the decision."""
        return Money(self.raised_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list, how many there are in all, and the keys of the pages beside it."""

    campaigns: list[Listed]
    count: int
    older: str | None
    newer: str | None


@dataclass(frozen=True, slots=True)
class _Sort:
    column: str
    descending: bool
    cast: str


_SORTS: Final = {
    "ending": _Sort("c.deadline", False, "timestamptz"),
    "newest": _Sort("c.launched_at", True, "timestamptz"),
    "funded": _Sort("t.funded_bps", True, "bigint"),
}

_BIGINT_END: Final = 2**63
_COLUMNS: Final = """
    c.id, c.sponsor_id, c.state, c.title, c.tagline, c.category, c.currency, c.goal_minor,
    t.raised_minor, t.backers, t.funded_bps, c.deadline, c.launched_at, c.cover_id,
    c.collection
"""
_FROM: Final = "FROM campaign c JOIN campaign_total t ON t.campaign_id = c.id"


def find(wanted: Wanted) -> Found:
    """Return the page of campaigns that `wanted` asks for, and the count of all of them."""
    where, params = _where(wanted)
    sort = _SORTS[wanted.sort]
    backwards = bool(wanted.before) and not wanted.after
    key = _read_key(wanted.after or wanted.before, sort)
    keyed, more = _keyed(sort, key, backwards=backwards)
    way = "DESC" if sort.descending != backwards else "ASC"
    order = f"{sort.column} {way}, c.id {way}"
    found = _listed(f"{where}{keyed}", order, PAGE_SIZE + 1, {**params, **more})
    count = int(scalar(f"SELECT count(*) {_FROM} WHERE {where}", params))
    return _page(found, count, sort, backwards=backwards, keyed=key is not None)


def featured(limit: int, *, ending_after: datetime) -> list[Listed]:
    """Return live campaigns whose deadline is still ahead, ending soonest first."""
    where = "c.state = 'live' AND c.deadline > %(after)s"
    return _listed(where, "c.deadline, c.id", limit, {"after": ending_after})


def most_funded(limit: int, *, ending_after: datetime) -> list[Listed]:
    """Return live campaigns, those nearest to (or furthest past) their goal first."""
    where = "c.state = 'live' AND c.deadline > %(after)s"
    return _listed(where, "t.funded_bps DESC, c.id DESC", limit, {"after": ending_after})


def _listed(where: str, order: str, limit: int, params: dict[str, Any]) -> list[Listed]:
    """Return one page of campaigns; sponsors and covers are looked up for what stands on it."""
    sql = f"""
        WITH page AS MATERIALIZED (
            SELECT {_COLUMNS} {_FROM} WHERE {where} ORDER BY {order} LIMIT {limit}
        ), record AS (
            SELECT sponsor_id, count(*) AS launched,
                count(*) FILTER (WHERE state IN ('funded', 'paid_out')) AS funded
            FROM campaign WHERE launched_at IS NOT NULL
                AND sponsor_id IN (SELECT sponsor_id FROM page) GROUP BY sponsor_id
        )
        SELECT {_of_page(_COLUMNS)}, p.name AS sponsor,
            coalesce(r.launched, 0) AS sponsor_launched, coalesce(r.funded, 0) AS sponsor_funded,
            i.focus_x AS cover_focus_x, i.focus_y AS cover_focus_y, i.width AS cover_width,
            i.key_small AS cover_small, i.key_medium AS cover_medium, i.key_large AS cover_large
        FROM page c JOIN picture i ON i.id = c.cover_id LEFT JOIN person p ON p.id = c.sponsor_id
        LEFT JOIN record r ON r.sponsor_id = c.sponsor_id ORDER BY {_of_page(order)}
    """  # noqa: S608 - clauses of our own; what was typed is a parameter
    return rows(sql, params, into=Listed)


def _of_page(columns: str) -> str:
    """Return what names columns of campaign and total as columns of the page, which has both."""
    return columns.replace("t.", "c.")


def counts_by_category() -> dict[str, int]:
    """Return how many campaigns are live in each category that has any."""
    sql = "SELECT category, count(*) AS n FROM campaign WHERE state = 'live' GROUP BY category"
    return {found.category: found.n for found in rows(sql, into=_Count)}


@dataclass(frozen=True, slots=True)
class _Count:
    category: str
    n: int


def _where(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    clauses, params = ["c.state = ANY(%(states)s)"], {"states": list(FILTERS[wanted.state])}
    facts: dict[str, Any] = dict(params)
    if wanted.category:
        clauses.append("c.category = %(category)s")
        facts["category"] = wanted.category
    if wanted.currency:
        clauses.append("c.currency = %(currency)s")
        facts["currency"] = wanted.currency
    if wanted.words:
        asked = terms(wanted.words)
        clauses.append("c.search @@ campaign_query(%(lexemes)s::text[], %(starts)s::boolean[])")
        facts["lexemes"] = [lexeme for lexeme, _start in asked]
        facts["starts"] = [start for _lexeme, start in asked]
    return " AND ".join(clauses), facts


def _keyed(
    sort: _Sort, key: tuple[Any, UUID] | None, *, backwards: bool
) -> tuple[str, dict[str, Any]]:
    if key is None:
        return "", {}
    sign = "<" if sort.descending != backwards else ">"
    clause = f" AND ({sort.column}, c.id) {sign} (%(key)s::{sort.cast}, %(key_id)s::uuid)"
    return clause, {"key": key[0], "key_id": key[1]}


def _page(found: list[Listed], count: int, sort: _Sort, *, backwards: bool, keyed: bool) -> Found:
    more = len(found) > PAGE_SIZE
    shown = found[:PAGE_SIZE]
    if backwards:
        shown.reverse()
    has_older, has_newer = (keyed, more) if backwards else (more, keyed)
    older = _write_key(shown[-1], sort) if shown and has_older else None
    newer = _write_key(shown[0], sort) if shown and has_newer else None
    return Found(shown, count, older, newer)


def _write_key(campaign: Listed, sort: _Sort) -> str:
    value = getattr(campaign, sort.column.partition(".")[2])
    text = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
    return f"{text}~{campaign.id}"


def _read_key(text: str, sort: _Sort) -> tuple[Any, UUID] | None:
    value, mark, number = text.partition("~")
    if not mark:
        return None
    try:
        read: Any = int(value) if sort.cast == "bigint" else datetime.fromisoformat(value)
        known = UUID(number)
    except ValueError:
        return None
    return None if sort.cast == "bigint" and abs(read) >= _BIGINT_END else (read, known)


def _one_of(text: str, allowed: tuple[str, ...], fallback: str) -> str:
    return text if text in allowed else fallback
