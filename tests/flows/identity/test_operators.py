"""What operators type about people."""

from __future__ import annotations

from flask import Flask

from marketplace.identity import queries
from tests.builders.identity import a_person


def run(app: Flask, *arguments: str, typed: str = "") -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["users", *arguments], input=typed)
    return result.exit_code, result.output


def test_the_first_administrator_is_made_from_standard_input(app: Flask) -> None:
    code, said = run(
        app,
        "create",
        "root@example.org",
        "--name",
        "Root",
        "--role",
        "admin",
        "--password-stdin",
        typed="violet anchors drift\n",
    )

    assert (code, said) == (0, "root@example.org can sign in now, as admin.\n")
    assert [one.email for one in queries.staff("admin")] == ["root@example.org"]


def test_bad_input_is_one_sentence_and_no_person(app: Flask) -> None:
    code, said = run(
        app, "create", "root@example.org", "--name", "Root", "--password-stdin", typed="short\n"
    )

    assert code == 1
    assert said.startswith("Error: Use 12 characters or more.")
    assert queries.by_email("root@example.org") is None


def test_people_are_listed_invited_shown_and_signed_out(app: Flask) -> None:
    person = a_person("Ada Lovelace", email="ada@example.org")

    assert run(app, "list", "--search", "ADA") == (0, "ada@example.org\tAda Lovelace\tmember\n")
    assert run(app, "invite", person.email, "moderator")[0] == 0
    assert run(app, "roles", person.email)[1] == (
        "ada@example.org: backer, borrower, lender, sponsor\n"
    )
    assert run(app, "roles", person.email, "--revoke")[0] == 1
    assert run(app, "end-sessions", person.email)[1] == "0 sessions of ada@example.org are ended.\n"
    assert run(app, "end-sessions", "nobody@example.org") == (
        1,
        "Error: Nobody here has the address nobody@example.org.\n",
    )
    assert run(app, "invite", person.email, "emperor")[0] == 2
    assert run(app, "list", "--limit", str(10**20))[0] == 2
