"""Versions of a draft: which are kept, what tells two apart, how one reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from marketplace.campaigns.rules.versions import NEWEST_KEPT, Kept, as_text, mark, surplus

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def saved(*minutes: float, is_auto: bool = False) -> list[Kept]:
    """Versions saved so many minutes after noon, newest first."""
    made = [
        Kept(number, NOON + timedelta(minutes=at), is_auto)
        for number, at in enumerate(minutes, start=1)
    ]
    return made[::-1]


class TestWhichAreKept:
    def test_everything_saved_by_hand_within_the_newest_fifty_stays(self) -> None:
        assert surplus(saved(*(at / 60 for at in range(NEWEST_KEPT)))) == []

    def test_of_what_was_saved_while_typing_the_last_of_ten_minutes_stays(self) -> None:
        assert surplus(saved(0, 1, 9, 10, 11, is_auto=True)) == [4, 2, 1]

    def test_a_save_by_hand_is_no_reason_to_give_up_an_earlier_one_by_hand(self) -> None:
        typed, pressed = saved(0, is_auto=True)[0], saved(0, 1, 2)[:2]

        assert surplus([*pressed, typed]) == [1]

    def test_before_the_newest_fifty_the_last_of_every_day_stays(self) -> None:
        days = [day * 1440.0 for day in range(3) for _save in range(2)]
        recent = [5 * 1440.0 + at for at in range(NEWEST_KEPT)]

        assert surplus(saved(*days, *recent)) == [5, 3, 1]

    def test_the_newest_always_stays(self) -> None:
        assert surplus(saved(0, is_auto=True)) == []


def test_two_texts_have_different_marks_and_the_same_text_one() -> None:
    assert mark(["A lamp", "", "tech"]) == mark(["A lamp", "", "tech"])
    assert mark(["A lamp", "", "tech"]) != mark(["A", "lamp", "tech"])


def test_a_version_reads_as_words() -> None:
    parts = {
        "basics": ["A lamp", "Light", "design", "en"],
        "story": '<h2>Why</h2><p>Because.</p><img src="/media/x" alt="A kiln">',
        "risks": "It may crack.",
        "budget": [["Clay", 150_000, "EUR"]],
        "timeline": [["2027-03", "Kiln"], ["2027-05", "Lamps"]],
        "faq": [["Is it safe?", "Yes."]],
    }

    assert as_text(parts) == {
        "basics": "A lamp · Light · design · en",
        "story": "Why Because. [A kiln]",
        "risks": "It may crack.",
        "budget": "Clay · EUR 1,500.00",
        "timeline": "2027-03 · Kiln | 2027-05 · Lamps",
        "faq": "Is it safe? · Yes.",
    }
