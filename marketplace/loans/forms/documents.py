"""Uploading a paper, and saying that one cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask_wtf.file import FileField
from wtforms import SelectField, TextAreaField

from marketplace.loans.answers import REASON_LENGTH_MAX
from marketplace.loans.forms import words
from marketplace.loans.forms.application_words import DOCUMENTS
from marketplace.web.forms import Form, longest
from marketplace.web.locale import _l

_ACCEPT: Final = {"accept": "application/pdf,image/jpeg,image/png"}


class PaperForm(Form):
    """One file, and which paper it is."""

    kind = SelectField(_l("Which paper is it?"), choices=[], validate_choice=False)
    document = FileField(_l("File"), render_kw=_ACCEPT)

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        required: Sequence[str],
        missing: Sequence[str],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        kinds = {kind: DOCUMENTS.get(kind, kind) for kind in required} | DOCUMENTS
        self.kind.choices = words.options(kinds)
        if not self.is_submitted():
            self.kind.data = next(iter(missing), next(iter(kinds)))

    @property
    def data_sent(self) -> bytes:
        """The bytes of the file; nothing if none was chosen."""
        sent = self.document.data
        return bytes(sent.read()) if sent else b""

    @property
    def name(self) -> str:
        """What the file is called where it came from."""
        sent = self.document.data
        return str(sent.filename or "") if sent else ""


class MarkForm(Form):
    """Why a paper cannot be used."""

    reason = TextAreaField(
        _l("What is wrong with it?"),
        description=_l("The borrower reads this, and can upload another one."),
        validators=[longest(REASON_LENGTH_MAX)],
    )
