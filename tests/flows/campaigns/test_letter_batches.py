"""A letter to many is written in batches, each beginning after the last of the one before."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Flask

from marketplace.infra import jobs
from marketplace.notifications.batches import in_batches

PEOPLE: Final = [UUID(int=number) for number in range(1, 502)]

written: list[list[UUID]] = []


@in_batches("tests.letters")
def to_people(*, about: str, after: UUID | None, limit: int) -> list[UUID]:
    assert about == "news"
    batch = [person for person in PEOPLE if after is None or person > after][:limit]
    written.append(batch)
    return batch


def test_everybody_is_in_one_batch_and_the_first_that_is_not_full_is_the_last(app: Flask) -> None:
    to_people(about="news")

    assert jobs.run_due() == 3
    assert [person for batch in written for person in batch] == PEOPLE
