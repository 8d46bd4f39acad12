"""The scrubber: each pattern fires, what matters is left alone, and names are found that it never saw."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from streams.privacy import names
from streams.privacy.rules import MARKS
from streams.privacy.scrub import _CHECKED, _RULES, scrub, scrub_text

DATA = Path(__file__).resolve().parents[2] / "data" / "privacy"


def one(text: str) -> str:
    return scrub_text([text])[0]


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("电话13912345678。", "电话〔电话〕。"),
        ("13912345678和13812345678", "〔电话〕和〔电话〕"),
        ("请打139 1234 5678", "请打〔电话〕"),
        ("请打139-1234-5678", "请打〔电话〕"),
        ("请打139--1234--5678", "请打〔电话〕"),
        ("手机139——1234——5678", "手机〔电话〕"),
        ("手机1391-23-45-678", "手机〔电话〕"),
        ("电话：863-12-34", "电话：〔电话〕"),
        ("办公室电话（86312345）", "办公室电话（〔电话〕）"),
        ("座机 8631-2345", "座机 〔电话〕"),
        ("电话8631--234", "电话〔电话〕"),
        ("手机+86 13912345678", "手机〔电话〕"),
        ("手机008613912345678", "手机〔电话〕"),
        ("手机１３９１２３４５６７８", "手机〔电话〕"),
        ("手机1 3 9 1 2 3 4 5 6 7 8", "手机〔电话〕"),
        ("手机139\u200b1234\u200b5678", "手机〔电话〕"),
        ("Tel13912345678", "Tel〔电话〕"),
        ("号码一三九幺二三四五六七八", "号码〔电话〕"),
        ("座机0870-8631234转8", "座机〔电话〕"),
        ("(0870)8631234", "〔电话〕"),
        ("010 88886666", "〔电话〕"),
        ("座机8631234", "座机〔电话〕"),
        ("身份证530681199003071234", "身份证〔证件号〕"),
        ("身份证53068119900307123X", "身份证〔证件号〕"),
        ("证件５３０６８１１９９００３０７１２３ｘ", "证件〔证件号〕"),
        ("530681 19900307 1234", "〔证件号〕"),
        ("530681900307123", "〔证件号〕"),
        ("卡号6222021234567890123", "卡号〔银行卡〕"),
        ("6222 0212 3456 7890 123", "〔银行卡〕"),
        ("工资卡4367421234567890", "工资卡〔银行卡〕"),
        ("邮箱zhang.san@example.com", "邮箱〔邮箱〕"),
        ("邮箱ｚｓ＠example.com", "邮箱〔邮箱〕"),
        ("车牌云A12345", "车牌〔车牌〕"),
        ("车牌云a·12345", "车牌〔车牌〕"),
        ("新能源云AD12345", "新能源〔车牌〕"),
        ("挂车川B·6789挂在路边", "挂车〔车牌〕在路边"),
        ("微信号abc_12345", "微信号〔账号〕"),
        ("QQ:12345678", "QQ:〔账号〕"),
        ("加微信sunny2024", "加微信〔账号〕"),
        ("微信同号87654321", "微信同号〔账号〕"),
        ("openid：oX7bQ5mZ0aa_Kd-93LmPqRsT1uVw", "openid：〔账号〕"),
        ("推送给oX7bQ5mZ0aa_Kd-93LmPqRsT1uVw", "推送给〔账号〕"),
        ('{"idfa":"1E2DFA89-496A-47FD-9941-DF1FC4E6484A"}', '{"idfa":"〔账号〕"}'),
        ("IMEI 356938035643809", "IMEI 〔账号〕"),
        ("路由器3c:5a:b4:01:02:0f", "路由器〔账号〕"),
        ("手机139.1234.5678", "手机〔电话〕"),
        ("传真8631234", "传真〔电话〕"),
        ("530681201603071234", "〔证件号〕"),
        ("5 3 0 6 8 1 1 9 9 0 0 3 0 7 1 2 3 4", "〔证件号〕"),
        ("4367421234567896", "〔银行卡〕"),
        ("云AD12345和云a·f6789k", "〔车牌〕和〔车牌〕"),
        ("张家湾的业主全梦琪,电话", "张家湾的业主〔姓名〕,电话"),
        ("于百川、郎晨阳、谷高三人联名反映", "〔姓名〕、〔姓名〕、〔姓名〕三人联名反映"),
        ("3栋2单元501室漏水", "3栋〔房号〕漏水"),
        ("我叫王建国,路灯坏了", "我叫〔姓名〕,路灯坏了"),
        ("姓名：欧阳文", "姓名：〔姓名〕"),
        ("王女士来电", "〔姓名〕女士来电"),
        ("联系人李四", "联系人〔姓名〕"),
        ("邻居张文明养犬", "邻居〔姓名〕养犬"),
        ("古丽·买买提反映", "〔姓名〕反映"),
    ],
)
def test_a_personal_pattern_is_replaced_by_its_mark(who: str, text: str, scrubbed: str) -> None:
    assert one(text) == scrubbed


def test_what_a_matter_is_about_is_left_alone(who: str) -> None:
    lines = (DATA / "benign_sentences.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 30
    changed = {line: got for line, got in zip(lines, scrub_text(lines), strict=True) if line != got}
    assert changed == {}


@pytest.mark.parametrize(
    "number",
    ["530681201603071233", "4367421234567890", "5306812023042894", "530681201001001", "104.123456,28.654321"],
)
def test_a_number_that_only_looks_personal_is_spared_until_words_say_what_it_is(number: str) -> None:
    """A check digit that doesn't fit, a case number of area and day, a grid of a township, a coordinate."""
    assert one(f"编号{number}。") == f"编号{number}。"
    if number.isdecimal():
        assert number not in one(f"身份证号{number}")


def test_a_call_costs_little_before_it_has_done_anything() -> None:
    """Polars keeps 32 compiled patterns; with more of them each call would compile all, over and over."""
    rules = {*_RULES, *names._INTRODUCTIONS, *names._SURE, *names._LIKELY_ONES, names._WORDY_ONES, names._MAYBE}
    assert len(rules) + len(_CHECKED) + 8 <= 32


def test_names_it_never_saw_are_found_in_at_least_95_of_100_sentences(who: str) -> None:
    """Names from old novels and poets, rare surnames as often as common ones; written after the rules."""
    names = (DATA / "held_out_names.txt").read_text(encoding="utf-8").split()
    sentences = (DATA / "held_out_sentences.txt").read_text(encoding="utf-8").splitlines()
    assert len(names) > 150
    assert len(sentences) == 25
    pairs = [(name, sentence.format(name=name)) for name in names for sentence in sentences]
    scrubbed = scrub_text([text for _, text in pairs])
    hidden = [name[:2] not in got for (name, _), got in zip(pairs, scrubbed, strict=True)]
    assert sum(hidden) / len(hidden) >= 0.95


def test_numbers_it_never_saw_are_found_in_every_spelling() -> None:
    """12,000 numbers by a rule of their own (not the pattern's), in eight spellings."""
    numbers = [f"1{3 + i % 7}{(i * 2_654_435_761) % 10**9:09d}" for i in range(1500)]
    spelt = [
        spelling(number)
        for number in numbers
        for spelling in (
            str,
            lambda n: f"{n[:3]} {n[3:7]} {n[7:]}",
            lambda n: f"{n[:3]}-{n[3:7]}-{n[7:]}",
            lambda n: f"+86{n}",
            lambda n: f"86-{n}",
            lambda n: n.translate({48 + d: 0xFF10 + d for d in range(10)}),
            lambda n: f"（{n}）",
            lambda n: f"tel:{n}",
        )
    ]
    scrubbed = scrub_text([f"来电{text}反映" for text in spelt])
    assert scrubbed.str.contains("〔电话〕", literal=True).sum() == len(spelt) == 12_000


def test_scrubbing_twice_gives_what_scrubbing_once_gives(who: str) -> None:
    lines = (DATA / "held_out_sentences.txt").read_text(encoding="utf-8").format(name="王建国").splitlines()
    marks = [f"联系人{mark}先生,电话{mark},我叫{mark}" for mark in MARKS]
    once = scrub_text([*lines, *marks, "13912345678 13912345678云A12345身份证530681199003071234"])
    assert scrub_text(once).to_list() == once.to_list()


def test_null_stays_null_and_a_column_keeps_its_length() -> None:
    frame = pl.DataFrame({"text": ["13912345678", None, ""]})
    assert frame.select(scrub(pl.col("text"))).to_series().to_list() == ["〔电话〕", None, ""]
