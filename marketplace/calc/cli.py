"""`flask calc KIND`: a JSON array of cases on stdin, a JSON array of answers on stdout.

A bad case is answered by {"error": "..."} in its place and makes the exit status 1; the others
are still answered. Input that is no JSON array: one sentence on stderr and exit status 2.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Final, NoReturn

import click

from marketplace.calc.cases import KINDS, Answer
from marketplace.calc.reading import BadCase, Case, parse

INPUT_MAX_BYTES: Final = 64 * 1024 * 1024


@click.command("calc")
@click.argument("kind", type=click.Choice(list(KINDS)))
def calc(kind: str) -> None:
    """Answer the cases of KIND on stdin with the functions the product itself uses."""
    try:
        cases = parse(_stdin())
    except BadCase as trouble:
        _stop(str(trouble))
    answers = [answered(KINDS[kind], case) for case in cases]
    click.echo(_as_json(answers))
    if any("error" in found for found in answers):
        sys.exit(1)


def answered(calculate: Callable[[Case], Answer], case: object) -> Answer:
    """Return what `calculate` makes of one case, or why it cannot."""
    try:
        return calculate(Case(case))
    except (ValueError, ArithmeticError) as trouble:
        return {"error": str(trouble) or type(trouble).__name__}


def _stdin() -> str:
    raw = sys.stdin.buffer.read(INPUT_MAX_BYTES + 1)
    if len(raw) > INPUT_MAX_BYTES:
        raise BadCase(f"The input is longer than {INPUT_MAX_BYTES} bytes: send it in parts.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadCase("The input is not JSON: it is not UTF-8 text.") from None


def _as_json(answers: list[Answer]) -> str:
    """One answer a line: readable, and one jq or diff away from any other."""
    lines = ",\n ".join(json.dumps(found, ensure_ascii=False) for found in answers)
    return f"[{lines}]"


def _stop(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(2)
