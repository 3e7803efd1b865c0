"""Names, addresses, delays and roles, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.identity.rules import people, roles, throttle
from marketplace.kernel.errors import Refusal

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "name_missing"),
        ("  \t ", "name_missing"),
        ("x" * 81, "name_too_long"),
        ("Ada\u202eecalevoL", "name_unprintable"),
        ("Ada\x00", "name_unprintable"),
        ("win at https://evil.example", "name_is_link"),
        ("www.evil.example", "name_is_link"),
    ],
)
def test_a_name_is_text_that_can_be_read(typed: str, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        people.clean_name(typed)


def test_a_name_is_kept_as_typed_but_for_spaces() -> None:
    assert people.clean_name("  Ада \n Лавлейс ") == "Ада Лавлейс"
    assert people.clean_name("O'Brien-Ōe 大江") == "O'Brien-Ōe 大江"


@pytest.mark.parametrize(
    "typed",
    [
        "ada",
        "ada@",
        "@example.org",
        "a b@example.org",
        "Ada <ada@example.org>",
        "ada@example.org\r\nBcc: all@example.org",
        "ada@localhost",
        "ada@[127.0.0.1]",
        "a@" + "x" * 300 + ".org",
        "ada@@example.org",
        '"a"@example.org',
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Refusal, match="email_unreadable"):
        people.clean_email(typed)


def test_an_address_is_kept_with_its_domain_in_lower_case() -> None:
    assert people.clean_email(" Ada.L+k@Example.ORG ") == "Ada.L+k@example.org"


def test_five_failures_are_free_and_each_further_one_doubles_the_wait() -> None:
    def wait(count: int) -> timedelta | None:
        opens = throttle.open_again([AT] * count, throttle.ONE_ADDRESS)
        return opens - AT if opens else None

    assert [wait(count) for count in (0, 4)] == [None, None]
    assert wait(5) == timedelta(seconds=30)
    assert wait(6) == timedelta(minutes=1)
    assert wait(12) == wait(100) == timedelta(minutes=64)


@pytest.mark.parametrize(
    ("role", "held", "code"),
    [
        ("emperor", None, "role_unknown"),
        ("lender", None, "role_unknown"),  # everyone holds it; nobody is given it
        ("second_reviewer", "first_reviewer", "role_second"),
        ("admin", "finance_officer", "role_second"),
        ("moderator", "moderator", "role_held"),
    ],
)
def test_one_person_holds_one_staff_role(role: str, held: str | None, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        roles.check_grant(role, held)


def test_everyone_holds_the_member_roles_and_staff_one_more() -> None:
    assert roles.of(None) == {"sponsor", "backer", "borrower", "lender"}
    assert roles.of("admin") - roles.of(None) == {"admin"}
