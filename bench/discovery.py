"""A hundred thousand campaigns: every way to find some of them, asked of the database itself.

Each question is what the list page asks, count included, without the page around it. Of sixty
askings the ninety-fifth percentile decides; it is to be at most fifty milliseconds. Beside it
stands what a core needed in the database: that does not depend on who else is at work here.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psycopg

from bench.figures import Figure
from bench.lending import lay_foundations
from bench.place import Place, site
from bench.scales import Scale
from marketplace.campaigns.queries import listing
from marketplace.campaigns.queries.listing import Wanted
from marketplace.campaigns.queries.told import told
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock

CAMPAIGNS: Final = 100_000
TIMES: Final = 60
WORDS: Final = 120
AT_MOST_MILLIS: Final = 50.0

_PERSONS: Final = """
    INSERT INTO person (id, email, name, password_hash, created_at, confirmed_at)
    SELECT bench_id(1, n), n || '@bench.example', 'Person ' || n, '$argon2id$none',
        '2026-01-01', '2026-01-01'
    FROM generate_series(0, %(campaigns)s / 20) AS n
"""
_PICTURE: Final = """
    INSERT INTO picture (id, owner_id, alt, focus_x, focus_y, width, height, key_small, key_medium,
        key_large, created_at)
    SELECT bench_id(2, 1), bench_id(1, 0), 'A lamp', 50, 50, 480, 320, 'a', 'b', 'c', %(now)s
"""
# Words as in life: a few in every second text, many in few, in English and in Chinese.
_CAMPAIGNS: Final = """
    INSERT INTO campaign (id, sponsor_id, form_key, state, title, tagline, category, story_html,
        risks, currency, goal_minor, deadline, cover_id, fee_bps, created_at, changed_at,
        submitted_at, launched_at, closed_at, decided_at, ended_at, model, language, search)
    SELECT bench_id(3, n), bench_id(1, n / 20), n::text, made.state, 'Campaign ' || n,
        'For the bench.',
        (ARRAY['tech', 'film', 'design', 'music', 'publishing', 'food', 'games', 'community'])
            [1 + n %% 8],
        '<p>For the bench.</p>', 'None.', (ARRAY['EUR', 'USD', 'JPY'])[1 + n %% 3], 100000,
        CASE made.state
            WHEN 'live' THEN %(now)s + (1 + n::bigint * 104729 %% 80000) * interval '1 minute'
            ELSE %(now)s - (1 + n %% 500) * interval '1 day' END,
        bench_id(2, 1), 500, %(now)s - interval '600 days', %(now)s, %(now)s - interval '600 days',
        %(now)s - (n * 7919 %% 800000) * interval '1 minute' - interval '1 hour',
        CASE made.state WHEN 'live' THEN NULL ELSE %(now)s END,
        CASE made.state WHEN 'live' THEN NULL ELSE %(now)s END,
        CASE made.state WHEN 'refunded' THEN %(now)s END,
        CASE n %% 5 WHEN 0 THEN 'keep_what_you_raise' ELSE 'all_or_nothing' END,
        (ARRAY['zh-Hans', 'zh-Hant', 'de', 'en', 'en', 'en', 'en', 'en', 'en', 'en'])
            [1 + n / 8 %% 10],
        campaign_lexemes(ARRAY['bench', 'word' || n %% 2, 'term' || n %% 40, 'rare' || n %% 4000,
            'own' || n, 'lamp', '灯', '灯火',
            (ARRAY['kiln', 'boat', 'bread', 'chess'])[1 + n %% 4]] || story.words)
    FROM generate_series(1, %(campaigns)s) AS n,
        LATERAL (SELECT CASE WHEN n %% 10 < 4 THEN 'live' WHEN n %% 10 < 7 THEN 'unfunded'
            ELSE 'refunded' END AS state) AS made,
        LATERAL (SELECT array_agg('w' || (hashint8(n::bigint * 97 + k) & 4095)) AS words
            FROM generate_series(1, %(words)s) AS k) AS story
"""
# Two thirds hold a part back until backers have what they were promised.
_PARTS: Final = """
    INSERT INTO release_part (id, campaign_id, position, kind, share_bps)
    SELECT bench_id(4, n * 2 + part.position), bench_id(3, n), part.position, part.kind, part.share
    FROM generate_series(1, %(campaigns)s) AS n,
        (VALUES (1, 'first', 7000), (2, 'inspection', 3000)) AS part (position, kind, share)
    WHERE n %% 3 > 0
"""
_TOTALS: Final = """
    INSERT INTO campaign_total (campaign_id, currency, goal_minor, held_minor, raised_minor,
        backers)
    SELECT id, currency, goal_minor, raised.minor, raised.minor, 10
    FROM campaign, LATERAL (SELECT (hashtext(id::text) & 262143) AS minor) AS raised
"""
_TRENDS: Final = """
    INSERT INTO trend (campaign_id, score, at)
    SELECT id, (hashtext(id::text) & 4095) / 7.0, %(now)s FROM campaign WHERE state = 'live'
"""
QUESTIONS: Final[dict[str, dict[str, str]]] = {
    "open, ending soon": {},
    "open, newest": {"sort": "newest"},
    "open, most funded": {"sort": "funded"},
    "open, trending": {"sort": "trending"},
    "all, newest": {"state": "all"},
    "all, most funded": {"state": "all", "sort": "funded"},
    "a word in every text": {"q": "lamp"},
    "a word in every text, trending": {"q": "lamp", "sort": "trending"},
    "a sign in every text": {"q": "灯火"},
    "a word in every fourth text, all": {"q": "kiln", "state": "all"},
    "a rare word": {"q": "rare17"},
    "one own word, all": {"q": "own4711", "state": "all"},
    "two words of which one is rare": {"q": "lamp rare17"},
    "the start of many words": {"q": "rar"},
    "nothing found": {"q": "nowhere", "state": "all"},
    "category, currency, ends in a week": {"category": "film", "currency": "USD", "ends": "7"},
    "a word, category, model": {"q": "boat", "category": "film", "model": "keep_what_you_raise"},
    "pays after inspection": {"pays": "inspection"},
    "in the language of most, newest": {"language": "en", "sort": "newest"},
    "in a language of few, most funded": {"language": "de", "sort": "funded"},
    "in a language that nobody writes": {"language": "vi", "state": "all"},
    "a word, a language, a category": {"q": "lamp", "language": "zh-Hans", "category": "film"},
    "a language, inspected, trending": {
        "language": "en",
        "pays": "inspection",
        "sort": "trending",
    },
    "four filters, most funded": {
        "category": "film",
        "currency": "JPY",
        "model": "keep_what_you_raise",
        "sort": "funded",
        "state": "all",
    },
    "two frequent words that never meet": {"q": "kiln word1", "sort": "funded"},
    "a word that is never open, most funded": {"q": "term7", "sort": "funded"},
    "a word and a category, missed": {"q": "bread", "category": "film", "state": "unfunded"},
    "the first letter of many words": {"q": "k"},
    "ends tomorrow, trending": {"ends": "1", "sort": "trending"},
    "a word, a category, newest, inspected": {
        "q": "lamp",
        "category": "food",
        "sort": "newest",
        "pays": "inspection",
    },
}


def run(place: Place, scale: Scale) -> list[Figure]:
    """Lay the campaigns down, then ask."""
    count = CAMPAIGNS if scale.name != "smoke" else 500
    times = TIMES if scale.name != "smoke" else 2
    with site(place) as app, place.owner() as connection:
        _lay_down(connection, count)
        with app.app_context():
            one = scalar("SELECT bench_id(3, 10)")
            asked: dict[str, Callable[[], object]] = {
                name: functools.partial(listing.find, Wanted.read(args))
                for name, args in QUESTIONS.items()
            }
            asked["similar to one"] = lambda: listing.these(told(one, similar=3).similar)
            return [_figure(name, ask, times, count) for name, ask in asked.items()]


def _lay_down(connection: psycopg.Connection[Any], count: int) -> None:
    lay_foundations(connection)
    facts = {"campaigns": count, "words": WORDS, "now": clock.now()}
    connection.execute("SET session_replication_role = replica")
    for sql in (_PERSONS, _PICTURE, _CAMPAIGNS, _TOTALS, _TRENDS, _PARTS):
        connection.execute(sql.encode(), facts)
    connection.execute("SET session_replication_role = DEFAULT")
    connection.execute("VACUUM ANALYZE")


def _figure(name: str, ask: Callable[[], object], times: int, count: int) -> Figure:
    ask()
    before = _core_seconds()
    took = sorted(_millis(ask) for _ in range(times))
    core = (_core_seconds() - before) * 1000 / times
    p95 = took[min(len(took) - 1, int(len(took) * 0.95))]
    return Figure(
        name=f"{name}, {count:,} campaigns",
        unit="ms p95",
        ours=p95,
        yardstick="at most",
        theirs=AT_MOST_MILLIS,
        ratio=AT_MOST_MILLIS / max(p95, 0.001),
        floor=1.0,
        remark=f"median {statistics.median(took):.1f} ms, core {core:.1f} ms",
    )


def _core_seconds() -> float:
    """Return what cores have worked for the session's connection, in the server's process."""
    asked = Path(f"/proc/{scalar('SELECT pg_backend_pid()')}/schedstat")
    db.session.rollback()
    return int(asked.read_text().split()[0]) / 1e9


def _millis(ask: Callable[[], object]) -> float:
    before = clock.monotonic()
    ask()
    db.session.rollback()
    return (clock.monotonic() - before) * 1000
