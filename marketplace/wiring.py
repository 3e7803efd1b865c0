"""THE list: blueprints, events, jobs, adapters. The whole house on one screen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
from flask import Flask
from flask_wtf.csrf import CSRFProtect

import marketplace.contracts.events as contract
import marketplace.escrow.events as escrow_event
import marketplace.loans.events as loan
import marketplace.risk.events as risk_event
from marketplace import backoffice, campaign_wiring
from marketplace.backoffice import bank as bank_desk
from marketplace.backoffice import refusals as desk_refusals
from marketplace.campaigns import handlers as campaigns
from marketplace.campaigns.handlers import parts as pledge_parts
from marketplace.campaigns.views import visiting
from marketplace.contracts import forms as contract_forms
from marketplace.contracts import gateway as signer_gateway
from marketplace.contracts import jobs as contract_jobs
from marketplace.contracts import views as contract_views
from marketplace.contracts.adapters.authority import Authority
from marketplace.contracts.adapters.builtin import BuiltInSigner
from marketplace.contracts.adapters.remote import RemoteSigner
from marketplace.escrow import gateway
from marketplace.escrow import jobs as escrow_jobs
from marketplace.escrow import queries as escrow
from marketplace.escrow import views as escrow_views
from marketplace.escrow.adapters import bank, simulator, stripe
from marketplace.escrow.adapters.paced import PacedGateway
from marketplace.escrow.queries import dead_letters
from marketplace.escrow.queries.dead_letters import Owners
from marketplace.identity import forms as identity_forms
from marketplace.identity import handlers as identity
from marketplace.identity import jobs as identity_jobs
from marketplace.identity import views as identity_views
from marketplace.identity.events import MailAsked
from marketplace.infra import events, jobs, jobs_stalled
from marketplace.infra.events import Event, Handler
from marketplace.infra.settings import Settings
from marketplace.ledger import checks
from marketplace.ledger import jobs as ledger_jobs
from marketplace.loans import checks as loan_checks
from marketplace.loans import handlers as loans
from marketplace.loans import jobs as loan_jobs
from marketplace.loans import views as loan_views
from marketplace.loans.forms import (
    application_refusals,
    line_refusals,
    product_refusals,
    review_refusals,
    valuation_refusals,
    voucher_refusals,
    write_off_words,
)
from marketplace.loans.forms import refusals as loan_refusals
from marketplace.media import forms as media_forms
from marketplace.media import views as media_views
from marketplace.media.forms import recordings as recording_forms
from marketplace.notifications import (
    application_letters,
    arrears_letters,
    contract_letters,
    difference_letters,
    dispute_letters,
    holding_letters,
    line_letters,
    loan_letters,
    review_letters,
    voucher_letters,
)
from marketplace.notifications import pages as letter_pages
from marketplace.pages import bank as bank_pages
from marketplace.pages import home, money, proof, reading, styleguide, styles
from marketplace.risk import faults as risk_faults
from marketplace.risk import gateway as risk_gateway
from marketplace.risk import jobs as risk_jobs
from marketplace.risk.adapters import http as risk_http
from marketplace.risk.adapters import simulated as risk_simulated
from marketplace.settlement import checks as settlement_checks
from marketplace.settlement import handlers as settlement
from marketplace.settlement import jobs as settlement_jobs
from marketplace.settlement.events import (
    DayClosed,
    HoldingAlarmed,
    InstalmentAlerted,
    LateLoansTold,
    LoanWrittenOff,
    LossTold,
    ReserveShort,
)
from marketplace.web import rendering

BLUEPRINTS: Sequence[Any] = (
    styles.bp,
    *(home.bp, proof.bp, reading.bp, styleguide.bp, money.bp, bank_pages.bp),
    *identity_views.BLUEPRINTS,
    *(media_views.bp, escrow_views.bp, contract_views.bp),
    *(*campaign_wiring.BLUEPRINTS, loan_views.bp, letter_pages.bp),
    *backoffice.BLUEPRINTS,
)

# Who wants to know what. The left side announces, the right side is told, at least once.
EVENTS: Mapping[type[Event], Sequence[Handler]] = {
    MailAsked: [identity.answer_mail_request],
    escrow_event.CheckoutPaid: [campaigns.take_in_payments, loans.take_in_payment],
    escrow_event.CheckoutExpired: [campaigns.give_up_checkout, loans.give_up_checkout],
    escrow_event.MeansSaved: [campaigns.note_saved_card, loans.note_saved_card],
    escrow_event.SetupExpired: [campaigns.give_up_checkout, loans.give_up_setup],
    escrow_event.ChargeFailed: [campaigns.note_decline, loans.note_decline],
    escrow_event.TopUpSettled: [loans.credit_voucher],
    escrow_event.TopUpFailed: [loans.note_voucher_not_brought_in],
    escrow_event.RefundSettled: [
        campaigns.note_refund,
        pledge_parts.note_refund,
        loans.note_refund,
    ],
    escrow_event.RefundFailed: [
        campaigns.keep_failed_refund,
        pledge_parts.keep_failed_refund,
        loans.keep_failed_refund,
    ],
    escrow_event.RefundReturned: [
        campaigns.take_returned_refund,
        pledge_parts.take_returned_refund,
        loans.take_returned_refund,
    ],
    escrow_event.TransferSettled: [
        campaigns.note_payout,
        pledge_parts.note_tranche,
        loans.note_transfer,
    ],
    escrow_event.TransferFailed: [
        campaigns.note_failed_payout,
        pledge_parts.take_back_tranche,
        loans.note_failed_transfer,
    ],
    escrow_event.TransferReturned: [
        campaigns.take_returned_payout,
        pledge_parts.take_back_tranche,
        loans.take_returned_transfer,
    ],
    escrow_event.ReversalSettled: [settlement.note_reversal],
    escrow_event.ReversalFailed: [settlement.note_failed_reversal],
    escrow_event.TryAgainAsked: [settlement.try_payout_again],
    escrow_event.PayeeReady: [settlement.pay_out_waiting, settlement.send_stranded_on],
    escrow_event.PayeeWithdrawn: [dispute_letters.on_payee_withdrawn],
    escrow_event.PayeeBankRefused: [dispute_letters.on_bank_refused],
    escrow_event.DisputeOpened: [dispute_letters.on_opened],
    escrow_event.MoneyTakenBack: [settlement.recover_loss],
    escrow_event.DisputeClosed: [settlement.undo_recovery, dispute_letters.on_closed],
    escrow_event.DifferenceStands: [difference_letters.on_difference_standing],
    **campaign_wiring.EVENTS,
    loan.VoucherUploaded: [voucher_letters.on_uploaded],
    loan.VoucherDecided: [voucher_letters.on_decided],
    loan.LoanSubmitted: [loan_letters.on_submitted],
    risk_event.RiskReported: [review_letters.on_reported],
    loan.LoanReturned: [application_letters.on_returned],
    loan.DocumentMarked: [application_letters.on_marked],
    loan.MessageWritten: [application_letters.on_message],
    loan.LoanOffered: [loan_letters.on_offered],
    loan.LoanDeclined: [loan_letters.on_declined],
    loan.LoanListed: [loan_letters.on_listed, loan_jobs.auto_invest_soon],
    loan.AutoInvestOn: [loan_jobs.auto_invest_soon],
    loan.LoanFunded: [settlement.close_funding, loans.draft_contract, loan_letters.on_funded],
    contract.ContractDrafted: [contract_letters.on_drafted],
    contract.ContractSigned: [contract_letters.on_signed],
    loan.DisbursementApproved: [settlement.pay_out_approved],
    loan.LoanDisbursed: [loan_letters.on_disbursed],
    loan.LoanExpired: [loan_letters.on_expired],
    loan.LoanUnwound: [holding_letters.on_unwound],
    loan.LoanPaidOff: [loan_letters.on_paid_off],
    loan.CommitmentReserved: [loan_letters.on_reserved],
    loan.CommitmentConfirmed: [loan_letters.on_confirmed],
    loan.CommitmentWithdrawn: [loan_letters.on_commitment_withdrawn],
    loan.CommitmentRefunded: [loan_letters.on_refunded],
    loan.LoanQuestionAsked: [loan_letters.on_question_asked],
    loan.LoanQuestionAnswered: [loan_letters.on_question_answered],
    loan.LoanQuestionHidden: [loan_letters.on_question_hidden],
    loan.CommitmentChargedBack: [dispute_letters.on_commitment_charged_back],
    loan.BillReopened: [dispute_letters.on_bill_reopened],
    loan.WalletOwes: [dispute_letters.on_wallet_owes],
    loan.DisputeGivenBack: [dispute_letters.on_given_back],
    loan.RefundCameBack: [dispute_letters.on_refund_came_back],
    loan.DisbursementCameBack: [dispute_letters.on_disbursement_came_back],
    loan.LineGranted: [line_letters.on_granted],
    loan.LineChanged: [line_letters.on_changed],
    loan.LineStatementWritten: [line_letters.on_statement],
    loan.AutopayOn: [loan_letters.on_autopay],
    loan.ChargeAhead: [loan_letters.on_charge_ahead],
    loan.BillDeclined: [loan_letters.on_bill_declined],
    loan.BillIssued: [loan_letters.on_bill_issued],
    loan.PaymentReceived: [
        loan_letters.on_payment_received,
        settlement_jobs.distribute_soon,
    ],
    loan.BillLate: [loan_letters.on_bill_late],
    loan.WithdrawalSettled: [loan_letters.on_withdrawn],
    loan.WithdrawalFailed: [loan_letters.on_withdrawal_failed],
    InstalmentAlerted: [arrears_letters.on_alert],
    LateLoansTold: [arrears_letters.on_late_loans],
    LoanWrittenOff: [arrears_letters.on_written_off],
    LossTold: [arrears_letters.on_loss],
    DayClosed: [arrears_letters.on_day_closed],
    HoldingAlarmed: [holding_letters.on_alarms],
    ReserveShort: [dispute_letters.on_reserve_short],
}

# Who only writes to people. The demo world's year goes by without letters: nobody would read them.
LETTERS: Collection[str] = {
    arrears_letters.__name__,
    *campaign_wiring.LETTERS,
    contract_letters.__name__,
    difference_letters.__name__,
    dispute_letters.__name__,
    holding_letters.__name__,
    application_letters.__name__,
    line_letters.__name__,
    loan_letters.__name__,
    voucher_letters.__name__,
    review_letters.__name__,
}

# What a killed worker had in hand is settled within a minute (`make chaos`), so this is often.
EVERY_TEN_SECONDS = "* * * * * */10"

# What becomes of a failed instruction without an officer: the money goes to a wallet or stays
# with who bears the loss, or who owes it tries again.
OWNERS: Owners = Owners(
    mended=frozenset(
        {
            ("refund", "pledge"),
            ("refund", "pledge_surplus"),
            ("refund", "pledge_part"),
            ("refund", "commitment"),
            ("refund", "bill"),
            ("refund", "prepayment"),
            ("transfer", "withdrawal"),
            ("reversal", "chargeback"),
        }
    ),
    repeated=frozenset(
        {("transfer", "release"), ("transfer", "tranche"), ("transfer", "disbursement")}
    ),
)

# Name, when (cron, wall time; what is due is decided by the business clock), what.
PERIODIC: Sequence[tuple[str, str, jobs.JobFunction]] = (
    ("settlement.run", "* * * * *", settlement_jobs.run),
    ("escrow.sweep", "* * * * *", escrow_jobs.sweep_job),
    ("escrow.recover", EVERY_TEN_SECONDS, escrow_jobs.recover_job),
    ("escrow.mirror", "*/2 * * * *", escrow_jobs.mirror_job),
    ("risk.sweep", "* * * * *", risk_jobs.sweep_job),
    ("contracts.sweep", "* * * * *", contract_jobs.sweep_job),
    *campaign_wiring.PERIODIC,
    ("loans.auto_invest", "*/5 * * * *", loan_jobs.auto_invest),
    ("settlement.reserve", "41 6 * * *", settlement_jobs.watch_reserve),
    ("escrow.reconcile", "7 * * * *", escrow_jobs.reconcile_job),
    ("ledger.sweep", "*/5 * * * *", ledger_jobs.sweep_job),
    ("ledger.check", "*/5 * * * *", ledger_jobs.check_job),
    ("identity.tidy", "23 3 * * *", identity_jobs.tidy),
    ("jobs.revive", EVERY_TEN_SECONDS, jobs_stalled.revive_stalled),
)

REFUSALS: Sequence[Mapping[str, Any]] = (
    identity_forms.REFUSALS,
    media_forms.REFUSALS,
    recording_forms.REFUSALS,
    contract_forms.REFUSALS,
    *campaign_wiring.REFUSALS,
    loan_refusals.REFUSALS,
    application_refusals.REFUSALS,
    line_refusals.REFUSALS,
    product_refusals.REFUSALS,
    review_refusals.REFUSALS,
    valuation_refusals.REFUSALS,
    voucher_refusals.REFUSALS,
    write_off_words.REFUSALS,
    desk_refusals.REFUSALS,
    bank_desk.REFUSALS,
    bank_pages.REFUSALS,
)


def wire(app: Flask, settings: Settings, csrf: CSRFProtect) -> None:
    """Connect everything that is listed here to `app`."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    # Machines carry a signature, preferences ask where they come from: no form token.
    untokened = (escrow_views, identity_views, letter_pages, visiting)
    for view in (view for views in untokened for view in views.UNTOKENED):
        csrf.exempt(view)
    identity_views.sessions.install(app)
    gateway.install(PacedGateway(_provider(settings)))
    signer_gateway.install(_signer(settings))
    risk_gateway.install(_risk_sources(settings))
    rendering.install_holder_words(lambda: escrow.terms().label)
    tell_everybody()
    dead_letters.install(OWNERS)
    checks.register(
        *campaign_wiring.INVARIANTS, *loan_checks.INVARIANTS, *settlement_checks.INVARIANTS
    )
    jobs.schedule(PERIODIC)


def tell_everybody() -> None:
    """Tell everybody what happens; letters are written when nobody else waits."""
    events.subscribe(EVENTS, unhurried=LETTERS)


@contextmanager
def without_letters() -> Iterator[None]:
    """Tell everybody what happens except those who only write letters about it."""
    events.subscribe(
        {
            event: [handler for handler in handlers if handler.__module__ not in LETTERS]
            for event, handlers in EVENTS.items()
        }
    )
    try:
        yield
    finally:
        tell_everybody()


def refusal_sentences() -> dict[str, Any]:
    """Return the sentences of all packages' refusals."""
    return {code: text for table in REFUSALS for code, text in table.items()}


def _provider(settings: Settings) -> gateway.Gateway:
    if settings.escrow_provider == "stripe":
        return stripe.StripeGateway(
            settings.stripe_secret_key or "",
            settings.stripe_webhook_secrets,
            settings.stripe_api_base,
            thin_secrets=settings.stripe_thin_webhook_secrets,
            country=settings.stripe_default_country,
        )
    if settings.escrow_provider == "bank":
        return bank.BankGateway(bank.house_of(settings), settings.site_url)
    return simulator_at(settings)


def _risk_sources(settings: Settings) -> risk_gateway.Gateway:
    if settings.risk_provider == "http":
        return risk_http.HttpGateway(settings.risk_url or "", settings.risk_key or "")
    return risk_simulated.SimulatedGateway(lambda: risk_faults.chosen(settings.data_dir))


def _signer(settings: Settings) -> signer_gateway.Signer:
    if settings.sign_provider == "http":
        return RemoteSigner(settings.sign_url or "", settings.sign_key or "")
    return BuiltInSigner(
        Authority(settings.data_dir / "signing", settings.site_name, settings.sign_key)
    )


def simulator_at(
    settings: Settings, transport: httpx.BaseTransport | None = None
) -> gateway.Gateway:
    """Return the gateway to the simulator, over the network or over `transport`."""
    return simulator.SimulatorGateway(
        settings.simulator_url,
        settings.simulator_key,
        settings.simulator_webhook_secret,
        transport=transport,
    )
