"""What is delivered digitally in the demo world, what people say, and whom they follow.

Everything here has dice and form keys of its own: the rest of the world is not changed by it.
"""

from __future__ import annotations

import io
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from marketplace.campaigns.queries import audiences, rewards
from marketplace.campaigns.services import answering, digital
from marketplace.campaigns.services.digital import Terms
from marketplace.community.rules import Kind
from marketplace.community.services import commenting, following
from marketplace.community.services.commenting import Subject
from marketplace.demo.script import Project
from marketplace.demo.songs import song
from marketplace.demo.stage import Agenda, Stage
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.media.services.recordings import Said, prepare

_TALK: Final = Path(__file__).parent / "talk.toml"
_FOLLOWERS: Final = (2, 9)
_FOLLOW_DAYS: Final = 12
_VISITORS_FOLLOW_EVERY: Final = 4  # the backer one can sign in as follows one campaign of so many
_QUOTA: Final = 5


def stage_talk(
    stage: Stage, project: Project, number: int, campaign_id: UUID, on_day: Agenda
) -> None:
    """Put on the agenda what is said about a campaign that went live, and what it delivers."""
    talk = _Talk(stage, project, Subject("campaign", campaign_id), on_day)
    for at, said in enumerate(_about("said", project.title)):
        talk.on(said["day"], partial(talk.say, said, f"talk-{number}-{at}"))
    for album in _about("album", project.title):
        talk.on(album["day"], partial(_deliver, stage, project, campaign_id, album))
    follow = partial(_follow, stage, project, number, campaign_id)
    talk.on(min(_FOLLOW_DAYS, project.duration - 1), follow)


@dataclass(frozen=True, slots=True)
class _Talk:
    """What is said about one campaign."""

    stage: Stage
    project: Project
    about: Subject
    on_day: Agenda

    def on(self, day: int, act: Callable[[], None]) -> None:
        self.on_day(self.project.launch_day + day, act)

    def say(self, said: dict[str, Any], key: str) -> None:
        kind = Kind(said["kind"])
        who = _speaker(self.stage, self.about.id, kind, key)
        made = self._post(who, self.about, kind, said["body"], key)
        if "answer" in said:
            day = said["day"] + said["answer_after"]
            self.on(day, partial(self._answer, kind, said["answer"], made))

    def _answer(self, kind: Kind, words: str, to: UUID) -> None:
        about = replace(self.about, by_owner=True)
        sponsor = self.stage.cast[self.project.by]
        self._post(sponsor, about, kind, words, f"answer-{to}", to)
        if kind is Kind.QUESTION:
            answering.take_over(sponsor, self.about.id, to, self.stage.now)

    def _post(  # noqa: PLR0917 - all of it is one sentence
        self,
        who: Actor,
        about: Subject,
        kind: Kind,
        words: str,
        key: str,
        to: UUID | None = None,
    ) -> UUID:
        return commenting.post(
            who, about, kind, body=words, parent_id=to, form_key=key, now=self.stage.now
        )


def _speaker(stage: Stage, campaign_id: UUID, kind: Kind, key: str) -> Actor:
    """Return who speaks: for a comment somebody who backs it, if anybody does."""
    dice, crowd = random.Random(key), [stage.cast[name] for name in stage.keys("crowd")]
    backers = [who for who in crowd if audiences.backs(campaign_id, who.known())]
    db.session.rollback()
    return dice.choice(backers if backers and kind is Kind.COMMENT else crowd)


def _deliver(stage: Stage, project: Project, campaign_id: UUID, album: dict[str, Any]) -> None:
    sponsor = stage.cast[project.by]
    tiers = [tier.id for tier in rewards.of_campaign(campaign_id) if tier.title in album["tiers"]]
    db.session.rollback()
    for track in album["song"]:
        data = song(
            track["seed"],
            steps=track["steps"],
            voices=track["voices"],
            crane=track.get("crane", False),
        )
        for reward_id in tiers:
            digital.add_file(
                sponsor,
                campaign_id,
                reward_id,
                prepare(io.BytesIO(data)),
                terms=Terms(track["title"], album["licence"], _QUOTA),
                said=Said(transcript=track["words"]),
                form_key=f"{track['seed']}-{reward_id}",
                now=stage.now,
            )


def _follow(stage: Stage, project: Project, number: int, campaign_id: UUID) -> None:
    dice, crowd = random.Random(f"follow/{number}"), stage.keys("crowd")
    chosen = dice.sample(crowd, dice.randint(*_FOLLOWERS))
    if number % _VISITORS_FOLLOW_EVERY == 0:
        chosen.append("crowd-0")
    for key in chosen:
        following.follow(stage.cast[key], "campaign", campaign_id, stage.now)
    sponsor = stage.cast[project.by].known()
    following.follow(stage.cast[chosen[0]], "sponsor", sponsor, stage.now)


def _about(what: str, title: str) -> list[dict[str, Any]]:
    return [entry for entry in _told()[what] if entry["project"] == title]


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(_TALK.read_text(encoding="utf-8"))
