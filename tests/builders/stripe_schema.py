"""What a request to Stripe may say, by the parameter types of the installed SDK."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from stripe import RequestOptions
from stripe.params import (
    BalanceRetrieveParams,
    BalanceSettingsRetrieveParams,
    BalanceSettingsUpdateParams,
    BalanceTransactionListParams,
    DisputeCloseParams,
    DisputeRetrieveParams,
    DisputeUpdateParams,
    PaymentIntentCreateParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    PayoutCreateParams,
    PayoutListParams,
    PayoutRetrieveParams,
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
    SetupIntentRetrieveParams,
    TopupCreateParams,
    TopupListParams,
    TopupRetrieveParams,
    TransferCreateParams,
    TransferListParams,
    TransferRetrieveParams,
    TransferReversalCreateParams,
    TransferReversalListParams,
    TransferReversalRetrieveParams,
)
from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionListParams,
    SessionRetrieveParams,
)
from stripe.params.identity import (
    VerificationSessionCreateParams,
    VerificationSessionRetrieveParams,
)
from stripe.params.v2.core import (
    AccountCreateParams,
    AccountLinkCreateParams,
    AccountRetrieveParams,
)

_ID = r"[a-z]+_[A-Za-z0-9_]+"
ROUTES: Mapping[str, Any] = {
    r"POST /v1/checkout/sessions": SessionCreateParams,
    r"GET /v1/checkout/sessions": SessionListParams,
    rf"GET /v1/checkout/sessions/{_ID}": SessionRetrieveParams,
    rf"POST /v1/checkout/sessions/{_ID}/expire": SessionExpireParams,
    rf"GET /v1/setup_intents/{_ID}": SetupIntentRetrieveParams,
    r"POST /v1/payment_intents": PaymentIntentCreateParams,
    r"GET /v1/payment_intents": PaymentIntentListParams,
    rf"GET /v1/payment_intents/{_ID}": PaymentIntentRetrieveParams,
    r"POST /v1/refunds": RefundCreateParams,
    r"GET /v1/refunds": RefundListParams,
    rf"GET /v1/refunds/{_ID}": RefundRetrieveParams,
    r"POST /v1/transfers": TransferCreateParams,
    r"GET /v1/transfers": TransferListParams,
    rf"GET /v1/transfers/{_ID}": TransferRetrieveParams,
    rf"POST /v1/transfers/{_ID}/reversals": TransferReversalCreateParams,
    rf"GET /v1/transfers/{_ID}/reversals": TransferReversalListParams,
    rf"GET /v1/transfers/{_ID}/reversals/{_ID}": TransferReversalRetrieveParams,
    r"POST /v1/topups": TopupCreateParams,
    r"GET /v1/topups": TopupListParams,
    rf"GET /v1/topups/{_ID}": TopupRetrieveParams,
    r"POST /v1/payouts": PayoutCreateParams,
    r"GET /v1/payouts": PayoutListParams,
    rf"GET /v1/payouts/{_ID}": PayoutRetrieveParams,
    rf"GET /v1/disputes/{_ID}": DisputeRetrieveParams,
    rf"POST /v1/disputes/{_ID}": DisputeUpdateParams,
    rf"POST /v1/disputes/{_ID}/close": DisputeCloseParams,
    r"POST /v1/identity/verification_sessions": VerificationSessionCreateParams,
    rf"GET /v1/identity/verification_sessions/{_ID}": VerificationSessionRetrieveParams,
    r"GET /v1/balance": BalanceRetrieveParams,
    r"GET /v1/balance_settings": BalanceSettingsRetrieveParams,
    r"POST /v1/balance_settings": BalanceSettingsUpdateParams,
    r"GET /v1/balance_transactions": BalanceTransactionListParams,
    r"POST /v2/core/accounts": AccountCreateParams,
    rf"GET /v2/core/accounts/{_ID}": AccountRetrieveParams,
    r"POST /v2/core/account_links": AccountLinkCreateParams,
}

# Names the SDK's own modules know to type checkers only.
_NAMES = {"StripeContext": object, "Mapping": Mapping}
# What steers the SDK is no part of the request.
_OPTIONS = set(RequestOptions.__annotations__)


def params_of(method: str, path: str) -> Any:
    """The parameter type of a call; None for a call that does not exist."""
    for pattern, params in ROUTES.items():
        if re.fullmatch(pattern, f"{method} {path}"):
            return params
    return None


def decoded(form: str) -> dict[str, Any]:
    """Stripe's bracket notation as nested dictionaries and lists."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        place, keys = root, re.findall(r"[^\[\]]+", name)
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return {key: _listed(value) for key, value in root.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(part) for key, part in value.items()}
    if list(inner) == [str(n) for n in range(len(inner))]:
        return list(inner.values())
    return inner


def complaints(said: Mapping[str, Any], params: Any) -> list[str]:
    """What Stripe would not take: unknown names, missing ones, values of another type."""
    return _of_dict(said, params, "")


def _of_dict(said: Any, params: Any, at: str) -> list[str]:
    if not isinstance(said, Mapping):
        return [f"{at or 'body'} is no object"]
    hints = get_type_hints(params, localns=_NAMES)
    allowed = {name: hint for name, hint in hints.items() if at or name not in _OPTIONS}
    found = [f"unknown {at}{name}" for name in said if name not in allowed]
    found += [f"missing {at}{name}" for name in params.__required_keys__ if name not in said]
    for name, value in said.items():
        if name in allowed:
            found += _of_value(value, allowed[name], f"{at}{name}")
    return found


def _of_value(value: Any, hint: Any, at: str) -> list[str]:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        answers = [_of_value(value, part, at) for part in _closed(get_args(hint))]
        return min(answers, key=len)
    if hasattr(hint, "__required_keys__"):
        return _of_dict(value, hint, f"{at}.")
    if origin is list:
        return _of_list(value, get_args(hint)[0], at)
    return [] if _fits(value, hint) else [f"{at} cannot be {value!r}"]


def _closed(parts: tuple[Any, ...]) -> list[Any]:
    """The parts of a union without the plain text that newer SDKs leave open beside an enum.

    An empty text is no enum: it clears a value that may be any text.
    """
    enums = [part for part in parts if get_origin(part) is Literal and any(get_args(part))]
    return [part for part in parts if not (enums and part is str)]


def _of_list(value: Any, part: Any, at: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{at} is no list"]
    return [c for n, one in enumerate(value) for c in _of_value(one, part, f"{at}[{n}]")]


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is dict:
        return isinstance(value, Mapping) and all(isinstance(v, str) for v in value.values())
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if hint is int:
        return type(value) is int or (isinstance(value, str) and value.lstrip("-").isdecimal())
    if hint is bool:
        return value in {True, False, "true", "false"}
    return hint is str and isinstance(value, str)
