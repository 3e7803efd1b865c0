"""A campaign with many backers for the bench, every pledge paid or its card saved.

Made in sets by the owner; money is posted by the ledger's own functions, so that `ledger check`
holds here too. Two of three backers have chosen a reward, and of those a part is held back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import psycopg

from bench.lending import stage_and_post
from marketplace.infra.commands import command
from marketplace.infra.database import scalar
from marketplace.kernel import clock
from marketplace.ledger import services as ledger

PROVIDER: Final = "simulator"
PLEDGE: Final = 2_501  # in minor units: no part of it is a round one

_PERSONS: Final = """
    INSERT INTO person (id, email, name, password_hash, created_at, confirmed_at)
    SELECT bench_id(%(family)s + 1, n), %(family)s || '.' || n || '@bench.example', 'Person ' || n,
        '$argon2id$none', %(now)s, %(now)s
    FROM generate_series(0, %(pledges)s) AS n
"""
_PICTURE: Final = """
    INSERT INTO picture (id, owner_id, alt, focus_x, focus_y, width, height, key_small, key_medium,
        key_large, created_at)
    SELECT bench_id(%(family)s + 7, 1), bench_id(%(family)s + 1, 0), 'A lamp', 50, 50, 480, 320,
        'a', 'b', 'c', %(now)s
"""
_CAMPAIGN: Final = """
    INSERT INTO campaign (id, sponsor_id, form_key, state, title, tagline, category, story_html,
        risks, currency, goal_minor, deadline, cover_id, fee_bps, collection, created_at,
        changed_at, submitted_at, launched_at)
    VALUES (bench_id(%(family)s + 2, 1), bench_id(%(family)s + 1, 0), 'bench', 'live', 'A lamp',
        'For the bench.', 'design', '<p>For the bench.</p>', 'None.', 'EUR', %(goal)s,
        %(deadline)s, bench_id(%(family)s + 7, 1), 500, %(collection)s, %(now)s, %(now)s, %(now)s,
        %(now)s)
"""
_TOTAL: Final = """
    INSERT INTO campaign_total (campaign_id, currency, goal_minor)
    VALUES (bench_id(%(family)s + 2, 1), 'EUR', %(goal)s)
"""
_REWARD: Final = """
    INSERT INTO reward (id, campaign_id, form_key, title, description, price_minor, currency,
        quantity, taken, delivery)
    VALUES (bench_id(%(family)s + 3, 1), bench_id(%(family)s + 2, 1), 'bench', 'One lamp', '',
        2000, 'EUR', %(pledges)s, %(taken)s, '2027-03-01')
"""
_PARTS: Final = """
    INSERT INTO release_part (id, campaign_id, position, kind, share_bps)
    SELECT bench_id(%(family)s + 4, part.position), bench_id(%(family)s + 2, 1), part.position,
        part.kind, part.share
    FROM (VALUES (1, 'first', 7000), (2, 'inspection', 3000)) AS part (position, kind, share)
"""
_PLEDGES: Final = """
    INSERT INTO pledge (id, campaign_id, backer_id, form_key, state, amount_minor, currency,
        reward_id, reward_title, reward_price_minor, reward_delivery, anonymous, placed_at,
        expires_at)
    SELECT bench_id(%(family)s + 5, n), bench_id(%(family)s + 2, 1), bench_id(%(family)s + 1, n),
        n::text, 'awaiting_payment', %(amount)s, 'EUR', r.id, r.title, r.price_minor, r.delivery,
        false, %(now)s, %(deadline)s
    FROM generate_series(1, %(pledges)s) AS n
    LEFT JOIN reward r ON r.id = bench_id(%(family)s + 3, 1) AND n %% 3 > 0
"""
_LINES: Final = """
    INSERT INTO pledge_line (pledge_id, position, campaign_id, kind, reward_id, title, unit_minor,
        currency)
    SELECT p.id, line.position, p.campaign_id, line.kind, line.reward_id, line.title, line.minor,
        'EUR'
    FROM pledge p, LATERAL (VALUES
        (1, 'reward', p.reward_id, coalesce(p.reward_title, ''), p.reward_price_minor),
        (2, 'bonus', NULL, '', p.amount_minor - coalesce(p.reward_price_minor, 0))
    ) AS line (position, kind, reward_id, title, minor)
    WHERE p.campaign_id = bench_id(%(family)s + 2, 1) AND line.minor > 0
"""
# What the provider has answered: paid pages, saved cards, charges of those.
_ANSWERED: Final = """
    INSERT INTO escrow_instruction (id, kind, purpose, subject_id, sequence, person_id, provider,
        amount_minor, currency, state, account_id, cause, description, provider_ref, payment_ref,
        created_at, sent_at, finished_at, leave_by)
    SELECT bench_id(%(family)s + %(answer)s, n), %(kind)s, 'pledge', bench_id(%(family)s + 5, n), 1,
        bench_id(%(family)s + 1, n), %(provider)s, %(amount)s, 'EUR', 'succeeded', %(account)s,
        'pledge:' || bench_id(%(family)s + 5, n), 'A lamp', %(kind)s || %(family)s || '_' || n,
        'pay' || %(family)s || '_' || n, %(now)s, %(now)s, %(now)s, %(leave_by)s
    FROM generate_series(1, %(pledges)s) AS n
"""
_HELD: Final = """
    UPDATE pledge SET state = 'held', held_at = %(now)s,
        checkout_id = bench_id(%(family)s + 6, substring(form_key, '[0-9]+')::bigint)
    WHERE campaign_id = bench_id(%(family)s + 2, 1) AND state = 'awaiting_payment'
"""
_PROMISED: Final = """
    UPDATE pledge SET state = 'promised', promised_at = %(now)s,
        setup_id = bench_id(%(family)s + 6, form_key::bigint)
    WHERE campaign_id = bench_id(%(family)s + 2, 1) AND state = 'awaiting_payment'
"""
_CHARGED: Final = """
    UPDATE escrow_instruction SET state = 'succeeded', finished_at = %(now)s,
        leave_by = %(leave_by)s, provider_ref = 'charge' || id, payment_ref = 'paid' || id
    WHERE kind = 'charge' AND account_id = %(account)s AND state = 'planned'
"""
_COLLECTED: Final = """
    UPDATE pledge SET state = 'held', held_at = %(now)s, checkout_id = charge_id
    WHERE campaign_id = bench_id(%(family)s + 2, 1) AND state = 'charging'
"""
_PAID_IN: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'escrow.charged:' || id, %(pending)s, %(account)s, 'EUR', amount_minor, 'charge', cause
    FROM escrow_instruction
    WHERE account_id = %(account)s AND kind IN ('checkout', 'charge') AND state = 'succeeded'
"""


@dataclass(frozen=True, slots=True)
class Backing:
    """One campaign of `pledges`; worlds of different `family` live together."""

    family: int
    pledges: int
    collection: str = "now"
    reached: bool = True

    def facts(self, **more: object) -> dict[str, object]:
        """Return what the statements are told."""
        whole = self.pledges * PLEDGE
        now = clock.now() - timedelta(days=1)  # everything has come to pass, but the deadline
        return {
            "family": self.family,
            "pledges": self.pledges,
            "collection": self.collection,
            "goal": whole if self.reached else whole + 1,
            "amount": PLEDGE,
            "provider": PROVIDER,
            "now": now,
            "deadline": clock.now(),
            "taken": self.pledges - self.pledges // 3,
            "leave_by": (now + timedelta(days=83)).date(),
            **more,
        }


def open_campaign(connection: psycopg.Connection[Any], backing: Backing) -> UUID:
    """Let a campaign take pledges, beside as many people as it is to have; return its id."""
    later = {"deadline": clock.now() + timedelta(days=20), "taken": 0}
    return _lay_down(connection, backing.facts(**later))


def _lay_down(connection: psycopg.Connection[Any], facts: dict[str, object]) -> UUID:
    for sql in (_PERSONS, _PICTURE, _CAMPAIGN, _TOTAL, _REWARD, _PARTS):
        connection.execute(sql.encode(), facts)
    found = connection.execute("SELECT bench_id(%(family)s + 2, 1)", facts).fetchall()
    campaign_id: UUID = found[0][0]
    return campaign_id


def settle_in(connection: psycopg.Connection[Any], backing: Backing) -> UUID:
    """Bring a campaign to the eve of its deadline; return its id."""
    facts = backing.facts()
    campaign_id = _lay_down(connection, facts)
    with connection.transaction():
        connection.execute(_PLEDGES.encode(), facts)
        connection.execute(_LINES.encode(), facts)
    account = _account(campaign_id)
    if backing.collection == "now":
        answered = facts | {"kind": "checkout", "answer": 6, "account": account}
        connection.execute(_ANSWERED.encode(), answered)
        connection.execute(_HELD.encode(), facts)
        _pay_in(account)
    else:
        saved = facts | {"kind": "setup", "answer": 6, "account": account, "leave_by": None}
        connection.execute(_ANSWERED.encode(), saved)
        connection.execute(_PROMISED.encode(), facts)
    connection.execute("VACUUM ANALYZE")
    return campaign_id


def collect(connection: psycopg.Connection[Any], backing: Backing, campaign_id: UUID) -> None:
    """Let the provider charge every saved card; the news has arrived."""
    account = _account(campaign_id)
    facts = backing.facts(account=account)
    connection.execute(_CHARGED.encode(), facts)
    connection.execute(_COLLECTED.encode(), facts)
    _pay_in(account)
    connection.execute("VACUUM ANALYZE")


@command
def _account(campaign_id: UUID) -> int:
    return ledger.account("escrow:campaign", "EUR", campaign_id)


@command
def _pending() -> int:
    return ledger.account(f"provider:{PROVIDER}:pending", "EUR")


def _pay_in(account: int) -> None:
    stage_and_post(_PAID_IN, {"account": account, "pending": _pending()}, clock.now())


def state(campaign_id: UUID) -> str:
    """Return where a campaign stands."""
    return str(scalar("SELECT state FROM campaign WHERE id = %s", (campaign_id,)))
