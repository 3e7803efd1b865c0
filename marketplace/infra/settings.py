"""Settings: read from the environment once, checked once, a sentence for each mistake."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROVIDERS: Final = ("simulator", "stripe", "bank")
RISK_PROVIDERS: Final = ("simulated", "http")
SIGNERS: Final = ("builtin", "http")
_RUNNING: Final = "running.json"
KEY_BYTES: Final = 32  # of each of FILE_KEYS
_DEVELOPMENT_KEY: Final = "development-only-secret-key"  # production refuses it


class SettingsTrouble(Exception):
    """The environment cannot be used as it is; the message lists every mistake."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment decides. The names are those of the environment, in lower case."""

    database_url: str | None
    database_replica_url: str | None
    data_dir: Path
    secret_key: str
    file_keys: tuple[str, ...]
    site_name: str
    site_url: str
    escrow_provider: str
    simulator_url: str
    simulator_key: str
    simulator_webhook_secret: str
    stripe_secret_key: str | None
    stripe_webhook_secrets: tuple[str, ...]
    stripe_thin_webhook_secrets: tuple[str, ...]
    stripe_default_country: str
    stripe_api_base: str | None
    bank_iban: str | None
    bank_bic: str | None
    bank_holder: str | None
    bank_name: str | None
    bank_currency: str
    bank_own_iban: str | None
    collection_accounts: tuple[str, ...]
    bank_is_escrow: bool
    risk_provider: str
    risk_url: str | None
    risk_key: str | None
    sign_provider: str
    sign_url: str | None
    sign_key: str | None
    mail_url: str | None
    mail_from: str
    ratelimit_storage_uri: str
    port: int
    production: bool

    @property
    def secure_cookies(self) -> bool:
        """Whether the site is reached by https, so that cookies can insist on it."""
        return self.site_url.startswith("https://")


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in `environ`; raise `SettingsTrouble` naming every mistake.

    Left out, it is the process's own, after the addresses at which a site runs on its DATA_DIR:
    so an operator's command finds the running site's provider and writes its links.
    """
    env = _beside_a_running_site(os.environ) if environ is None else environ
    port = env.get("PORT", "8000")
    number = int(port) if port.isdecimal() and 0 < int(port) < 65536 else 0
    settings = _settings(env, number)
    mistakes = [*_mistakes(settings, port), *_misspelled(env), *_unsupported(env)]
    if mistakes:
        raise SettingsTrouble(" ".join(mistakes))
    return settings


@contextmanager
def running(data_dir: Path, *, site_url: str, simulator_url: str) -> Iterator[None]:
    """Let commands know at which addresses a site runs on `data_dir` while the block does.

    Raises `SettingsTrouble` where nothing can be written.
    """
    file = data_dir / _RUNNING
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"SITE_URL": site_url, "SIMULATOR_URL": simulator_url}))
    except OSError as error:
        raise SettingsTrouble(
            f"DATA_DIR {data_dir} cannot be written ({error.strerror}); "
            "name a folder of your own with DATA_DIR=/some/folder."
        ) from error
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _settings(env: Mapping[str, str], port: int) -> Settings:
    return Settings(
        database_url=_database_url(env.get("DATABASE_URL")),
        database_replica_url=_database_url(env.get("DATABASE_REPLICA_URL")),
        data_dir=Path(env.get("DATA_DIR") or ".data").resolve(),
        secret_key=env.get("SECRET_KEY") or _DEVELOPMENT_KEY,
        file_keys=_listed(env.get("FILE_KEYS", "")),
        site_name=env.get("SITE_NAME") or "Kindling",
        site_url=(env.get("SITE_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
        escrow_provider=env.get("ESCROW_PROVIDER") or "simulator",
        simulator_url=(
            env.get("SIMULATOR_URL") or f"http://127.0.0.1:{env.get('SIMULATOR_PORT') or 8001}"
        ).rstrip("/"),
        simulator_key=env.get("SIMULATOR_KEY") or "sim_key_development",
        simulator_webhook_secret=env.get("SIMULATOR_WEBHOOK_SECRET") or "sim_whsec_development",
        stripe_secret_key=env.get("STRIPE_SECRET_KEY") or None,
        stripe_webhook_secrets=_listed(env.get("STRIPE_WEBHOOK_SECRET", "")),
        stripe_thin_webhook_secrets=_listed(env.get("STRIPE_THIN_WEBHOOK_SECRET", "")),
        stripe_default_country=env.get("STRIPE_DEFAULT_COUNTRY") or "DE",
        stripe_api_base=env.get("STRIPE_API_BASE") or None,
        bank_iban=env.get("BANK_IBAN", "").replace(" ", "").upper() or None,
        bank_bic=env.get("BANK_BIC", "").strip().upper() or None,
        bank_holder=env.get("BANK_HOLDER", "").strip() or None,
        bank_name=env.get("BANK_NAME", "").strip() or None,
        bank_currency=env.get("BANK_CURRENCY") or "EUR",
        bank_own_iban=env.get("BANK_OWN_IBAN", "").replace(" ", "").upper() or None,
        collection_accounts=_collection_accounts(env),
        bank_is_escrow=env.get("BANK_IS_ESCROW") == "1",
        risk_provider=env.get("RISK_PROVIDER") or "simulated",
        risk_url=(env.get("RISK_URL") or "").rstrip("/") or None,
        risk_key=env.get("RISK_KEY") or None,
        sign_provider=env.get("SIGN_PROVIDER") or "builtin",
        sign_url=(env.get("SIGN_URL") or "").rstrip("/") or None,
        sign_key=env.get("SIGN_KEY") or None,
        mail_url=env.get("MAIL_URL") or None,
        mail_from=env.get("MAIL_FROM") or "Kindling <hello@kindling.example>",
        ratelimit_storage_uri=env.get("RATELIMIT_STORAGE_URI") or "memory://",
        port=port,
        production=env.get("KINDLING_ENV") == "production",
    )


def _beside_a_running_site(environ: Mapping[str, str]) -> dict[str, str]:
    file = Path(environ.get("DATA_DIR") or ".data") / _RUNNING
    try:
        addresses = json.loads(file.read_text())
    except (OSError, ValueError):
        addresses = {}
    if environ.get("SIMULATOR_PORT"):
        addresses.pop("SIMULATOR_URL", None)
    return {**addresses, **environ}


def _mistakes(settings: Settings, port: str) -> list[str]:
    found = []
    if not settings.port:
        found.append(f"PORT must be a whole number from 1 to 65535, not {port!r}.")
    if settings.escrow_provider not in PROVIDERS:
        found.append(
            f"ESCROW_PROVIDER must be one of {', '.join(PROVIDERS)},"
            f" not {settings.escrow_provider!r}."
        )
    if settings.escrow_provider == "bank":
        found.extend(_bank_mistakes(settings))
    if settings.escrow_provider == "stripe":
        found.extend(_stripe_mistakes(settings))
    found.extend(_risk_mistakes(settings))
    found.extend(_sign_mistakes(settings))
    if not all(file_key(text) for text in settings.file_keys):
        found.append(
            "Each of FILE_KEYS must be 32 bytes in base64, separated by commas;"
            " `flask --app wsgi files new-key` makes one."
        )
    if not settings.site_url.startswith(("http://", "https://")):
        found.append(f"SITE_URL must start with http:// or https://, not {settings.site_url!r}.")
    if settings.production:
        found.extend(_production_mistakes(settings))
    return found


def _collection_accounts(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the accounts that borrowers transfer to: as told, or the bank's, or a made-up one."""
    made_up = "" if env.get("KINDLING_ENV") == "production" else "DE02120300000000202051"
    told = env.get("COLLECTION_ACCOUNTS") or env.get("BANK_IBAN") or made_up
    return _listed(told.replace(" ", "").upper())


def _bank_mistakes(settings: Settings) -> list[str]:
    needed = {
        "BANK_IBAN": settings.bank_iban,
        "BANK_BIC": settings.bank_bic,
        "BANK_HOLDER": settings.bank_holder,
        "BANK_NAME": settings.bank_name,
    }
    return [f"ESCROW_PROVIDER=bank needs {name}." for name, value in needed.items() if not value]


def _risk_mistakes(settings: Settings) -> list[str]:
    if settings.risk_provider not in RISK_PROVIDERS:
        names = ", ".join(RISK_PROVIDERS)
        return [f"RISK_PROVIDER must be one of {names}, not {settings.risk_provider!r}."]
    if settings.risk_provider != "http":
        return []
    found = []
    if not (settings.risk_url or "").startswith(("http://", "https://")):
        found.append("RISK_PROVIDER=http needs a RISK_URL that starts with http:// or https://.")
    if not settings.risk_key:
        found.append("RISK_PROVIDER=http needs RISK_KEY.")
    return found


def _sign_mistakes(settings: Settings) -> list[str]:
    if settings.sign_provider not in SIGNERS:
        names = " or ".join(SIGNERS)
        return [f"SIGN_PROVIDER must be {names}, not {settings.sign_provider!r}."]
    if settings.sign_provider != "http":
        return []
    found = []
    if not (settings.sign_url or "").startswith(("http://", "https://")):
        found.append("SIGN_PROVIDER=http needs a SIGN_URL that starts with https:// or http://.")
    if not settings.sign_key:
        found.append("SIGN_PROVIDER=http needs SIGN_KEY.")
    if settings.production and (settings.sign_url or "").startswith("http://"):
        found.append("Production needs a SIGN_URL that starts with https://.")
    return found


def _stripe_mistakes(settings: Settings) -> list[str]:
    found = []
    if not settings.stripe_secret_key:
        found.append("ESCROW_PROVIDER=stripe needs STRIPE_SECRET_KEY.")
    elif not settings.stripe_secret_key.startswith(("sk_", "rk_")):
        found.append("STRIPE_SECRET_KEY must be a secret key (sk_…) or a restricted one (rk_…).")
    if not settings.stripe_webhook_secrets:
        found.append("ESCROW_PROVIDER=stripe needs STRIPE_WEBHOOK_SECRET.")
    country = settings.stripe_default_country
    if not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        found.append(f"STRIPE_DEFAULT_COUNTRY must be two capital letters, not {country!r}.")
    return found


def _production_mistakes(settings: Settings) -> list[str]:
    found = []
    if settings.secret_key == _DEVELOPMENT_KEY or len(settings.secret_key) < 32:
        found.append("Production needs a SECRET_KEY of at least 32 characters of its own.")
    if not settings.file_keys:
        found.append("Production needs FILE_KEYS, which private papers are encrypted with.")
    if settings.escrow_provider == "simulator":
        found.append("Production refuses the simulator: set ESCROW_PROVIDER=stripe.")
    if settings.risk_provider == "simulated":
        found.append("Production refuses the simulated risk sources: set RISK_PROVIDER=http.")
    if settings.risk_url and not settings.risk_url.startswith("https://"):
        found.append("Production needs a RISK_URL that starts with https://.")
    if settings.stripe_api_base and not settings.stripe_api_base.startswith("https://"):
        found.append("Production needs a STRIPE_API_BASE that starts with https://, or none.")
    if not settings.database_url:
        found.append("Production needs DATABASE_URL: the embedded server is for trying things.")
    if not settings.site_url.startswith("https://"):
        found.append("Production needs a SITE_URL that starts with https://.")
    return found


def _misspelled(env: Mapping[str, str]) -> list[str]:
    found = [
        f"{name} must be a PostgreSQL address such as postgresql://user@host/name."
        for name in ("DATABASE_URL", "DATABASE_REPLICA_URL")
        if env.get(name) and _database_url(env[name]) is None
    ]
    if env.get("KINDLING_ENV") not in {None, "", "development", "production"}:
        found.append(
            f"KINDLING_ENV must be development or production, not {env['KINDLING_ENV']!r}."
        )
    if env.get("MAIL_URL") and not env["MAIL_URL"].startswith(("smtp://", "smtps://")):
        found.append("MAIL_URL must start with smtp:// or smtps://.")
    if env.get("STRIPE_API_BASE") and not env["STRIPE_API_BASE"].startswith(
        ("http://", "https://")
    ):
        found.append("STRIPE_API_BASE must start with http:// or https://.")
    return found


def _unsupported(env: Mapping[str, str]) -> list[str]:
    if env.get("STORAGE_URL"):
        return ["STORAGE_URL is not supported yet: unset it and files are kept under DATA_DIR."]
    return []


def _database_url(text: str | None) -> str | None:
    """Return the address in libpq's spelling; None without one, or for one of another kind."""
    for scheme in ("postgresql://", "postgres://", "postgresql+psycopg://"):
        if text and text.startswith(scheme):
            return "postgresql://" + text.removeprefix(scheme)
    return None


def file_key(text: str) -> bytes | None:
    """Return the key that one of FILE_KEYS is; None for what is none."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_current: Settings | None = None


def install(settings: Settings) -> None:
    """Make `settings` those of this process."""
    global _current  # noqa: PLW0603 - one configuration a process
    _current = settings


def current_settings() -> Settings:
    """Return the settings of this process."""
    if _current is None:
        raise RuntimeError("settings are installed by the application factory")
    return _current
