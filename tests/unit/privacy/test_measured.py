"""Recall and precision on names, sentences and numbers that the scrubber's rules were not written from."""

from __future__ import annotations

import pytest

from streams.privacy.scrub import scrub_text
from tests.fixtures.labelled_texts import NAMES, NUMBERS, SPARED, Labelled, Piece, Scores, judged, labelled_texts

TEXTS = 20_000


@pytest.fixture(scope="module")
def scores(who: str) -> Scores:
    texts = labelled_texts(TEXTS)
    return judged(texts, scrub_text([one.text for one in texts]))


def test_the_figures_are_seen(scores: Scores, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(scores.recall) == {*NUMBERS, *NAMES}
    assert set(scores.survival) == set(SPARED)
    assert min(count for count, _ in (*scores.recall.values(), *scores.survival.values())) > 200
    with capsys.disabled():
        print(f"\nscrubber on {TEXTS:,} labelled texts", *scores.lines(), sep="\n  ")


@pytest.mark.parametrize("kind", NUMBERS)
def test_of_each_kind_of_number_at_least_99_in_100_are_hidden(scores: Scores, kind: str) -> None:
    assert scores.rate("recall", kind) >= 0.99


@pytest.mark.parametrize("kind", NAMES)
def test_at_least_95_of_100_names_are_hidden_to_the_last_character(scores: Scores, kind: str) -> None:
    assert scores.rate("recall", kind) >= 0.95


def test_of_100_marks_at_least_99_stand_for_something_personal(scores: Scores) -> None:
    assert scores.rate("precision") >= 0.99
    assert all(scores.rate("precision", mark) >= 0.98 for mark in scores.precision)


@pytest.mark.parametrize("kind", SPARED)
def test_what_a_matter_is_about_survives_in_98_of_100_places(scores: Scores, kind: str) -> None:
    assert scores.rate("survival", kind) >= 0.98


def test_the_judge_sees_a_miss_half_a_name_and_a_mark_too_many() -> None:
    text = "我叫王小明,电话13912345678,编号20260302。"
    labels = Labelled(text, (Piece("name_introduced", 2, 5), Piece("mobile", 8, 19), Piece("order", 22, 30)))
    assert text[2:5] + text[8:19] + text[22:30] == "王小明1391234567820260302"
    right = judged([labels], ["我叫〔姓名〕,电话〔电话〕,编号20260302。"])
    assert (right.rate("recall"), right.rate("precision"), right.rate("survival")) == (1, 1, 1)
    assert judged([labels], [text]).rate("recall") == 0
    half = judged([labels], ["我叫〔姓名〕明,电话〔电话〕,编号〔证件号〕。"])
    assert half.recall == {"mobile": (1, 1), "name_introduced": (1, 0)}
    assert half.rate("precision") == pytest.approx(2 / 3)
    assert half.rate("survival") == 0
    with pytest.raises(AssertionError, match="only replace"):
        judged([labels], ["something else"])
