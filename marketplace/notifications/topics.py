"""What letters are about, and through which channels somebody hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from marketplace.infra import crypto
from marketplace.infra.commands import command
from marketplace.infra.database import Model, execute, rows
from marketplace.infra.settings import current_settings
from marketplace.web.locale import _l


class Topic(StrEnum):
    """A kind of news. `MONEY` is everything about somebody's own money and pages: always told."""

    MONEY = "money"
    UPDATES = "updates"
    TALK = "talk"
    FOLLOW = "follow"


class Channel(StrEnum):
    """A way to be told."""

    MAIL = "mail"
    INBOX = "inbox"


LABELS: Final = {
    Topic.UPDATES: _l("Updates of projects I back"),
    Topic.TALK: _l("Questions, comments and replies"),
    Topic.FOLLOW: _l("Projects, sponsors and searches I follow"),
}
REASONS: Final = {
    Topic.MONEY: _l(
        "You get this letter because it is about your own money or your own page. Such letters"
        " cannot be switched off."
    ),
    Topic.UPDATES: _l("You get this letter because you back the project."),
    Topic.TALK: _l("You get this letter because somebody spoke to you."),
    Topic.FOLLOW: _l("You get this letter because you follow a project, a sponsor or a search."),
}
_REASON_OF_LETTER: Final = {
    **dict.fromkeys(
        (
            *("arrears_officers", "difference_standing", "holding_officers", "loan_message_staff"),
            *("dispute_lost", "dispute_opened", "dispute_won"),
            *("reserve_short", "risk_reported", "voucher_officers"),
        ),
        _l(
            "You get this letter because it is part of your work here. Such letters cannot be"
            " switched off."
        ),
    ),
    **dict.fromkeys(
        ("place_lapsed", "place_offered"),
        _l("You get this letter because you stand in line for what somebody gives up."),
    ),
    **dict.fromkeys(
        ("late_backer", "milestone_claimed", "steps_moved", "survey_asked"),
        _l(
            "You get this letter because you back the project, and what you were promised may hang"
            " on it. Such letters cannot be switched off."
        ),
    ),
    **dict.fromkeys(
        ("comment_hidden", "loan_question_hidden"),
        _l("You get this letter because it is about something you wrote here."),
    ),
    "appeal_decided": _l("You get this letter because you appealed against a decision."),
    "launch_told": _l("You get this letter because you asked to be told."),
    "loan_question_answered": _l("You get this letter because you asked a question."),
    "report_decided": _l("You get this letter because you reported something."),
    "team_invited": _l(
        "You get this letter because somebody asks you to work on a project with them. You need do"
        " nothing if you do not want to."
    ),
    "team_removed": _l("You get this letter because you were on the team of a project."),
}
_OF_LETTER: Final = {
    "update_posted": Topic.UPDATES,
    "question_asked": Topic.TALK,
    "comment_posted": Topic.TALK,
    "comment_reply": Topic.TALK,
    "followed_update": Topic.FOLLOW,
    "followed_funded": Topic.FOLLOW,
    "followed_launch": Topic.FOLLOW,
    "search_matched": Topic.FOLLOW,
    "launch_told": Topic.FOLLOW,
}
_PURPOSE: Final = "unsubscribe"
_YEAR_SECONDS: Final = 366 * 24 * 3600


class NotificationWish(Model):
    """What somebody does not want to hear, or wants again, through one channel."""

    __tablename__ = "notification_wish"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]


@dataclass(frozen=True, slots=True)
class _Wish:
    topic: str
    channel: str
    is_on: bool


Wishes = Mapping[tuple[Topic, Channel], bool]


def of_letter(name: str) -> Topic:
    """Return what the letter `name` is about; money, unless it is listed."""
    return _OF_LETTER.get(name, Topic.MONEY)


def why(letter: str) -> Any:  # noqa: ANN401 - a sentence, translated when it is shown
    """Return the sentence that says why somebody gets `letter`."""
    return _REASON_OF_LETTER.get(letter, REASONS[of_letter(letter)])


def wishes(person_id: UUID) -> Wishes:
    """Return for every topic that can be switched off whether each channel is on."""
    sql = "SELECT topic, channel, is_on FROM notification_wish WHERE person_id = %s"
    said = {(each.topic, each.channel): each.is_on for each in rows(sql, (person_id,), into=_Wish)}
    return {
        (topic, channel): said.get((topic.value, channel.value), True)
        for topic in LABELS
        for channel in Channel
    }


@command
def wish(person_id: UUID, wanted: Wishes) -> None:
    """Write down what a person wants to hear and how; money cannot be switched off."""
    for (topic, channel), is_on in wanted.items():
        if topic in LABELS:
            _write(person_id, topic, channel, is_on=is_on)


@command
def end_letters(token: str) -> Topic | None:
    """Send no more mail of the topic that an unsubscribing address names; None for a forged one."""
    said = crypto.unsign(_PURPOSE, token, max_age_seconds=_YEAR_SECONDS)
    if said is None:
        return None
    topic = Topic(said[1])
    _write(UUID(said[0]), topic, Channel.MAIL, is_on=False)
    return topic


def unsubscribing(person_id: UUID, topic: Topic) -> str | None:
    """Return the address that ends mail of a topic with one click; None for money."""
    if topic is Topic.MONEY:
        return None
    token = crypto.sign(_PURPOSE, [str(person_id), topic.value])
    return f"{current_settings().site_url}/unsubscribe/{token}"


def _write(person_id: UUID, topic: Topic, channel: Channel, *, is_on: bool) -> None:
    execute(
        """
        INSERT INTO notification_wish (person_id, topic, channel, is_on) VALUES (%s, %s, %s, %s)
        ON CONFLICT (person_id, topic, channel) DO UPDATE SET is_on = excluded.is_on
        """,
        (person_id, topic.value, channel.value, is_on),
    )
