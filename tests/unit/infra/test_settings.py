"""What the environment may say, and the sentence for each mistake."""

from __future__ import annotations

import base64

import pytest

from marketplace.infra.settings import SettingsTrouble, read

FILE_KEY = base64.b64encode(bytes(32)).decode()
PRODUCTION = {
    "KINDLING_ENV": "production",
    "SECRET_KEY": "k" * 32,
    "FILE_KEYS": FILE_KEY,
    "DATABASE_URL": "postgresql://kindling@db/kindling",
    "SITE_URL": "https://kindling.example",
    "ESCROW_PROVIDER": "stripe",
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "RISK_PROVIDER": "http",
    "RISK_URL": "https://risk.example/v1/",
    "RISK_KEY": "risk_1",
}


def mistakes(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsTrouble) as trouble:
        read(environ)
    return str(trouble.value)


def test_nothing_set_is_a_site_to_try() -> None:
    found = read({})

    assert (found.escrow_provider, found.port, found.production) == ("simulator", 8000, False)
    assert found.site_url == "http://127.0.0.1:8000"
    assert found.database_url is None
    assert not found.secure_cookies


def test_a_whole_production_is_accepted() -> None:
    found = read(PRODUCTION)

    assert found.production
    assert found.secure_cookies
    assert found.stripe_webhook_secrets == ("whsec_1",)
    assert (found.risk_url, found.risk_key) == ("https://risk.example/v1", "risk_1")
    assert (found.stripe_thin_webhook_secrets, found.stripe_default_country) == ((), "DE")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY of at least 32 characters"),
        ({"SECRET_KEY": "development-only-secret-key"}, "SECRET_KEY of at least 32 characters"),
        ({"SECRET_KEY": "k" * 31}, "SECRET_KEY of at least 32 characters"),
        ({"FILE_KEYS": " , "}, "Production needs FILE_KEYS"),
        ({"ESCROW_PROVIDER": "simulator"}, "Production refuses the simulator"),
        ({"ESCROW_PROVIDER": ""}, "Production refuses the simulator"),
        ({"DATABASE_URL": ""}, "Production needs DATABASE_URL"),
        ({"SITE_URL": "http://kindling.example"}, "SITE_URL that starts with https://"),
        ({"SITE_URL": ""}, "SITE_URL that starts with https://"),
        ({"STRIPE_SECRET_KEY": ""}, "needs STRIPE_SECRET_KEY"),
        ({"STRIPE_WEBHOOK_SECRET": " , "}, "needs STRIPE_WEBHOOK_SECRET"),
        ({"STRIPE_SECRET_KEY": "pk_live_1"}, "must be a secret key"),
        ({"STRIPE_DEFAULT_COUNTRY": "Germany"}, "two capital letters"),
        ({"STRIPE_DEFAULT_COUNTRY": "de"}, "two capital letters"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:1"}, "STRIPE_API_BASE that starts with https://"),
        ({"RISK_PROVIDER": ""}, "Production refuses the simulated risk sources"),
        ({"RISK_PROVIDER": "simulated"}, "Production refuses the simulated risk sources"),
        ({"RISK_URL": "http://risk.example"}, "RISK_URL that starts with https://"),
        ({"RISK_URL": "risk.example"}, "needs a RISK_URL that starts with"),
        ({"RISK_KEY": ""}, "needs RISK_KEY"),
    ],
)
def test_production_refuses(change: dict[str, str], sentence: str) -> None:
    assert sentence in mistakes(PRODUCTION | change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "8000.5"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_REPLICA_URL", "host/name"),
        ("ESCROW_PROVIDER", "Stripe"),
        ("ESCROW_PROVIDER", "gold"),
        ("RISK_PROVIDER", "oracle"),
        ("SITE_URL", "kindling.example"),
        ("KINDLING_ENV", "prod"),
        ("MAIL_URL", "mail.example:25"),
        ("STORAGE_URL", "s3://bucket"),
        ("FILE_KEYS", "c2hvcnQ="),
        ("FILE_KEYS", f"{FILE_KEY},not base64"),
    ],
)
def test_a_mistake_names_its_setting(name: str, value: str) -> None:
    assert name in mistakes({name: value})


def test_a_bank_as_escrow_needs_its_account() -> None:
    told = mistakes({"ESCROW_PROVIDER": "bank", "BANK_IBAN": "DE89 3704 0044 0532 0130 00"})

    assert [name in told for name in ("BANK_IBAN", "BANK_BIC", "BANK_HOLDER", "BANK_NAME")] == [
        False,
        True,
        True,
        True,
    ]


def test_all_mistakes_are_told_at_once() -> None:
    told = mistakes({"PORT": "x", "ESCROW_PROVIDER": "gold", "DATABASE_URL": "mysql://"})

    assert all(name in told for name in ("PORT", "ESCROW_PROVIDER", "DATABASE_URL"))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_spelling_of_a_postgresql_address_is_taken(scheme: str) -> None:
    found = read({"DATABASE_URL": f"{scheme}://me@host/name"})

    assert found.database_url == "postgresql://me@host/name"


def test_several_webhook_secrets_are_taken_while_they_are_changed() -> None:
    assert read(PRODUCTION | {"STRIPE_WEBHOOK_SECRET": "a, b,"}).stripe_webhook_secrets == (
        "a",
        "b",
    )
