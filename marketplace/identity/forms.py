"""Forms of identity and the sentences of its refusals.

The forms only say what is asked: what is accepted is decided by the rules, in one place for
pages, invitations and operators.
"""

from __future__ import annotations

from typing import Any, Final

from wtforms import PasswordField, RadioField, SelectField, StringField
from wtforms.fields import EmailField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.identity.adapters import role_name
from marketplace.identity.rules import roles
from marketplace.web.forms import Form
from marketplace.web.locale import LANGUAGES, _, _l

REFUSALS: Final[dict[str, Any]] = {
    "name_missing": _l("Enter your name, as others should read it."),
    "name_too_long": _l("Use %(limit)s characters or fewer for your name."),
    "name_unprintable": _l("The name holds characters that cannot be shown. Type it once more."),
    "name_is_link": _l("Enter a name, not a web address."),
    "email_missing": _l("Enter your e-mail address."),
    "email_unreadable": _l("Enter an e-mail address such as name@example.org."),
    "email_taken": _l("There is an account with the address %(email)s already."),
    "email_unknown": _l("Nobody here has the address %(email)s."),
    "password_missing": _l("Enter a password."),
    "password_too_short": _l(
        "Use %(limit)s characters or more. Four words that have nothing to do with each other"
        " make a good password."
    ),
    "password_too_long": _l("Use %(limit)s characters or fewer."),
    "password_common": _l(
        "This password is among the first that are guessed. Choose one that is only yours."
    ),
    "password_context": _l(
        "This password is made of words that anyone could know about you or this site."
        " Choose other words."
    ),
    "password_wrong": _l("This is not your current password."),
    "password_same": _l("This is your current password. Choose another one."),
    "sign_in_failed": _l(
        "This address and password do not belong together. Check both, or choose a new password."
    ),
    "sign_in_delayed": _l(
        "There were too many tries. Wait %(minutes)s min, then try again, or choose a new password."
    ),
    "address_unconfirmed": _l(
        "Your address is not confirmed yet. Follow the link we mailed to you, or ask for a new one."
    ),
    "link_spent": _l("This link has been used already, or it is too old."),
    "theme_unknown": _l("Choose light, dark or as your device says."),
    "language_unknown": _l("The site does not speak this language yet."),
    "role_unknown": _l("There is no staff role “%(role)s”."),
    "role_held": _l("This person holds that role already."),
    "role_second": _l(
        "This person holds a staff role already (%(role)s). One person holds one, because some"
        " decisions take two persons."
    ),
    "role_none": _l("This person holds no staff role."),
    "role_last_admin": _l("This is the only administrator. Name another one first."),
    "invitation_other_address": _l(
        "The invitation was mailed to %(email)s. Sign in with that address to accept it."
    ),
    "invitation_too_many": _l(
        "This address got several invitations within the hour. Wait before you send another one."
    ),
}


class SignUpForm(Form):
    """Name, address and a password, once."""

    name = StringField(_l("Your name"))
    email = EmailField(_l("E-mail address"))
    password = PasswordField(_l("Password"), render_kw={"autocomplete": "new-password"})


class GuestForm(Form):
    """Name and address; no password."""

    name = StringField(_l("Your name"))
    email = EmailField(_l("E-mail address"))


class SignInForm(Form):
    """Address and password."""

    email = EmailField(_l("E-mail address"), render_kw={"autocomplete": "username"})
    password = PasswordField(_l("Password"))


class AddressForm(Form):
    """An address to mail something to."""

    email = EmailField(_l("E-mail address"))


class NewPasswordForm(Form):
    """A new password; the reveal button replaces typing it twice."""

    new_password = PasswordField(_l("New password"))


class ChangePasswordForm(Form):
    """The current password and the next."""

    password = PasswordField(_l("Current password"))
    new_password = PasswordField(_l("New password"))


class NameForm(Form):
    """The name others read."""

    name = StringField(_l("Your name"))


class PreferencesForm(Form):
    """How pages look and speak."""

    theme = RadioField(
        _l("Light or dark"),
        choices=[
            SelectChoice("auto", _l("As my device")),
            SelectChoice("light", _l("Light")),
            SelectChoice("dark", _l("Dark")),
        ],
    )
    language = SelectField(
        _l("Language"), choices=[SelectChoice(tag, name) for tag, name in LANGUAGES.items()]
    )


class JoinTeamForm(Form):
    """Name and password for an invited address without an account."""

    name = StringField(_l("Your name"))
    password = PasswordField(_l("Password"), render_kw={"autocomplete": "new-password"})


class ActForm(Form):
    """A button that needs nothing typed."""


class InviteForm(Form):
    """Whom to invite, and as what."""

    email = EmailField(_l("E-mail address"), render_kw={"autocomplete": "off"})
    role = SelectField(_l("Role"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own
        super().__init__(*args, **kwargs)
        self.role.choices = [
            SelectChoice("", _("Choose a role")),
            *(SelectChoice(role, role_name(role)) for role in roles.ORDER),
        ]
