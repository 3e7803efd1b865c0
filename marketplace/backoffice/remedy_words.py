"""The words of dead letters: why one is dead, what the provider's code means, what can be done."""

from __future__ import annotations

from typing import Any, Final

from marketplace.backoffice.words import Tag
from marketplace.web.locale import _, _l

_WHYS: Final[dict[str, tuple[Any, str]]] = {
    "failed": (_l("Failed for good"), "bad"),
    "unknown": (_l("Unknown"), "bad"),
    "stuck": (_l("Does not get through"), "warn"),
    "delivery": (_l("Notice not worked"), "bad"),
}
_MEANINGS: Final[dict[str, Any]] = {
    "failed": _l(
        "The provider will never do it, and nobody tries it again. Money that was set aside for it"
        " is free."
    ),
    "unknown": _l(
        "Nobody could say for an hour whether it was done. It is not asked for again before that"
        " is known."
    ),
    "stuck": _l("It could not be sent for a day, or was refused again and again."),
    "delivery": _l("The provider told us something that we could not work."),
}
_TROUBLES: Final[dict[str, Any]] = {
    "no_answer": _l("No answer: it may have been done or not."),
    "too_many": _l("The provider holds too much to look through. Look for it in its own pages."),
    "key_reused": _l("The provider knows our key with another order."),
    "unreachable": _l("The provider could not be reached."),
    "not_asked": _l("The provider was busy or away, so it was not called."),
    "rate_limited": _l("The provider was asked too much at once."),
    "busy": _l("The provider was asked too much at once."),
    "insufficient_available": _l("There is not enough available money at the provider."),
    "payee_not_ready": _l("The provider does not pay this person before they tell it more."),
    "unknown_key": _l("The provider does not accept our key. Check the configuration."),
    "not_permitted": _l("Our key may not do this. Check what it is allowed."),
    "not_offered": _l("This provider does not offer this."),
    "given_up": _l("Two officers gave it up."),
    "too_late": _l("Its time was over before it was sent."),
}
_FORGERIES: Final[dict[str, Any]] = {
    "signature_wrong": _l("false signature"),
    "signature_stale": _l("too old"),
    "wrong_mode": _l("test notice on a live site, or the other way round"),
    "wrong_account": _l("about somebody else’s account"),
    "body_unreadable": _l("unreadable"),
}
_ACTS: Final[dict[str, Any]] = {
    "retry": _l("Try again"),
    "resolve": _l("It was settled by hand"),
    "cancel": _l("Give it up"),
}
_STATES: Final[dict[str, tuple[Any, str]]] = {
    "proposed": (_l("Waits for a second officer"), "warn"),
    "applied": (_l("Done"), "good"),
    "refused": (_l("Not done"), "neutral"),
}


def why(name: str) -> Tag:
    """Return why something needs a person, as a tag."""
    label, tone = _WHYS[name]
    return {"label": str(label), "tone": tone}


def meaning(name: str) -> str:
    """Return what that means."""
    return str(_MEANINGS[name])


def trouble(code: str | None) -> str:
    """Return what the last trouble was, in plain words; the code itself where it has none."""
    if not code:
        return _("It has not been tried yet.")
    return str(_TROUBLES.get(code, _("The provider says: %(code)s.", code=code)))


def forgery(reason: str) -> str:
    """Return why a notice was turned away."""
    return str(_FORGERIES.get(reason, reason))


def act(kind: str) -> str:
    """Return what an officer wants done."""
    return str(_ACTS[kind])


def state(name: str) -> Tag:
    """Return what became of a proposal, as a tag."""
    label, tone = _STATES[name]
    return {"label": str(label), "tone": tone}


def choices() -> list[tuple[str, str]]:
    """Return the choices of the filter, all of them first."""
    return [("", _("All")), *((name, str(label)) for name, (label, _tone) in _WHYS.items())]
