"""The forms about cases, and the sentences of their refusals."""

from __future__ import annotations

from typing import Any, Final

from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.moderation import rules
from marketplace.web.forms import Form, longest, required
from marketplace.web.locale import _l

KIND_LABELS: Final[dict[str, Any]] = {
    "submission": _l("To go live"),
    "change": _l("Change after the launch"),
    "report": _l("Report"),
    "appeal": _l("Appeal"),
}
SUBJECT_LABELS: Final[dict[str, Any]] = {
    "campaign": _l("Project"),
    "change": _l("Change of a project"),
    "comment": _l("Comment"),
    "update": _l("Update"),
    "decision": _l("Decision"),
}
PRIORITY_LABELS: Final[dict[int, tuple[Any, str]]] = {
    1: (_l("Urgent"), "bad"),
    2: (_l("High"), "warn"),
    3: (_l("Usual"), "neutral"),
    4: (_l("Low"), "neutral"),
}
OUTCOME_LABELS: Final[dict[str, tuple[Any, str]]] = {
    "approve": (_l("Approved"), "good"),
    "return": (_l("Returned"), "warn"),
    "refuse": (_l("Refused"), "warn"),
    "dismiss": (_l("Nothing wrong found"), "neutral"),
    "hide": (_l("Hidden"), "bad"),
    "suspend": (_l("Suspended"), "bad"),
    "uphold": (_l("The decision stands"), "neutral"),
    "overturn": (_l("The decision was wrong"), "good"),
}
OUTCOME_ACTS: Final[dict[str, tuple[Any, str]]] = {
    "approve": (_l("Approve"), "primary"),
    "return": (_l("Return to its owner"), "secondary"),
    "refuse": (_l("Refuse"), "secondary"),
    "dismiss": (_l("Nothing is wrong"), "secondary"),
    "hide": (_l("Hide it"), "danger"),
    "suspend": (_l("Suspend: freeze its money"), "danger"),
    "uphold": (_l("The decision stands"), "secondary"),
    "overturn": (_l("Take the decision back"), "primary"),
}
REPORT_LABELS: Final[dict[str, Any]] = {
    "fraud": _l("Somebody is being cheated"),
    "danger": _l("It is dangerous to people"),
    "minors": _l("It harms children"),
    "misleading": _l("It says what is not so"),
    "not_its_own": _l("It shows the work of others as its own"),
    "private": _l("It shows somebody's private life"),
    "insult": _l("It insults or threatens somebody"),
    "spam": _l("It is advertising, or the same again and again"),
    "other": _l("Something else"),
}

REFUSALS: Final = {
    "own_case": _l("This is about your own work. Another moderator has to decide."),
    "outcome_unknown": _l("Choose one of the decisions that are offered."),
    "decision_words_missing": _l("Say why, so that the person knows. They get it word for word."),
    "words_too_long": _l("Use %(most)s characters or fewer."),
    "undo_too_late": _l("The ten seconds are over: the decision has had its effect."),
    "undo_of_another": _l("Somebody else decided this. Only they could undo it."),
    "report_of_own": _l("This is your own. You can change or end it yourself."),
    "report_code_missing": _l("Choose what is wrong from the list."),
    "reported_already": _l("You have reported this. We are looking into it."),
    "appeal_not_possible": _l("There is nothing to appeal against here."),
    "appeal_too_late": _l("An appeal is possible for %(days)s days. That time is over."),
    "appeal_words_missing": _l("Say why the decision was wrong."),
    "appealed_already": _l("You have appealed. Another moderator looks at it."),
    "appeal_needs_another": _l("You took the decision yourself. Another moderator has to look."),
}


class CaseForm(Form):
    """A moderator's decision; which one is said by the button, and the reasons by its subject."""

    code = SelectField(_l("Reason"), validate_choice=False)
    words = TextAreaField(_l("Why"), [longest(rules.WORDS_MAX)])


class ReportForm(Form):
    """What somebody thinks is wrong."""

    code = RadioField(
        _l("What is wrong?"),
        choices=[SelectChoice(code, label) for code, label in REPORT_LABELS.items()],
        validate_choice=False,
    )
    words = TextAreaField(
        _l("Tell us more"),
        [longest(rules.WORDS_MAX)],
        description=_l("What you saw, and where. Only our moderators read it."),
    )


class AppealForm(Form):
    """Why a decision was wrong."""

    words = TextAreaField(
        _l("Why was it wrong?"),
        [required(_l("Say why the decision was wrong.")), longest(rules.WORDS_MAX)],
    )
