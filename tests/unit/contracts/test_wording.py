"""Contract texts: read, filled in whole or not at all, and the same digest for the same words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketplace.contracts.masking import masked
from marketplace.contracts.wording import Template, fill, read, terms_hash
from marketplace.infra.pdf import Facts, Heading, Paragraph

TEXT = """\
code: note
version: 2
language: en
title: A note
page: {number} of {pages}
---
# Amount of {who}

{who} owes
{amount}.

[[parties]]
"""


def a_template() -> Template:
    return read(TEXT)


def test_a_template_is_read_with_its_head_places_and_tables() -> None:
    found = a_template()

    assert (found.code, found.version, found.language) == ("note", 2, "en")
    assert found.places == {"who", "amount"}
    assert found.tables == {"parties"}


def test_a_head_that_lacks_something_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="language"):
        read(TEXT.replace("language: en\n", ""))


def test_it_is_filled_into_headings_paragraphs_and_tables() -> None:
    table = Facts([("Borrower", "Bea")])

    blocks = fill(a_template(), {"who": "Bea", "amount": "EUR 1.00"}, {"parties": [table]})

    assert blocks == [Heading("Amount of Bea"), Paragraph("Bea owes EUR 1.00."), table]


def test_what_is_missing_is_named_and_nothing_is_filled() -> None:
    with pytest.raises(ValueError, match="amount, parties"):
        fill(a_template(), {"who": "Bea"}, {})


def test_a_value_that_looks_like_a_place_stays_what_was_typed() -> None:
    blocks = fill(a_template(), {"who": "{amount}", "amount": "1"}, {"parties": []})

    assert blocks[0] == Heading("Amount of {amount}")


def test_equal_terms_have_one_digest_and_any_other_word_another() -> None:
    values = {"who": "Bea", "amount": "1"}

    assert terms_hash(a_template(), values) == terms_hash(
        a_template(), dict(reversed(values.items()))
    )
    assert terms_hash(a_template(), values) != terms_hash(a_template(), values | {"amount": "2"})
    other = replace(a_template(), body=a_template().body + "\nAnd more.\n")
    assert terms_hash(a_template(), values) != terms_hash(other, values)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bea Borrower", "B. B."),
        ("ada", "A."),
        ("陳大文", "陳."),
        ("  ", "–"),
        ("Jean-Luc P", "J. P."),
    ],
)
def test_a_masked_name_shows_first_letters_only(name: str, shown: str) -> None:
    assert masked(name) == shown
