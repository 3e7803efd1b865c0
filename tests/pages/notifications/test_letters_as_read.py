"""A letter as its reader finds it: paragraphs, quotations, the reason at its foot."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.identity.queries import PersonRow
from marketplace.infra.database import db
from marketplace.infra.mail import MailMessage
from marketplace.notifications import letters
from tests.builders.identity import a_person


@pytest.fixture
def bo(app: Flask) -> PersonRow:
    return a_person("Backer Bo")


def sent(person: PersonRow, letter: str, **facts: object) -> MailMessage:
    """Send a letter; return it as it lies in the mailbox."""
    letters.send(person.id, letter, "one", action="/projects", label="Look", **facts)
    found: MailMessage = db.session.query(MailMessage).filter_by(person_id=person.id).one()
    return found


def test_paragraphs_stay_apart_in_both_parts_whatever_decides_what_they_say(bo: PersonRow) -> None:
    mail = sent(
        bo, "pledge_charged_back_sponsor", title="A lamp", amount="EUR 5", was_released=True
    )

    plain = [" ".join(part.split()) for part in mail.body_text.split("\n\n")]
    for last in ("You need not send that reward.", "Should it change its mind, you are told."):
        assert f"{last}</p>" in (mail.body_html or "")
        assert any(part.endswith(last) for part in plain)


def test_a_sentence_that_has_nothing_to_say_leaves_no_empty_paragraph(bo: PersonRow) -> None:
    mail = sent(
        bo,
        "delivery_decided",
        title="A lamp",
        back=None,
        released=None,
        reason="The picture shows it.",
        by_clock=False,
    )

    assert "<p></p>" not in (mail.body_html or "")
    assert "The reason: The picture shows it." in mail.body_text


def test_a_quotation_that_is_cut_is_cut_between_words_and_says_so() -> None:
    long = "lamp " * 200

    assert letters.excerpt("Hot.") == "Hot."
    assert letters.excerpt(long) == "lamp " * 118 + "lamp …"


@pytest.mark.parametrize(
    ("letter", "why"),
    [
        ("pledge_cancelled", "it is about your own money"),
        ("dispute_won", "it is part of your work here"),
        ("place_lapsed", "you stand in line"),
        ("launch_told", "you asked to be told"),
        ("update_posted", "you back the project"),
        ("comment_hidden", "it is about something you wrote here"),
        ("loan_question_answered", "you asked a question"),
        ("steps_moved", "you back the project, and what you were promised"),
        ("team_removed", "you were on the team"),
    ],
)
def test_the_foot_says_why_it_came_and_how_it_ends(bo: PersonRow, letter: str, why: str) -> None:
    facts = dict.fromkeys(("title", "amount", "reference", "reward", "until", "deadline"), "x")

    mail = sent(bo, letter, **facts, headline="Hot", excerpt="Hot.")

    foot = " ".join(mail.body_text.split())
    assert f"You get this letter because {why}" in foot
    stays, ends = "cannot be switched off", "No more of these letters"
    assert (ends in foot) == (mail.unsubscribe is not None)
    if "money" in why or "work" in why:
        assert stays in foot
