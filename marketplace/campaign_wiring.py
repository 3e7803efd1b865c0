"""The part of THE list that is about campaigns, kept beside `wiring` so that both can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import marketplace.campaigns.events as campaign
import marketplace.community.events as community
from marketplace.backoffice import moderation as moderation_desk
from marketplace.campaigns import checks, forms, views
from marketplace.campaigns.events import asking, changes, digital, launching, teams
from marketplace.campaigns.events import parts as part
from marketplace.campaigns.events import searching as searched
from marketplace.campaigns.events import suspending as suspension
from marketplace.campaigns.events import waiting as line
from marketplace.campaigns.forms import changes as changes_forms
from marketplace.campaigns.forms import digital as digital_forms
from marketplace.campaigns.forms import drafting as drafting_forms
from marketplace.campaigns.forms import fulfilling as fulfilling_forms
from marketplace.campaigns.forms import funding as funding_forms
from marketplace.campaigns.forms import launching as launching_forms
from marketplace.campaigns.forms import rewards as rewards_forms
from marketplace.campaigns.forms import searching as search_forms
from marketplace.campaigns.forms import since as since_forms
from marketplace.campaigns.forms import stretching as stretching_forms
from marketplace.campaigns.forms import surveys as survey_forms
from marketplace.campaigns.forms import suspending as suspending_forms
from marketplace.campaigns.forms import teams as teams_forms
from marketplace.campaigns.forms import updates as update_forms
from marketplace.campaigns.forms import waiting as waiting_forms
from marketplace.campaigns.handlers import changes as changed
from marketplace.campaigns.handlers import hidden
from marketplace.campaigns.handlers import moderation as moderated
from marketplace.campaigns.jobs import addresses as address_jobs
from marketplace.campaigns.jobs import lateness as late_jobs
from marketplace.campaigns.jobs import launching as launching_jobs
from marketplace.campaigns.jobs import searching as search_jobs
from marketplace.campaigns.jobs import stretching as stretching_jobs
from marketplace.campaigns.jobs import updates as update_jobs
from marketplace.campaigns.jobs import waiting as waiting_jobs
from marketplace.community import forms as community_forms
from marketplace.discovery import jobs as discovery_jobs
from marketplace.discovery import views as discovery_views
from marketplace.infra import jobs
from marketplace.infra.events import Event, Handler
from marketplace.ledger.checks import Invariant
from marketplace.moderation import events as moderation
from marketplace.moderation import forms as moderation_forms
from marketplace.moderation import jobs as moderation_jobs
from marketplace.notifications import (
    asking_letters,
    campaign_letters,
    change_letters,
    digital_letters,
    dispute_letters,
    funding_letters,
    holding_letters,
    launch_letters,
    moderation_letters,
    part_letters,
    search_letters,
    suspension_letters,
    talk_letters,
    team_letters,
    update_letters,
    waiting_letters,
)
from marketplace.pages import appealing, moderation_log, reporting
from marketplace.settlement import handlers as settlement

BLUEPRINTS: Final[Sequence[Any]] = (
    *(views.bp, moderation_desk.bp),
    *(reporting.bp, moderation_log.bp, appealing.bp),
    discovery_views.bp,
)

# The left side announces, the right side is told, at least once.
EVENTS: Final[Mapping[type[Event], Sequence[Handler]]] = {
    campaign.CampaignSubmitted: [campaign_letters.on_submitted],
    campaign.CampaignApproved: [
        campaign_letters.on_approved,
        update_letters.on_live,
        launch_letters.on_launched,
    ],
    launching.CampaignScheduled: [launch_letters.on_scheduled],
    launching.CampaignLaunched: [
        campaign_letters.on_approved,
        update_letters.on_live,
        launch_letters.on_launched,
    ],
    campaign.CampaignReturned: [campaign_letters.on_returned],
    campaign.CampaignCollecting: [campaign_letters.on_collecting],
    campaign.CampaignWentOn: [funding_letters.on_went_on],
    campaign.StretchGoalReached: [funding_letters.on_stretch],
    campaign.LatePledgesReleased: [funding_letters.on_late_released],
    campaign.CampaignFunded: [
        campaign_letters.on_funded,
        update_letters.on_funded,
        digital_letters.on_funded,
    ],
    digital.RewardFileAdded: [digital_letters.on_added],
    campaign.CampaignUnfunded: [campaign_letters.on_unfunded],
    campaign.CampaignGivenBack: [holding_letters.on_given_back],
    campaign.CampaignPaidOut: [campaign_letters.on_paid_out],
    campaign.CampaignPayoutFailed: [campaign_letters.on_payout_failed],
    campaign.PledgePromised: [campaign_letters.on_promised, change_letters.on_paid],
    campaign.PledgeDeclined: [campaign_letters.on_declined],
    campaign.PledgeReminded: [campaign_letters.on_reminded],
    campaign.PledgeHeld: [campaign_letters.on_held, change_letters.on_paid],
    campaign.PledgeCancelled: [campaign_letters.on_cancelled],
    campaign.PledgeRefunded: [campaign_letters.on_refunded],
    campaign.PledgeChargedBack: [dispute_letters.on_pledge_charged_back],
    campaign.PledgeRestored: [dispute_letters.on_pledge_restored],
    campaign.PledgeCameBack: [dispute_letters.on_pledge_came_back],
    campaign.UpdatePosted: [update_letters.on_update],
    asking.SurveyAsked: [asking_letters.on_asked],
    asking.DeliveryLate: [asking_letters.on_late],
    asking.UpdateWished: [asking_letters.on_wished],
    asking.StepsMoved: [asking_letters.on_moved],
    searched.SearchMatched: [search_letters.on_matched],
    line.PlaceOffered: [waiting_letters.on_offered],
    line.PlaceLapsed: [waiting_letters.on_lapsed],
    community.CommentPosted: [talk_letters.on_comment],
    community.CommentHidden: [talk_letters.on_hidden],
    part.FulfilmentShipped: [part_letters.on_shipped],
    part.FulfilmentAccepted: [settlement.look_at_holdback, part_letters.on_accepted],
    part.ObjectionRaised: [part_letters.on_objection],
    part.ObjectionDecided: [settlement.look_at_holdback],
    part.FulfilmentDecided: [part_letters.on_decided],
    part.PartReturned: [part_letters.on_part_returned],
    part.MilestoneClaimed: [part_letters.on_claimed],
    part.MilestoneGranted: [part_letters.on_granted],
    part.MilestoneRefused: [part_letters.on_refused],
    part.TranchePaid: [part_letters.on_tranche],
    changes.ChangeApproved: [change_letters.on_approved],
    changes.ChangeRefused: [change_letters.on_refused],
    changes.ChangeLapsed: [change_letters.on_lapsed],
    changes.ReconfirmationReminded: [change_letters.on_reminded],
    changes.BackerLeft: [settlement.let_go],
    changes.PromiseNotKept: [change_letters.on_not_kept],
    teams.MemberInvited: [team_letters.on_invited],
    teams.MemberJoined: [team_letters.on_joined],
    teams.MemberRemoved: [team_letters.on_removed],
    suspension.CampaignSuspended: [settlement.shut_pages, suspension_letters.on_suspended],
    suspension.SuspensionLifted: [settlement.pay_out_lifted, suspension_letters.on_lifted],
    suspension.EndAgreed: [settlement.stop_ended],
    suspension.CampaignStopped: [suspension_letters.on_stopped],
    moderation.CaseDecided: [moderation_jobs.wait_for_effect],
    moderation.DecisionEffective: [
        moderated.carry_out,
        hidden.carry_out,
        changed.carry_out,
        moderation_letters.on_decided,
    ],
    moderation.DecisionOverturned: [moderated.take_back, hidden.take_back, changed.take_back],
}

# Who only writes to people about campaigns.
LETTERS: Final = (
    asking_letters.__name__,
    campaign_letters.__name__,
    change_letters.__name__,
    digital_letters.__name__,
    funding_letters.__name__,
    launch_letters.__name__,
    part_letters.__name__,
    search_letters.__name__,
    suspension_letters.__name__,
    talk_letters.__name__,
    team_letters.__name__,
    moderation_letters.__name__,
    update_letters.__name__,
    waiting_letters.__name__,
)

# Name, when (cron, wall time; what is due is decided by the business clock), what.
PERIODIC: Final[Sequence[tuple[str, str, jobs.JobFunction]]] = (
    ("discovery.trends", "*/15 * * * *", discovery_jobs.score),
    ("moderation.effects", "* * * * *", moderation_jobs.take_effect),
    ("campaigns.launches", "* * * * *", launching_jobs.launch),
    ("campaigns.late", "13 8 * * *", late_jobs.tell_late),
    ("campaigns.searches", "41 6 * * *", search_jobs.tell_searches),
    ("campaigns.stretching", "* * * * *", stretching_jobs.note_reached),
    ("campaigns.addresses", "47 3 * * *", address_jobs.forget_addresses),
    ("campaigns.offers", "* * * * *", waiting_jobs.move_lines),
    ("campaigns.updates", "* * * * * */10", update_jobs.send_updates),
)

INVARIANTS: Final[Sequence[Invariant]] = checks.INVARIANTS

REFUSALS: Final[Sequence[Mapping[str, Any]]] = (
    forms.REFUSALS,
    changes_forms.REFUSALS,
    digital_forms.REFUSALS,
    launching_forms.REFUSALS,
    drafting_forms.REFUSALS,
    fulfilling_forms.REFUSALS,
    funding_forms.REFUSALS,
    stretching_forms.REFUSALS,
    rewards_forms.REFUSALS,
    moderation_forms.REFUSALS,
    survey_forms.REFUSALS,
    search_forms.REFUSALS,
    since_forms.REFUSALS,
    suspending_forms.REFUSALS,
    teams_forms.REFUSALS,
    update_forms.REFUSALS,
    waiting_forms.REFUSALS,
    community_forms.REFUSALS,
)
