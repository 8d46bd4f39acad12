"""Letters to city leaders: names in running text that no word announces, and words that begin like a name.

The letters (tests/data/privacy/letters.txt) are made up in the style of public ones, names between brackets, written
after the rules and never used to change them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from streams.privacy import names, persons
from streams.privacy.scrub import scrub_text
from tests.fixtures.labelled_texts import Labelled, Piece, Scores, judged

LETTERS = Path(__file__).resolve().parents[2] / "data" / "privacy" / "letters.txt"


def labelled(line: str) -> Labelled:
    pieces, text = [], ""
    for number, part in enumerate(re.split(r"[\[\]]", line)):
        if number % 2:
            pieces.append(Piece("name_introduced", len(text), len(text) + len(part)))
        text += part
    return Labelled(text, tuple(pieces))


@pytest.fixture(scope="module")
def scores(who: str) -> Scores:
    letters = [labelled(line) for line in LETTERS.read_text(encoding="utf-8").splitlines()]
    assert len(letters) >= 20
    return judged(letters, scrub_text([one.text for one in letters]))


def test_of_the_marks_in_letters_95_of_100_stand_for_a_name(scores: Scores) -> None:
    assert scores.recall["name_introduced"][0] >= 45
    assert scores.rate("precision", "〔姓名〕") >= 0.95


def test_of_the_names_in_letters_9_in_10_are_hidden_with_the_reader_and_7_in_10_without(
    scores: Scores, who: str
) -> None:
    """Forms announce a name, running text does not; 48 names here, so a name more or less is two in a hundred."""
    assert scores.rate("recall", "name_introduced") >= (0.88 if who == "reader" else 0.7)


def test_a_name_found_once_is_hidden_everywhere_in_its_text(who: str) -> None:
    text = "我叫王立新，住在城东。去年王立新的房子漏水，物业说王立新自己修。另有李立新。"
    (clean,) = scrub_text([text])
    assert "王立新" not in clean
    assert clean.count("〔姓名〕") >= 3


def test_a_name_that_is_a_word_too_is_hidden_only_where_it_is_the_name(who: str) -> None:
    (clean,) = scrub_text(["我叫高兴，大家很高兴。"])
    assert clean == "我叫〔姓名〕，大家很高兴。"


@pytest.mark.parametrize(
    "text",
    [
        "感谢书记百忙之中看信",
        "农民的收入问题",
        "此致敬礼",
        "班主任老师说不能报名",
        "希望解决停车难",
        "祖国的花朵",
        "监管科科长不在",
        "律师和律师事务所",
        "楼下商铺的油烟",
        "一切向前看，方案已经公示",
        "本人于今年三月报名",
        "业主向物业反映",
        "应首先协商解决",
        "王家冲的水库",
    ],
)
def test_ordinary_words_are_no_names(who: str, text: str) -> None:
    assert scrub_text([text])[0] == text


def test_the_reader_finds_a_name_that_nothing_announces(reader: None) -> None:
    text = "后来陈国梁又换了新车，村里人都知道陈国梁不还钱。"
    assert scrub_text([text])[0] == text.replace("陈国梁", "〔姓名〕")


def test_the_reader_is_asked_about_no_sentence_that_the_rules_are_sure_of(
    reader: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def words_of(sentences: Sequence[str]) -> list[list[persons.Word]]:
        asked.extend(sentences)
        return [[(sentence, "n")] for sentence in sentences]

    monkeypatch.setattr(persons, "words_of", words_of)
    forms = [f"联系人：张{given}，手机13912345678。巷道里垃圾成堆，希望尽快处理。" for given in ("伟", "建国", "丽")]
    assert scrub_text(forms).str.contains("联系人：〔姓名〕，", literal=True).all()
    assert asked == []
    scrub_text(["物业不管。陈国梁、游少华都在场。"])
    assert asked == ["陈国梁、游少华都在场"]


def test_each_sentence_is_read_once_and_none_changes_what_is_said_of_another() -> None:
    some = ["张建国来了", "", "李小红不在家", "张建国来了", "去年王立新的房子漏水了，物业说自己修"]
    together = persons.words_of(some)
    assert ["".join(word for word, _ in words) for words in together] == some
    assert together == [persons.words_of([one])[0] for one in some]
    assert ("张建国", persons.PERSON) in together[0]


def test_signs_that_the_scrubber_works_with_are_taken_out_of_what_comes_in(who: str) -> None:
    signs = "".join(chr(code) for code in (0xF0001, 0xF0002, 0xF0003, 0xF0004, 0xF0005, 0xF0010, 0xF0100))
    (clean,) = scrub_text([f"路灯{signs}坏了，我叫王{signs}立新，{signs}"])
    assert clean == "路灯坏了，我叫〔姓名〕，"


def test_null_and_empty_texts_pass_the_reader(reader: None) -> None:
    assert names.scrub_names(pl.Series([None, "", "陈国梁、游少华都在场。"], dtype=pl.String)).to_list()[:2] == [
        None,
        "",
    ]
