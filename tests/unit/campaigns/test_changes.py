"""What changed between two versions of a draft."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from marketplace.campaigns.changes import AROUND, Piece, compare, pieces

texts = st.lists(st.sampled_from("abcdef"), max_size=60).map(" ".join)


def test_a_word_that_was_changed_stands_between_the_words_that_were_not() -> None:
    assert pieces("a red lamp", "a blue lamp") == [
        Piece("same", "a"),
        Piece("gone", "red"),
        Piece("new", "blue"),
        Piece("same", "lamp"),
    ]


def test_only_parts_that_differ_are_named() -> None:
    found = compare({"story": "a", "risks": "b"}, {"story": "a", "risks": "c", "rewards": "d"})

    assert list(found) == ["risks", "rewards"]
    assert found["rewards"] == [Piece("new", "d")]


def test_long_unchanged_runs_are_shortened_to_the_words_around_a_change() -> None:
    words = [f"w{n}" for n in range(100)]
    found = pieces(" ".join(words), " ".join(["first", *words, "last"]))

    assert [piece.kind for piece in found] == ["new", "same", "skipped", "same", "new"]
    assert found[1].text.split() == words[:AROUND]
    assert found[3].text.split() == words[-AROUND:]


@given(texts, texts)
def test_nothing_new_and_nothing_gone_is_left_out(before: str, after: str) -> None:
    found = pieces(before, after)
    gone = [word for piece in found if piece.kind == "gone" for word in piece.text.split()]
    new = [word for piece in found if piece.kind == "new" for word in piece.text.split()]

    for word in set(before.split()) | set(after.split()):
        change = after.split().count(word) - before.split().count(word)
        assert new.count(word) - gone.count(word) == change
