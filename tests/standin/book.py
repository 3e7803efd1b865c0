"""What the stand-in knows: its objects, its lines, its notices, and how they are kept in a file."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from stripe import WebhookSignature

from marketplace.kernel import clock

Json = dict[str, Any]
Answer = tuple[int, Json]

KEPT: Final = ("objects", "lines", "answered", "notices", "due", "settings", "mark", "counted")


class Refused(Exception):
    """Stripe would refuse this."""

    def __init__(self, code: str, message: str, status: int = 400, **more: Any) -> None:
        super().__init__(message)
        kind = "card_error" if status == 402 else "invalid_request_error"
        error = {"type": kind, "code": code or None, "message": message, **more}
        self.answer: Answer = (status, {"error": error})


@dataclass
class Book:
    """The state, and the few things done everywhere. Keys with a `_` are never shown."""

    url: str = ""
    secret: str = "whsec_of_the_tests"
    thin_secret: str = "whsec_of_the_tests"
    pending: timedelta = timedelta(days=2)
    late: timedelta = timedelta(hours=1)
    file: Path | None = None
    now_at: Callable[[], datetime] = clock.now
    sign_at: Callable[[], datetime] = clock.now  # notices go out when the site's processes live
    objects: dict[str, Json] = field(default_factory=dict)
    lines: list[Json] = field(default_factory=list)
    answered: dict[str, Json] = field(default_factory=dict)
    notices: list[Json] = field(default_factory=list)
    due: list[Json] = field(default_factory=list)
    settings: Json = field(default_factory=lambda: {"interval": "daily"})
    mark: str = field(default_factory=lambda: secrets.token_hex(3))
    counted: int = 0
    copies: int = 1  # how often each notice is posted
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> int:
        """The stand-in's time, in whole seconds as Stripe's."""
        return int(self.now_at().timestamp())

    def new(self, prefix: str, kind: str, **facts: Any) -> Json:
        """Make a thing."""
        self.counted += 1
        ref = f"{prefix}_{self.mark}{self.counted}"
        thing = {"id": ref, "object": kind, "created": self.now(), "livemode": False, **facts}
        self.objects[ref] = thing
        return thing

    def get(self, ref: str, kind: str) -> Json:
        """A thing by its id; refused as Stripe would if there is none."""
        thing = self.objects.get(ref)
        if thing is None or thing["object"] != kind:
            raise Refused("resource_missing", f"No such {kind}: '{ref}'", 404)
        return thing

    def of_kind(self, kind: str) -> list[Json]:
        """All things of a kind, the oldest first."""
        return [thing for thing in self.objects.values() if thing["object"] == kind]

    def line(self, kind: str, source: Json, amount: int, *, fee: int = 0, wait: int = 0) -> Json:
        """Book a balance transaction about `source`; available after `wait` seconds."""
        self.counted += 1
        made = {
            "id": f"txn_{self.mark}{self.counted}",
            "object": "balance_transaction",
            "type": kind,
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": source["currency"],
            "created": self.now(),
            "available_on": self.now() + wait,
            "source": source["id"],
        }
        self.lines.append(made)
        return made

    def held(self, currency: str, *, available: bool) -> int:
        """What is there just now."""
        return sum(
            line["net"]
            for line in self.lines
            if line["currency"] == currency and (line["available_on"] <= self.now()) is available
        )

    def balance(self) -> Json:
        """The balance as Stripe shows it."""
        currencies = sorted({line["currency"] for line in self.lines})
        parts = {
            part: [
                {"currency": each, "amount": self.held(each, available=part == "available")}
                for each in currencies
            ]
            for part in ("available", "pending")
        }
        return {"object": "balance", "livemode": False, **parts}

    def later(self, verb: str, ref: str) -> None:
        """Let something happen by itself after a while."""
        self.due.append({"at": self.now() + int(self.late.total_seconds()), "do": verb, "ref": ref})

    def tell(self, kind: str, thing: Json, *, account: str | None = None) -> None:
        """Queue a notice with the thing as it is now."""
        self.counted += 1
        body = {
            "id": f"evt_{self.mark}{self.counted}",
            "object": "event",
            "type": kind,
            "created": self.now(),
            "livemode": False,
            "data": {"object": shown(thing)},
        }
        if account:
            body["account"] = account
        self._queue("/webhooks/stripe", body)

    def tell_thin(self, kind: str, account: Json) -> None:
        """Queue a thin notice, which says no more than which account it is about."""
        self.counted += 1
        ref = account["id"]
        body = {
            "id": f"evt_{self.mark}{self.counted}",
            "object": "v2.core.event",
            "type": kind,
            "created": self.now_at().isoformat(),
            "livemode": False,
            "context": None,
            "related_object": {
                "id": ref,
                "type": "v2.core.account",
                "url": f"/v2/core/accounts/{ref}",
            },
        }
        self._queue("/webhooks/stripe/thin", body)

    def signed(self, notice: Json) -> dict[str, str]:
        """The header that goes with a notice now."""
        thin = notice["path"].endswith("/thin")
        header = WebhookSignature.generate_signature_header(
            notice["body"],
            self.thin_secret if thin else self.secret,
            int(self.sign_at().timestamp()),
        )
        return {"Stripe-Signature": header, "Content-Type": "application/json"}

    def keep(self) -> None:
        """Write the state to its file, all of it or nothing."""
        if self.file is None:
            return
        state = {name: getattr(self, name) for name in KEPT}
        half = self.file.with_suffix(".half")
        half.write_text(json.dumps(state))
        half.replace(self.file)

    def load(self) -> None:
        """Take up what an earlier process left."""
        if self.file is not None and self.file.exists():
            for name, value in json.loads(self.file.read_text()).items():
                setattr(self, name, value)

    def _queue(self, path: str, body: Json) -> None:
        self.notices.append({"path": path, "body": json.dumps(body), "tries": 0, "at": self.now()})


def shown(thing: Mapping[str, Any]) -> Json:
    """A thing as others may see it."""
    return deepcopy({key: value for key, value in thing.items() if not key.startswith("_")})
