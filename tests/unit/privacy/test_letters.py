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
        "驾校的学员、教练员、经营者投诉",
        "党支书和镇江市长都不在",
        "公司名叫：海南致远测绘有限公司",
        "上月带小孩去摩登·天使儿童摄影",
    ],
)
def test_ordinary_words_are_no_names(who: str, text: str) -> None:
    assert scrub_text([text])[0] == text


def test_the_reader_finds_a_name_that_nothing_announces(reader: None) -> None:
    text = "后来陈国梁又换了新车，村里人都知道陈国梁不还钱。"
    assert scrub_text([text])[0] == text.replace("陈国梁", "〔姓名〕")


@pytest.mark.parametrize(
    "text",
    [
        "邮储银行行长不见人。",
        "长湖移民工程以来，村里一直没有路。",
        "村民农资补贴的咨询。",
        "爷爷奶奶管教比较松。",
        "我可以发几张照片给他看看。",
        "我是高信花园的业主。高信小区的路没有修。",
        "水务局、张家界、李家沱都来人了。",
        "坐不到往楚龙那边的公交车。",
        "劳动仲裁庭的通知说要等三个月。",
        "长沙市长和贵阳市长都来过。",
        "这是当事人申请出让金依法办理的。",
    ],
)
def test_what_the_rules_take_for_a_name_stays_where_the_reader_or_its_dictionary_knows_it(
    reader: None, text: str
) -> None:
    assert scrub_text([text])[0] == text


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("当家人洪哲理对出借人保证了三次。", "当家人〔姓名〕对出借人保证了三次。"),
        ("股东周立新、欧梅鲜、李餐都跑了。", "股东〔姓名〕、〔姓名〕、〔姓名〕都跑了。"),
        ("带领周红良丶周情永丶周永团等人。", "带领〔姓名〕丶〔姓名〕丶〔姓名〕等人。"),
        ("检查组（邢立翔，云健）已到现场。", "检查组（〔姓名〕，〔姓名〕）已到现场。"),
        ("他们是1方勇晓，2李孟华，12周小禹，30熊花。", "他们是1〔姓名〕，2〔姓名〕，12〔姓名〕，30〔姓名〕。"),
        ("公安邓分局长和绿地公司的赵总在场。", "公安〔姓名〕分局长和绿地公司的〔姓名〕在场。"),
        ("真正落实周立平书记的讲话。", "真正落实〔姓名〕书记的讲话。"),
        ("请求易书记组织相关部门。", "请求〔姓名〕书记组织相关部门。"),
        ("尊敬的陈茂景书记，您好。", "尊敬的〔姓名〕书记，您好。"),
        ("损失九元，代表张恒来电反映。", "损失九元，代表〔姓名〕来电反映。"),
        ("工程师刘杏态度恶劣。", "工程师〔姓名〕态度恶劣。"),
        ("尊敬的炼红书记，你好。", "尊敬的〔姓名〕书记，你好。"),
        ("胡厅长和李主席都来过。", "〔姓名〕厅长和〔姓名〕主席都来过。"),
        ("其子谢玉辉的丈母娘(黄金英)也在。", "其子〔姓名〕的丈母娘(〔姓名〕)也在。"),
        (
            "党支书徐立新说，因徐鸣盛卖地，他想把徐鸣盛一家赶走。",
            "党支书〔姓名〕说，因〔姓名〕卖地，他想把〔姓名〕一家赶走。",
        ),
    ],
)
def test_names_in_running_text_in_lists_and_before_titles_are_found(reader: None, text: str, scrubbed: str) -> None:
    assert scrub_text([text])[0] == scrubbed


def test_a_whole_name_is_hidden_where_the_reader_takes_half_of_it(
    reader: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "徐鸣盛卖了地": [("徐鸣盛", persons.PERSON), ("卖了", "v"), ("地", "n")],
        "都说徐鸣盛一家走了": [("都", "d"), ("说", "v"), ("徐鸣", persons.PERSON), ("盛", "v"), ("一家走了", "v")],
    }
    monkeypatch.setattr(persons, "words_of", lambda sentences: [said[one] for one in sentences])
    assert scrub_text(["徐鸣盛卖了地。都说徐鸣盛一家走了。"])[0] == "〔姓名〕卖了地。都说〔姓名〕一家走了。"


def test_two_readings_that_cross_are_no_name() -> None:
    assert names._uncrossed([(0, 3), (2, 5), (7, 9)]) == [(7, 9)]
    assert names._uncrossed([(0, 3), (0, 2), (3, 5)]) == [(0, 2), (0, 3), (3, 5)]


def test_the_readers_dictionary_knows_words_and_no_private_names() -> None:
    assert persons.knows("经营者")
    assert persons.knows("农资")
    assert not persons.knows("欧梅鲜")


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
