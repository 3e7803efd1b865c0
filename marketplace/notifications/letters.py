"""Composing a letter: one text, from which both parts of the mail are made.

A letter is `templates/letters/<name>.txt`: the first line is the subject, the rest paragraphs.
It is written in the reader's language. `action` is the path of the page it is about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from flask import current_app
from jinja2 import Environment

from marketplace.identity import queries as identity
from marketplace.identity.queries import PersonRow
from marketplace.infra import mail
from marketplace.infra.commands import command
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.notifications import inbox, topics
from marketplace.notifications.topics import Channel, of_letter
from marketplace.web.locale import speaking
from marketplace.web.rendering import day_text, moment_text, money_text

_FIRM_SPACE: Final = "\u00a0"
_LOOSE_SPACE: Final = re.compile(r"[ \t\r\n]+")
_EXCERPT_LENGTH: Final = 600


@command
def send(
    person_id: UUID,
    name: str,
    key: str,
    *,
    action: str,
    label: str,
    **facts: Any,  # noqa: ANN401
) -> None:
    """Send letter `name` to a person by mail and into the inbox, once per `key`.

    What it is about may be switched off by the person for either, but never what is about money.
    `label` is what the button to the page `action` says; `facts` fill the text. A person who no
    longer exists gets nothing.
    """
    reader = identity.person(person_id)
    if reader is None:
        return
    topic = of_letter(name)
    wishes, ending = topics.wishes(person_id), topics.unsubscribing(person_id, topic)
    with speaking(reader.locale or "en"):
        letter = _written(
            name, reader=reader.name, action=action, label=label, ending=ending, **facts
        )
    if wishes.get((topic, Channel.INBOX), True):
        inbox.put(
            person_id,
            key,
            topic=topic.value,
            subject=letter.subject,
            paragraphs=letter.paragraphs[1:],
            action=action,
            label=letter.label,
            now=clock.now(),
        )
    if wishes.get((topic, Channel.MAIL), True):
        _post(reader, letter, key, ending)


@command
def send_to_address(
    address: str,
    name: str,
    key: str,
    *,
    action: str,
    label: str,
    **facts: Any,  # noqa: ANN401
) -> None:
    """Send letter `name` to an address that may belong to nobody yet, once per `key`."""
    with speaking("en"):
        letter = _written(name, reader="", action=action, label=label, **facts)
    mail.send(address, letter.subject, letter.text, key=key, html=letter.markup)


def _post(reader: PersonRow, letter: _Letter, key: str, ending: str | None) -> None:
    mail.send(
        reader.email,
        letter.subject,
        letter.text,
        key=key,
        html=letter.markup,
        person_id=reader.id,
        unsubscribe=ending,
    )


def send_to_officers(name: str, key: str, *, action: str, label: str, **facts: Any) -> None:  # noqa: ANN401
    """Send letter `name` to every finance officer, once each per `key`; else as `send`."""
    for officer in identity.staff("finance_officer"):
        send(officer.id, name, f"{key}:{officer.id}", action=action, label=label, **facts)


def excerpt(text: str) -> str:
    """Return the beginning of what somebody wrote, as a letter quotes it: cut between words."""
    if len(text) <= _EXCERPT_LENGTH:
        return text
    return text[:_EXCERPT_LENGTH].rsplit(None, 1)[0] + " …"


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter in its reader's language: `paragraphs` begin with the salutation."""

    subject: str
    paragraphs: list[str]
    text: str
    markup: str
    label: str


def _written(name: str, *, ending: str | None = None, **facts: Any) -> _Letter:  # noqa: ANN401
    settings, environment = current_settings(), current_app.jinja_env
    frame = {
        "site_name": settings.site_name,
        "site_url": settings.site_url,
        "action_href": settings.site_url + facts["action"],
        "action_label": str(facts["label"]),
        "locale": "en",
        "why": str(topics.why(name)),
        "ending": ending,
    }
    words = {key: _in_words(fact) for key, fact in facts.items()}
    written = _paper(environment).get_template(f"letters/{name}.txt").render(**frame, **words)
    subject, _line, body = written.strip().partition("\n")
    paragraphs = [line for part in body.split("\n\n") if (line := _one_line(part))]
    text = environment.get_template("letters/frame.txt").render(**frame, paragraphs=paragraphs)
    markup = environment.get_template("letters/frame.html").render(
        **frame, subject=subject, paragraphs=paragraphs
    )
    plain = text.replace(_FIRM_SPACE, " ")
    return _Letter(subject.strip(), paragraphs, plain, markup, frame["action_label"] or "")


@cache
def _paper(environment: Environment) -> Environment:
    # Pages drop the line break after a block; here it would join two paragraphs.
    return environment.overlay(trim_blocks=False)


def _one_line(part: str) -> str:
    # Not split(): it would loosen the firm spaces that keep amounts and times on one line.
    return " ".join(_LOOSE_SPACE.split(part.strip()))


def _in_words(fact: object) -> object:
    if isinstance(fact, list):
        return [_in_words(one) for one in fact]
    if isinstance(fact, dict):
        return {key: _in_words(one) for key, one in fact.items()}
    if isinstance(fact, Money):
        return money_text(fact)
    if isinstance(fact, datetime):
        return moment_text(fact)
    return day_text(fact) if isinstance(fact, date) else fact
