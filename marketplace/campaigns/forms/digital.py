"""The form of a digital reward, and the sentences of what it is refused for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.campaigns.rules import library
from marketplace.web.forms import Form, longest, required
from marketplace.web.locale import _l

REFUSALS: Final = {
    "licence_missing": _l("Say what backers may do with it."),
    "quota_outside": _l("Enter a whole number from 1 to %(most)s."),
    "quota_used": _l(
        "You have saved this file %(quota)s times, as often as its sponsor allows. Use a copy you"
        " have, or ask the sponsor for another one."
    ),
    "files_over": _l("This campaign has ended; its rewards are not delivered."),
    "files_full": _l("A campaign can have %(most)s files."),
    "file_delivered": _l("Backers have this reward already. What was delivered stays."),
    "reward_unchosen": _l("Choose the reward it comes with."),
}

LICENCE_DEFAULT: Final = _l(
    "For yourself and your household, as often as you like. Not to be passed on, sold or performed"
    " in public."
)
LANGUAGES: Final = (
    *(("en", "English"), ("zh", "中文"), ("de", "Deutsch"), ("fr", "Français")),
    *(("es", "Español"), ("it", "Italiano"), ("ja", "日本語"), ("ar", "العربية")),
)
_CHOICES: Final = [SelectChoice(code, name) for code, name in LANGUAGES]


class DigitalForm(Form):
    """A file that comes with a reward."""

    reward = SelectField(_l("Reward it comes with"), validate_choice=False, choices=[])
    title = StringField(_l("Title"), [required(_l("Give it a title.")), longest(120)])
    file = FileField(_l("File"))
    captions = FileField(_l("Captions (WebVTT)"))
    language = SelectField(_l("Language of the captions"), choices=_CHOICES, default="en")
    wordless = BooleanField(_l("Nobody speaks in this film"))
    transcript = TextAreaField(_l("Words to read"), [longest(200_000)])
    licence = TextAreaField(
        _l("What backers may do with it"),
        [required(_l("Say what backers may do with it.")), longest(library.LICENCE_MAX)],
        default=LICENCE_DEFAULT,
    )
    quota = StringField(
        _l("How often a backer may save it"), [longest(4)], default=str(library.QUOTA_DEFAULT)
    )

    def offer(self, tiers: Iterable[tuple[str, str]]) -> None:
        """Let the sponsor choose among these rewards, told by id and title."""
        self.reward.choices = [SelectChoice(value, label) for value, label in tiers]


class FilmForm(Form):
    """A film, or sound, at the top of a campaign's page."""

    title = StringField(_l("Title"), [required(_l("Give it a title.")), longest(120)])
    file = FileField(_l("File"))
    captions = FileField(_l("Captions (WebVTT)"))
    language = SelectField(_l("Language of the captions"), choices=_CHOICES, default="en")
    wordless = BooleanField(_l("Nobody speaks in this film"))
    transcript = TextAreaField(_l("Words to read"), [longest(200_000)])
