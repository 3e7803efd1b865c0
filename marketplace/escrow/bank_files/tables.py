"""Reads a statement that a bank gives as a table: comma or semicolon, one row for each booking.

    account;ref;booked_on;amount;currency;name;iban;remittance;end_to_end_id;returned

The first row names the columns, in any order; `account`, `ref`, `booked_on`, `amount` and
`currency` are needed. Amounts are written with a point or a comma before the decimals and no sign
between thousands; what went out has a minus.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Final

from marketplace.escrow.bank_files.lines import BankStatement, Line, day, exact
from marketplace.kernel.errors import Refusal

NEEDED: Final = ("account", "ref", "booked_on", "amount", "currency")


def read(text: str) -> list[BankStatement]:
    """Return the file's statements, one for each account; refused if it is no such table."""
    head = text.split("\n", 1)[0]
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ","))
    names = {str(name).strip().lower() for name in (rows[0] if rows else ())}
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise Refusal("statement_unreadable", detail=f"no column {missing[0]!r}")
    by_account: dict[tuple[str, str], list[Line]] = {}
    for row in rows:
        plain = {str(name).strip().lower(): (cell or "").strip() for name, cell in row.items()}
        key = plain["account"].replace(" ", ""), plain["currency"]
        by_account.setdefault(key, []).append(_line(plain))
    return [
        BankStatement(account, lines[0].ref, currency, tuple(lines))
        for (account, currency), lines in by_account.items()
    ]


def _line(row: Mapping[str, str]) -> Line:
    if not row["ref"]:
        raise Refusal("statement_unreadable", detail="a row without a ref")
    return Line(
        ref=row["ref"],
        booked_on=day(row["booked_on"]),
        amount=exact(row["amount"].replace(",", "."), row["currency"]),
        name=row.get("name", ""),
        iban=row.get("iban", "").replace(" ", ""),
        remittance=row.get("remittance", ""),
        end_to_end_id=row.get("end_to_end_id", ""),
        returned=row.get("returned", ""),
    )
