"""Finding campaigns: words, filters, four orders, pages by key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.rules import CATEGORIES
from marketplace.campaigns.rules.languages import LANGUAGES
from marketplace.campaigns.search import terms
from marketplace.campaigns.states import FILTERS, Collection, Funding
from marketplace.infra.database import column, rows, scalar
from marketplace.kernel import clock
from marketplace.kernel.money import CURRENCIES, Money

PAGE_SIZE: Final = 24
COUNT_MAX: Final = 1_000
"""More than so many are not counted."""
ENDS_WITHIN: Final = ("1", "3", "7", "14", "30")
"""Days that a visitor can narrow the list to."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor narrowed the list to; unknown values fall back to the widest."""

    words: str = ""
    category: str = ""
    currency: str = ""
    language: str = ""
    state: str = "open"
    sort: str = "ending"
    ends: str = ""
    model: str = ""
    pays: str = ""
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
            language=_one_of(args.get("language", ""), tuple(LANGUAGES), ""),
            state=state,
            sort=_one_of(args.get("sort", ""), tuple(_SORTS), usual),
            ends=_one_of(args.get("ends", ""), ENDS_WITHIN, ""),
            model=_one_of(args.get("model", ""), tuple(Funding), ""),
            pays=_one_of(args.get("pays", ""), ("inspection",), ""),
            after=str(args.get("after", ""))[:80],
            before=str(args.get("before", ""))[:80],
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether more is asked than the order of what is open, or of everything."""
        asked = (self.words, self.ends, self.pays, *(getattr(self, name) for name in _NAMED))
        return any(asked) or self.state not in {"open", "all"}

    def ends_by(self, now: datetime) -> datetime | None:
        """Until when it must end; None where that was not asked."""
        return now + timedelta(days=int(self.ends)) if self.ends else None


class Listed(NamedTuple):
    """One campaign in a list, with its sponsor's name and record and its cover.

    `score` is text, exact to the last digit: it is only ever the key of the next page, and a row
    with a float in it is no key of a remembered piece.
    """

    id: UUID
    sponsor_id: UUID
    state: str
    title: str
    tagline: str
    category: str
    language: str
    currency: str
    goal_minor: int
    raised_minor: int
    backers: int
    funded_bps: int
    deadline: datetime
    launched_at: datetime
    cover_id: UUID
    collection: str
    score: str
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
    """One page of a list, how many there are in all, and the keys of the pages beside it.

    What is more than `COUNT_MAX` is counted as one more than that.
    """

    campaigns: list[Listed]
    count: int
    older: str | None
    newer: str | None


@dataclass(frozen=True, slots=True)
class _Sort:
    column: str
    descending: bool
    cast: str


# Columns of a campaign that are asked for by the very word in them.
_NAMED: Final = ("category", "currency", "model", "language")
_SORTS: Final = {
    "ending": _Sort("c.deadline", False, "timestamptz"),
    "newest": _Sort("c.launched_at", True, "timestamptz"),
    "funded": _Sort("t.funded_bps", True, "bigint"),
    "trending": _Sort("tr.score", True, "double precision"),
}

_BIGINT_END: Final = 2**63
_COLUMNS: Final = """
    c.id, c.sponsor_id, c.state, c.title, c.tagline, c.category, c.language, c.currency,
    c.goal_minor, t.raised_minor, t.backers, t.funded_bps, c.deadline, c.launched_at, c.cover_id,
    c.collection
"""
_FROM: Final = "FROM campaign c JOIN campaign_total t ON t.campaign_id = c.id"
_TRENDING: Final = "JOIN trend tr ON tr.campaign_id = c.id"


def find(wanted: Wanted, now: datetime | None = None) -> Found:
    """Return the page of campaigns that `wanted` asks for, and the count of all of them."""
    where, params, count = _meant(wanted, now or clock.now())
    sort = _SORTS[wanted.sort]
    backwards = bool(wanted.before) and not wanted.after
    key = _read_key(wanted.after or wanted.before, sort)
    keyed, more = _keyed(sort, key, backwards=backwards)
    way = "DESC" if sort.descending != backwards else "ASC"
    order = f"{sort.column} {way}, c.id {way}"
    found = _listed(
        f"{where}{keyed}",
        order,
        PAGE_SIZE + 1,
        {**params, **more},
        trending=wanted.sort == "trending",
    )
    if count is None:
        is_all = key is None and len(found) <= PAGE_SIZE
        count = len(found) if is_all else _count(where, params)
    return _page(found, count, sort, backwards=backwards, keyed=key is not None)


def _meant(wanted: Wanted, now: datetime) -> tuple[str, dict[str, Any], int | None]:
    """Return the clause of what is wanted, its facts, and how many that are, if known by now.

    What narrows the list to few is looked up first, as a set; what many have is met soon enough
    along the order of the list.
    """
    query = _query(wanted.words) if wanted.words else None
    where, params = _where(wanted, query, now)
    if not wanted.is_narrowed:
        return where, params, None
    few = column(_FOUND, _found_facts(wanted, query, now))
    if len(few) <= _FEW:
        return _THESE, {"found": few}, min(len(few), COUNT_MAX + 1)
    return where, params, COUNT_MAX + 1


def _count(where: str, params: dict[str, Any]) -> int:
    sql = f"SELECT count(*) FROM (SELECT FROM campaign c WHERE {where} LIMIT {COUNT_MAX + 1}) f"  # noqa: S608 - clauses of our own
    return int(scalar(sql, params))


def featured(limit: int, *, ending_after: datetime) -> list[Listed]:
    """Return live campaigns whose deadline is still ahead, ending soonest first."""
    where = "c.state = 'live' AND c.suspended_at IS NULL AND c.deadline > %(after)s"
    return _listed(where, "c.deadline, c.id", limit, {"after": ending_after})


def most_funded(limit: int, *, ending_after: datetime) -> list[Listed]:
    """Return live campaigns, those nearest to (or furthest past) their goal first."""
    where = "c.state = 'live' AND c.suspended_at IS NULL AND c.deadline > %(after)s"
    return _listed(where, "t.funded_bps DESC, c.id DESC", limit, {"after": ending_after})


def trending(limit: int, *, ending_after: datetime) -> list[Listed]:
    """Return live campaigns that many people back just now, the most wanted first."""
    where = "c.state = 'live' AND c.suspended_at IS NULL AND c.deadline > %(after)s"
    return _listed(where, "tr.score DESC, c.id DESC", limit, {"after": ending_after}, trending=True)


# Of the latest open campaigns of the category of `c`, those with the most words in common with
# it, single signs left out.
SIMILAR: Final = """
    SELECT other.id FROM (
        SELECT id, search FROM campaign
        WHERE state = 'live' AND suspended_at IS NULL AND deadline > %(open_at)s
            AND category = c.category AND id <> c.id
        ORDER BY launched_at DESC, id DESC LIMIT 300
    ) other CROSS JOIN LATERAL (
        SELECT count(*) AS common FROM (
            SELECT unnest(tsvector_to_array(other.search)) INTERSECT
            SELECT unnest(tsvector_to_array(c.search))
        ) w (word) WHERE length(word) > 3 OR word ~ '[^ -~]{2}'
    ) shared ORDER BY shared.common DESC, other.id DESC LIMIT %(similar)s
"""


def these(ids: Sequence[UUID]) -> list[Listed]:
    """Return the campaigns of these `ids`, in their order."""
    if not ids:
        return []
    params = {"ids": list(ids)}
    found = {each.id: each for each in _listed("c.id = ANY(%(ids)s)", "c.id", len(ids), params)}
    return [found[key] for key in ids if key in found]


def _listed(
    where: str, order: str, limit: int, params: dict[str, Any], *, trending: bool = False
) -> list[Listed]:
    """Return one page of campaigns; sponsors and covers are looked up for what stands on it."""
    score, source = ("tr.score", f"{_FROM} {_TRENDING}") if trending else ("0::float8", _FROM)
    sql = f"""
        WITH page AS MATERIALIZED (
            SELECT {_COLUMNS}, {score} AS score {source}
            WHERE {where} ORDER BY {order} LIMIT {limit}
        ), record AS (
            SELECT sponsor_id, count(*) AS launched,
                count(*) FILTER (WHERE state IN ('funded', 'paid_out')) AS funded
            FROM campaign WHERE launched_at IS NOT NULL
                AND sponsor_id IN (SELECT sponsor_id FROM page) GROUP BY sponsor_id
        )
        SELECT {_of_page(_COLUMNS)}, c.score::text AS score, p.name AS sponsor,
            coalesce(r.launched, 0) AS sponsor_launched, coalesce(r.funded, 0) AS sponsor_funded,
            i.focus_x AS cover_focus_x, i.focus_y AS cover_focus_y, i.width AS cover_width,
            i.key_small AS cover_small, i.key_medium AS cover_medium, i.key_large AS cover_large
        FROM page c JOIN picture i ON i.id = c.cover_id LEFT JOIN person p ON p.id = c.sponsor_id
        LEFT JOIN record r ON r.sponsor_id = c.sponsor_id ORDER BY {_of_page(order)}
    """  # noqa: S608 - clauses of our own; what was typed is a parameter
    return rows(sql, params, into=Listed)


def _of_page(columns: str) -> str:
    """Return what names columns of campaign and total as columns of the page, which has both."""
    return columns.replace("tr.", "c.").replace("t.", "c.")


def counts_by_category() -> dict[str, int]:
    """Return how many campaigns are live in each category that has any."""
    sql = """
        SELECT category, count(*) AS n FROM campaign
        WHERE state = 'live' AND suspended_at IS NULL GROUP BY category
    """
    return {found.category: found.n for found in rows(sql, into=_Count)}


@dataclass(frozen=True, slots=True)
class _Count:
    category: str
    n: int


def _where(wanted: Wanted, query: str | None, now: datetime) -> tuple[str, dict[str, Any]]:
    clauses, facts = _states(wanted)
    for name in _NAMED:
        if asked := getattr(wanted, name):
            clauses.append(f"c.{name} = %({name})s")
            facts[name] = asked
    if wanted.ends:
        clauses.append("c.deadline BETWEEN %(now)s AND %(ends_by)s")
        facts |= {"now": now, "ends_by": wanted.ends_by(now)}
    if wanted.pays:
        clauses.append(_INSPECTED)
    if query is not None:
        # A constant and no parameter: of that the planner knows how many texts hold it.
        constant = query.replace("'", "''").replace("%", "%%")
        clauses.append(f"c.search @@ '{constant}'::tsquery")
    return " AND ".join(clauses), facts


def _query(words: str) -> str:
    asked = terms(words)
    parts = [lexeme for lexeme, _start in asked], [start for _lexeme, start in asked]
    return str(scalar("SELECT campaign_query(%s::text[], %s::boolean[])::text", parts))


def _found_facts(wanted: Wanted, query: str | None, now: datetime) -> dict[str, Any]:
    """Return what `campaign_found` is asked with; what does not matter is None."""
    return {
        "query": query,
        "states": None if wanted.state == "all" else list(FILTERS[wanted.state]),
        **{name: getattr(wanted, name) or None for name in _NAMED},
        "now": now,
        "ends_by": wanted.ends_by(now),
        "inspected": bool(wanted.pays),
        "most": _FEW + 1,
    }


_FEW: Final = 2_000
# Said of both tables: the planner does not conclude the one from the other, and reads all totals.
_THESE: Final = "c.id = ANY(%(found)s) AND t.campaign_id = ANY(%(found)s)"
_FOUND: Final = """
    SELECT campaign_found(%(query)s::tsquery, %(states)s::text[], %(category)s, %(currency)s,
        %(model)s, %(language)s, %(now)s, %(ends_by)s, %(inspected)s, %(most)s)
"""
_INSPECTED: Final = """
    EXISTS (SELECT FROM release_part r WHERE r.campaign_id = c.id AND r.kind = 'inspection')
"""


def _states(wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    """One state is asked for as itself: then an index keeps the order of the list."""
    states = FILTERS[wanted.state]
    if wanted.state == "open":
        return ["c.state = 'live'", "c.suspended_at IS NULL"], {}
    return ["c.launched_at IS NOT NULL", "c.state = ANY(%(states)s)"], {"states": list(states)}


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


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "bigint": int,
    "double precision": float,
    "timestamptz": datetime.fromisoformat,
}


def _read_key(text: str, sort: _Sort) -> tuple[Any, UUID] | None:
    value, mark, number = text.partition("~")
    if not mark:
        return None
    try:
        read = _READERS[sort.cast](value)
        known = UUID(number)
    except ValueError:
        return None
    return None if sort.cast == "bigint" and abs(read) >= _BIGINT_END else (read, known)


def _one_of(text: str, allowed: tuple[str, ...], fallback: str) -> str:
    return text if text in allowed else fallback
