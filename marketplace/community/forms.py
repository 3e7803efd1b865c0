"""The forms of comments, and the sentences of what they are refused for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.community import rules
from marketplace.web.forms import Form, longest, required
from marketplace.web.locale import _l

REFUSALS: Final = {
    "comment_empty": _l("Write something."),
    "comment_too_long": _l("Use %(most)s characters or fewer."),
    "comment_links": _l("Use at most %(most)s links."),
    "comment_again": _l("You have said this already."),
    "comments_too_many": _l("You can write %(most)s times a day. Come back tomorrow."),
    "comments_too_fast": _l("You can write %(most)s times a minute. Wait a little."),
    "comment_backers_only": _l(
        "Comments are for those who back the project and those who make it. You can ask a question"
        " instead."
    ),
    "hide_code_missing": _l("Choose the reason from the list."),
    "hide_words_missing": _l("Choose whose words are to be taken off."),
    "own_comment": _l("These are your own words. Another moderator has to decide on them."),
    "follows_too_many": _l("You can follow %(most)s projects and sponsors."),
}

HIDE_LABELS: Final = {
    "insult": _l("It insults somebody"),
    "spam": _l("It is advertising"),
    "private_facts": _l("It tells what is private about somebody"),
    "off_topic": _l("It is about something else"),
    "unlawful": _l("It is against the law"),
}


class CommentForm(Form):
    """Something to say."""

    body = TextAreaField(
        _l("Your words"), [required(_l("Write something.")), longest(rules.BODY_MAX)]
    )


class HideForm(Form):
    """A moderator's reason, and which words of a thread it is about."""

    said = SelectField(_l("Whose words"), validate_choice=False, choices=[])
    code = SelectField(
        _l("Why it is hidden"),
        choices=[
            SelectChoice("", _l("Choose one")),
            *(SelectChoice(code, label) for code, label in HIDE_LABELS.items()),
        ],
        validate_choice=False,
    )

    def offer(self, said: Iterable[tuple[str, str]]) -> None:
        """Let the moderator choose among these, told by id and words."""
        self.said.choices = [SelectChoice(value, label) for value, label in said]
