"""Writing to each other about a request."""

from __future__ import annotations

from wtforms import TextAreaField

from marketplace.loans.answers import MESSAGE_LENGTH_MAX
from marketplace.web.forms import Form, longest
from marketplace.web.locale import _l


class MessageForm(Form):
    """One message."""

    body = TextAreaField(_l("Message"), validators=[longest(MESSAGE_LENGTH_MAX)])

    @property
    def said(self) -> str:
        """What was written."""
        return str(self.body.data or "")
