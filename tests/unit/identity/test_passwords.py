"""What is accepted as a password, and what the database keeps of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest

from marketplace.identity.rules import hashing, passwords
from marketplace.kernel.errors import Refusal

CONTEXT = ["Kindling", "ada.lovelace@analytic.example", "Ada Lovelace"]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_missing"),
        ("short", "password_too_short"),
        ("elevenchars", "password_too_short"),
        ("x7" * 65, "password_too_long"),
        ("Password123!", "password_common"),
        ("P@ssw0rd1234", "password_common"),
        ("W3lc0me!2024!!", "password_common"),
        ("123456789012", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("            ", "password_common"),
        ("qwertyuiop12", "password_common"),
        ("1q2w3e4r5t6y7u", "password_common"),
        ("iloveyouiloveyou", "password_common"),
        ("correcthorsebatterystaple", "password_common"),
        ("crowdfund2026", "password_context"),
        ("kindling-kindling", "password_context"),
        ("adalovelace1815", "password_context"),
        ("Ada.Lovelace!!", "password_context"),
        ("analytic-analytic", "password_context"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        passwords.check(password, context=CONTEXT)

    assert (refused.value.code, refused.value.field) == (code, "password")


@pytest.mark.parametrize(
    "password",
    [
        "violet anchors drift south",
        "sunshine dragon monkey",  # three words are not one
        "kindling the fire with dry moss",  # the site's name among others of one's own
        "我们今天去山上看日出然后回家喝茶",
        "tr0ub4dor&3xyz",
        "z" * 4 + "qzxjvkwpy" + "é" * 115,
    ],
)
def test_long_and_own_is_enough_whatever_the_characters(password: str) -> None:
    passwords.check(password, context=CONTEXT)


def test_length_is_counted_in_characters_not_in_how_they_were_typed() -> None:
    decomposed = unicodedata.normalize("NFD", "éàüöñçåîõøæß")

    assert len(decomposed) > 12
    passwords.check(decomposed)


def test_a_megabyte_is_refused_before_any_work() -> None:
    with pytest.raises(Refusal, match="password_too_long"):
        passwords.check("龍" * 1_000_000)


@pytest.fixture
def real_costs() -> Iterator[None]:
    hashing.use_parameters()
    yield
    hashing.use_parameters(memory_kib=8, passes=1)


def test_the_hash_is_argon2id_with_nineteen_mebibytes_and_two_passes(real_costs: None) -> None:
    assert hashing.hashed("violet anchors drift").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_nothing_is_cut_off_the_end() -> None:
    long = "x7 " * 42
    stored = hashing.hashed(long)

    assert hashing.matches(long, stored)
    assert not hashing.matches(long[:72] + "!" + long[73:], stored)
    assert not hashing.matches(long[:-1] + "!", stored)


def test_the_same_text_in_another_unicode_form_is_the_same_password() -> None:
    stored = hashing.hashed(unicodedata.normalize("NFC", "café crème brûlée"))

    assert hashing.matches(unicodedata.normalize("NFD", "café crème brûlée"), stored)


def test_nobody_matches_nothing() -> None:
    assert not hashing.matches("the password of nobody at all", None)
    assert not hashing.matches("whatever it is", "no hash at all")
