"""How the bank says no: a status, a code in the field's words, a sentence."""

from __future__ import annotations


class Denied(Exception):
    """An answer other than 2xx. Nothing has happened and nothing is remembered under the key."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)  # all three, so that it survives pickling
        self.status = status
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


def missing(what: str, ref: str) -> Denied:
    """Return the 404 for an object the bank does not know."""
    return Denied(404, "not_found", f"There is no {what} {ref}.")
