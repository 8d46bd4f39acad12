"""Personal patterns out of free text, for whole columns at once (Polars; no Python per row).

What goes: e-mail addresses, ID numbers, bank cards, phone numbers, plates, messenger accounts, room numbers and
names. What stays: what a matter is about, so case numbers, grid and area codes, dates, amounts and coordinates.
A number that its form alone does not give away is judged by its check digit: 16 digits are a bank card, 18 digits
with a birth after 2009 an ID, only if it fits or if the words before say so. Python sees those few alone.
Full-width digits and letters come out in half width and zero-width characters vanish, whether or not they hid
anything. Scrubbing twice gives what scrubbing once gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, partial

import polars as pl

from streams.privacy import names
from streams.privacy.rules import ACCOUNT, CARD, EMAIL, ID_NUMBER, PHONE, PLATE, ROOM, Rule, rule

_B = r"(?-u:\b)"
"""Edge of an ASCII word: between a digit and a Chinese character, never between a letter and a digit, so that
`SF20260302000017` is left alone."""

_SEP = r"[ \-－—–_]?"
_GAP = r"[ \-－—–_]{0,3}"
"""People set several dashes between the parts of a number to call."""
_DAY = r"(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_HOME = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|7[12]|8[1-3])[0-9]{4}"
"""Area code of a birthplace: its first two digits are a province."""
_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_IS = r"[是为：:\s]{0,3}"

# Order matters: what holds digits of another kind goes first, names last (names.py).
_RULES: tuple[Rule, ...] = (
    rule(EMAIL, ("", r"(?i:[a-z0-9._%+\-]+\s?[@＠]\s?[a-z0-9\-]+(?:[.．。]\s?[a-z0-9\-]+)*[.．]\s?[a-z]{2,})", "")),
    rule(
        ID_NUMBER,
        (
            _B,
            rf"{_HOME}{_SEP}(?:19[0-9]{{2}}|200[0-9]){_SEP}{_MONTH}{_SEP}{_DAY}{_SEP}[0-9]{{3}}"
            rf"(?:{_SEP}[0-9Xx]{_B}|[Ｘ×*])",
            "",
        ),
        # 15 places, births of 1940-1999: a grid code has its street (001, 1xx, 2xx) there and is spared.
        (_B, rf"{_HOME}[4-9][0-9]{_MONTH}{_DAY}[0-9]{{3}}", _B),
        # Spelt with a gap after each digit.
        (_B, r"[1-9](?:[ \-][0-9]){16}[ \-][0-9Xx]", _B),
        (rf"(?:身份证|证件)(?:号码|号)?{_IS}", r"[1-9](?:[ \-]?[0-9]){13,16}[ \-]?[0-9Xx]", ""),
    ),
    rule(
        CARD,
        # UnionPay's own range; other ranges by their check digit.
        (_B, rf"62[0-9]{{2}}{_SEP}[0-9]{{4}}{_SEP}[0-9]{{4}}{_SEP}[0-9]{{4}}(?:{_SEP}[0-9]{{1,3}})?", _B),
        (rf"(?:银行卡|卡号|账号|账户|帐号|帐户|工资卡|卡上|卡里){_IS}", r"[0-9](?:[ \-]?[0-9]){14,18}", ""),
    ),
    rule(
        PHONE,
        ("", rf"(?:(?:\+|00)?86{_GAP}|{_B})1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}", _B),
        (_B, r"1[3-9][0-9][.·•][0-9]{4}[.·•][0-9]{4}", _B),
        (r"(?i:tel|phone|mobile|mob|call)\s?[:：.]?\s?", rf"(?:\+?86{_SEP})?1[3-9](?:{_SEP}[0-9]){{9}}", _B),
        (
            "",
            rf"[（(]?{_B}(?:010|02[0-9]|0[3-9][0-9]{{2}})[)）]?\s?[\-－—–]?\s?[2-9][0-9]{{2,3}}\s?\-?[0-9]{{4}}"
            r"(?:(?:\-|转|分机)[0-9]{1,6})?",
            _B,
        ),
    ),
    rule(
        PHONE,
        (
            rf"(?:电话|座机|固话|传真|手机|致电|来电|拨打|回拨|回电|联系方式|号码)(?:号码|号)?{_IS}",
            r"[2-9][0-9]{2,3}[\- ]?[0-9]{4}",
            _B,
        ),
        # Parted elsewhere or more than once: behind the plainest words alone, and never a day of this century.
        (
            r"(?:电话|座机|固话|传真|办公室|联系方式)(?:号码|号)?[是为：:\s（(]{0,4}",
            rf"(?:[3-9][0-9]|2[1-9])(?:{_GAP}[0-9]){{5,6}}",
            _B,
        ),
        (rf"(?:电话|手机|联系方式)(?:号码|号)?{_IS}", r"1(?:[ \-]?[0-9]){9,10}", ""),
    ),
    rule(
        PLATE,
        (
            "",
            rf"(?i:[{_PROVINCE}]\s?[a-hj-np-z]\s?[·•\.．\-\s]?\s?"
            rf"(?:[a-hj-np-z0-9]{{4}}[挂学警港澳]|[a-hj-np-z0-9]{{5,6}}{_B}))",
            "",
        ),
        (_B, rf"(?i:WJ\s?[{_PROVINCE}]?\s?[0-9]{{4}}[0-9a-z])", _B),
    ),
    rule(
        ACCOUNT,
        # A WeChat name begins with a letter or is a number of at least six places: 微信12345 is a hotline's.
        (
            rf"(?i:微信|薇信|威信|维信|v信|{_B}wx|{_B}vx|weixin|wechat|抖音|快手|支付宝)(?i:同号|号码|账号|号|id)?[是为叫：:\s]{{0,4}}",
            r"(?:[A-Za-z][A-Za-z0-9_\-]{4,19}|[0-9]{6,11})",
            "",
        ),
        (r"(?i:QQ|扣扣|企鹅)(?:号码|账号|号)?[是为叫：:\s]{0,4}", "[1-9][0-9]{4,10}", ""),
        # Ids that a chat or a device was given: by the word before, by the shape of an openid or of a network card.
        (
            r"(?i:openid|unionid|imei|imsi|meid|idfa|idfv|oaid|udid|android_?id|device_?(?:id|token)|串号|设备识别码|mac地址)"
            r"[是为：:=\s\"']{0,4}",
            r"[A-Za-z0-9][A-Za-z0-9_:\-]{7,63}",
            "",
        ),
        (_B, r"(?i:[0-9a-f]{2}(?:[:\-][0-9a-f]{2}){5})", _B),
        (_B, r"o[A-Za-z0-9_\-]{26}[A-Za-z0-9_]", _B),
    ),
    rule(
        ROOM,
        ("", "[0-9一二三四五六七八九十]{1,3}单元[0-9]{2,4}(?:室|号房|房间|房|号|户)?", ""),
        ("[栋幢座楼]", "[0-9]{3,4}", "室|号房|房间|房|户"),
    ),
)
_SPOKEN_PHONE = r"[一幺壹][三四五六七八九叁肆伍陆柒捌玖][零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖]{9}"
"""A mobile number in words; the only number that holds no digit."""


_AREA_AND_DAY = re.compile(_HOME + "20[0-9]{2}" + _MONTH + _DAY)


def _is_id(number: str) -> bool:
    """GB 11643: the weighted sum of all places is 1 modulo 11."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1)
    values = (10 if sign in "Xx" else int(sign) for sign in number)
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) % 11 == 1


def _is_card(number: str) -> bool:
    """Luhn: with every second digit from the right doubled, the digit sum ends in 0. Area code and day: a case."""
    if _AREA_AND_DAY.match(number):
        return False
    digits = [int(sign) for sign in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


_CHECKED: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    (rf"{_B}{_HOME}{_SEP}20[1-9][0-9]{_SEP}{_MONTH}{_SEP}{_DAY}{_SEP}[0-9]{{3}}{_SEP}[0-9Xx]{_B}", _is_id, ID_NUMBER),
    (
        rf"{_B}(?:60[0-9]{{2}}|4[0-9]{{3}}|5[1-5][0-9]{{2}}|35[0-9]{{2}}|9558){_SEP}[0-9]{{4}}{_SEP}[0-9]{{4}}{_SEP}[0-9]{{4}}"
        rf"(?:{_SEP}[0-9]{{3}})?{_B}",
        _is_card,
        CARD,
    ),
)
"""(pattern, check on its digits, mark): taken only if the check holds."""


@cache
def _half_width() -> tuple[list[str], list[str]]:
    wide = [chr(code) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))]
    hidden = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"]
    other = {"＠": "@", "＋": "+", "\u00a0": " ", "\u3000": " "}
    return (
        [*wide, *other, *hidden],
        [*(chr(ord(char) - 0xFEE0) for char in wide), *other.values(), *("" for _ in hidden)],
    )


def scrub(text: pl.Expr) -> pl.Expr:
    """Expression that scrubs a String column; null stays null."""
    return text.map_batches(_scrubbed, return_dtype=pl.String, is_elementwise=True)


def scrub_text(texts: Sequence[str | None] | pl.Series) -> pl.Series:
    """Scrubbed copies of the texts, in their order."""
    return _scrubbed(pl.Series("text", texts, dtype=pl.String))


def _scrubbed(texts: pl.Series) -> pl.Series:
    texts = texts.str.replace_many(*_half_width()).str.replace_all(_SPOKEN_PHONE, PHONE)
    return names.scrub_names(_where(texts, "[0-9A-Za-z@]", _without_numbers))


def _without_numbers(texts: pl.Series) -> pl.Series:
    for pattern, is_one, mark in _CHECKED:
        texts = _where(texts, pattern, partial(_marked, pattern=pattern, is_one=is_one, mark=mark))
    for pattern, mark in _RULES:
        texts = texts.str.replace_all(pattern, mark)
    return texts


def _marked(texts: pl.Series, pattern: str, is_one: Callable[[str], bool], mark: str) -> pl.Series:
    candidate = re.compile(pattern.replace(_B, r"\b"), re.ASCII)

    def judged(match: re.Match[str]) -> str:
        return mark if is_one(re.sub("[^0-9Xx]", "", match[0])) else match[0]

    return pl.Series([candidate.sub(judged, text) for text in texts], dtype=pl.String)


def _where(texts: pl.Series, pattern: str, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The texts, those that hold the pattern changed."""
    rows = texts.str.contains(pattern).fill_null(False).arg_true()
    return texts.scatter(rows, change(texts.gather(rows))) if len(rows) else texts
