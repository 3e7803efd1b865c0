"""The form of a search that is kept, and the sentences of what is refused."""

from __future__ import annotations

from typing import Final

from wtforms import BooleanField, StringField

from marketplace.campaigns.rules.searching import NAME_MAX
from marketplace.web.forms import Form, longest, required
from marketplace.web.locale import _l

REFUSALS: Final = {
    "search_empty": _l("Search for words, or choose a filter first."),
    "search_unnamed": _l("Give it a name."),
    "searches_full": _l("You keep %(most)s searches. Let one go first."),
}


class SearchForm(Form):
    """Under which name a search is kept, and whether one hears of it."""

    name = StringField(_l("Name"), [required(_l("Give it a name.")), longest(NAME_MAX)])
    is_mailed = BooleanField(_l("Write to me once a day when something new fits"), default=True)
