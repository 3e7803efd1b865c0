"""Digital rewards: sound made by code, put to a reward, delivered."""

from __future__ import annotations

import io
import math
import struct
import wave
from uuid import UUID

from marketplace.campaigns.services import digital
from marketplace.campaigns.services.digital import Terms
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.media.services.recordings import Said, prepare
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.escrow import World

CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:01.000\n(a clarinet)\n"


def a_tone(seconds: float = 0.5, rate: int = 8000) -> bytes:
    """A WAV file with one note in it."""
    samples = (int(9000 * math.sin(math.tau * 440 * n / rate)) for n in range(int(seconds * rate)))
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return out.getvalue()


def add(
    sponsor: Actor,
    campaign_id: UUID,
    reward_id: UUID,
    data: bytes,
    *,
    title: str = "The silo",
    quota: int = 5,
    said: Said | None = None,
    key: str = "",
) -> UUID:
    """Put a file to a reward."""
    return digital.add_file(
        sponsor,
        campaign_id,
        reward_id,
        prepare(io.BytesIO(data)),
        terms=Terms(title, "For you alone.", quota),
        said=said or Said(),
        form_key=key or build.form_key(),
        now=clock.now(),
    )


def delivered(
    world: World, hand: clock.Hand, sponsor: Actor, backer: Actor, *, quota: int = 5
) -> tuple[UUID, UUID, UUID]:
    """A campaign that succeeded, the backer's pledge for its album, and the album's one song."""
    made = build.a_live_campaign(
        sponsor, goal=build.euros(100), days=5, tiers=[build.a_tier("12", title="Album")]
    )
    [reward_id] = build.reward_ids(made)
    song = add(sponsor, made, reward_id, a_tone(), quota=quota)
    pledge_id = build.pledged(world, made, "100", backer=backer, reward_id=reward_id)
    hand.advance(days=5)
    runner.run(clock.now())
    world.deliver()
    return made, pledge_id, song
