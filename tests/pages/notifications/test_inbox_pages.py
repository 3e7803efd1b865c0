"""The inbox, the choice of what to hear of, and letters that end with one click."""

from __future__ import annotations

from email import message_from_bytes
from pathlib import Path

import pytest
from flask import Flask

from marketplace.identity.queries import PersonRow
from marketplace.infra import jobs
from marketplace.infra.database import db
from marketplace.infra.mail import MailMessage
from marketplace.notifications import letters, topics
from marketplace.notifications.topics import Channel, Topic
from tests.builders.identity import a_person, signed_in
from tests.page_client import PageClient, alone, local


def write(person: PersonRow, letter: str, key: str) -> None:
    letters.send(
        person.id,
        letter,
        key,
        action="/projects",
        label="Look",
        title="A lamp",
        author="Ann",
        headline="Hot",
        excerpt=f"Words of {key}.",
        amount="EUR 5",
        reference="pl_1",
    )


@pytest.fixture
def bo(app: Flask) -> PersonRow:
    return a_person("Backer Bo")


def mails(person: PersonRow) -> list[MailMessage]:
    found = db.session.query(MailMessage).filter_by(person_id=person.id).all()
    db.session.rollback()
    return found


def test_what_is_written_by_mail_is_in_the_inbox_until_it_is_read(
    app: Flask, bo: PersonRow
) -> None:
    reader = signed_in(PageClient(app), bo)
    assert "Nothing was written to you yet" in reader.get("/my/inbox").text
    for _ in range(2):
        write(bo, "comment_reply", "one")

    page = reader.get("/my/inbox")
    assert "1 message is unread" in page.text
    assert page.text.count("Words of one.") == 1
    assert page.links["Look: A reply to you on “A lamp”"] == "/projects"

    page = reader.follow(reader.send(page, "/my/inbox/read"))
    assert "unread" not in page.text.lower()
    other = signed_in(PageClient(app), a_person("Otto"))
    assert "Words of one." not in other.get("/my/inbox").text


def test_each_kind_is_switched_off_for_each_way_but_never_money(app: Flask, bo: PersonRow) -> None:
    reader = signed_in(PageClient(app), bo)
    page = reader.get("/my/notifications")
    kept = [
        name for name in page.form("/my/notifications").fields.getlist("on") if "talk" not in name
    ]

    page = reader.follow(
        reader.send(page, "/my/notifications", on=[*kept, "talk.inbox", "money.mail"])
    )

    assert not topics.wishes(bo.id)[Topic.TALK, Channel.MAIL]
    assert topics.wishes(bo.id)[Topic.TALK, Channel.INBOX]
    write(bo, "comment_reply", "quiet")
    write(bo, "pledge_cancelled", "money")
    assert [mail.key for mail in mails(bo)] == ["money"]
    assert "Words of quiet." in reader.get("/my/inbox").text


def test_one_click_ends_mail_of_a_kind_and_opening_the_page_does_not(
    app: Flask, bo: PersonRow, data_dir: Path
) -> None:
    write(bo, "update_posted", "news")
    write(bo, "pledge_cancelled", "money")
    jobs.run_due()
    sent = {mail.key: data_dir / "mail" / f"{mail.id}.eml" for mail in mails(bo)}
    headers = {key: message_from_bytes(path.read_bytes()) for key, path in sent.items()}
    assert headers["money"]["List-Unsubscribe"] is None
    assert headers["news"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = local(headers["news"]["List-Unsubscribe"].strip("<>"))

    visitor = PageClient(app)
    visitor.get(path)
    assert topics.wishes(bo.id)[Topic.UPDATES, Channel.MAIL]
    answer = alone(visitor.client.post, path, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert not topics.wishes(bo.id)[Topic.UPDATES, Channel.MAIL]
    assert topics.wishes(bo.id)[Topic.UPDATES, Channel.INBOX]
    visitor.post("/unsubscribe/forged", {}, status=404)
