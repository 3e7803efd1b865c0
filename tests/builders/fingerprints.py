"""A database in a few lines: exactly as it is, or without what differs between two equal runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Ask = Callable[[str], list[Any]]

_TABLES = """
    SELECT c.oid::regclass::text, array_agg(a.attname::text) FILTER (WHERE
        a.atttypid IN ('uuid'::regtype, 'timestamptz'::regtype, 'bytea'::regtype)
        OR a.attname ~ '(^id$|account|operation|cause|hash|_id$|^key$|body|args|lock|subject_type)'
    )
    FROM pg_class c
    JOIN pg_namespace s ON s.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND s.nspname = 'public' AND NOT c.relispartition
        AND has_table_privilege(c.oid, 'SELECT')
    GROUP BY c.oid ORDER BY 1
"""


def fingerprint(ask: Ask) -> dict[str, str]:
    """Every row of every table, digested."""
    return {name: _digest(ask, name, []) for name, _ in ask(_TABLES)}


def outline(ask: Ask, blurred: str = "") -> dict[str, str]:
    """What happened, without ids and times of day: equal for two runs that did the same.

    `blurred` is a pattern of what differs inside texts all the same.
    """
    return {name: _digest(ask, name, left_out or [], blurred) for name, left_out in ask(_TABLES)}


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables that are not the same."""
    return [
        f"{name}: {before[name]} -> {after[name]}" for name in before if before[name] != after[name]
    ]


def _digest(ask: Ask, name: str, left_out: list[str], blurred: str = "") -> str:
    names = ", ".join(f"'{column}'" for column in left_out)
    text = f"(to_jsonb(t) - ARRAY[{names}]::text[])::text"
    if blurred:
        text = f"regexp_replace({text}, '{blurred}', '~', 'g')"
    rows = f"SELECT {text} AS x FROM {name} t"
    found = ask(
        f"SELECT count(*), coalesce(md5(string_agg(x, '|' ORDER BY x)), '') FROM ({rows}) s"
    )
    return f"{found[0][0]} rows {found[0][1]}"
