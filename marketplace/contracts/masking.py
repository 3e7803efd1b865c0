"""Names before they are told: their first letters."""

from __future__ import annotations


def masked(name: str) -> str:
    """Return `B. B.` for Bea Borrower: enough to tell two apart, too little to find anybody."""
    return " ".join(f"{part[0].upper()}." for part in name.split()) or "–"
