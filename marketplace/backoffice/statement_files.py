"""The form in which officers bring a bank's statement."""

from __future__ import annotations

from flask_wtf.file import FileField

from marketplace.escrow.bank_files import reading
from marketplace.kernel.errors import Refusal
from marketplace.web.forms import Form
from marketplace.web.locale import _l


class StatementForm(Form):
    """A statement to bring in."""

    statement = FileField(
        _l("Statement file"),
        description=_l(
            "CAMT.053 (XML), or a table with account, ref, booked_on, amount, currency."
        ),
    )

    def sent(self) -> tuple[str, str]:
        """Return the file's name and its text; refused beside the field if none was chosen."""
        upload = self.statement.data
        if not upload or not upload.filename:
            raise Refusal("statement_missing", field="statement")
        return upload.filename, reading.decoded(upload.read(reading.TEXT_MAX + 1))
