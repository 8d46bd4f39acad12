"""Personal patterns out of free text, for whole columns at once (Polars; no Python per row).

What goes: e-mail addresses, ID numbers, bank cards, phone numbers, plates, messenger accounts, room numbers and
names. What stays: what a matter is about, so case numbers, grid and area codes, dates, amounts and coordinates.
Full-width digits and letters come out in half width and zero-width characters vanish, whether or not they hid
anything. Scrubbing twice gives what scrubbing once gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import polars as pl

from streams.privacy import names

EMAIL, ID_NUMBER, CARD, PHONE = "〔邮箱〕", "〔证件号〕", "〔银行卡〕", "〔电话〕"
PLATE, ACCOUNT, ROOM, NAME = "〔车牌〕", "〔账号〕", "〔房号〕", names.MARK
MARKS = (EMAIL, ID_NUMBER, CARD, PHONE, PLATE, ACCOUNT, ROOM, NAME)

_B = r"(?-u:\b)"
"""Edge of an ASCII word: between a digit and a Chinese character, never between a letter and a digit, so that
`SF20260302000017` is left alone."""

_SEP = r"[ \-－—–_]?"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"

# Order matters: what holds digits of another kind goes first, names last (names.py). `$k` puts the surroundings back.
_RULES: tuple[tuple[str, str], ...] = (
    (r"(?i)[a-z0-9._%+\-]+\s?[@＠]\s?[a-z0-9\-]+(?:[.．。]\s?[a-z0-9\-]+)*[.．]\s?[a-z]{2,}", EMAIL),
    # ID card, 18 places; the check digit is not tried, because people misread it.
    (
        rf"{_B}[1-9]\d{{5}}{_SEP}(?:1[89]|20)\d{{2}}{_SEP}{_MONTH}{_SEP}{_DAY}{_SEP}\d{{3}}{_SEP}[\dXx×]{_B}",
        ID_NUMBER,
    ),
    (rf"{_B}[1-9]\d{{5}}(?:1[89]|20)\d{{2}}{_MONTH}{_DAY}\d{{3}}[Ｘ×*]", ID_NUMBER),
    # 15 places, births of 1920-1999: a grid code has its street (001, 1xx) there and is spared.
    (rf"{_B}[1-9]\d{{5}}[2-9]\d{_MONTH}{_DAY}\d{{3}}{_B}", ID_NUMBER),
    # Spelt with a gap after each digit.
    (rf"{_B}[1-9](?:[ \-]\d){{16}}[ \-][\dXx]{_B}", ID_NUMBER),
    (r"((?:身份证|证件)(?:号码|号)?[是为：:\s]{0,3})[1-9][\d ]{13,20}[\dXx]", f"${{1}}{ID_NUMBER}"),
    (
        rf"{_B}(?:62\d{{2}}|60\d{{2}}|4\d{{3}}|5[1-5]\d{{2}}|35\d{{2}}|9558){_SEP}\d{{4}}{_SEP}\d{{4}}{_SEP}\d{{4}}"
        rf"(?:{_SEP}\d{{3}})?{_B}",
        CARD,
    ),
    (rf"{_B}62\d{{15,16}}{_B}", CARD),
    (r"((?:银行卡|卡号|账号|账户|工资卡)[是为：:\s]{0,3})\d[\d \-]{13,22}\d", f"${{1}}{CARD}"),
    (rf"(?:(?:\+|00)?86{_SEP}|{_B})1{_SEP}[3-9](?:{_SEP}\d){{9}}{_B}", PHONE),
    (
        rf"(?i)((?:tel|phone|mobile|mob|call)\s?[:：.]?\s?)(?:\+?86{_SEP})?1[3-9](?:{_SEP}\d){{9}}{_B}",
        f"${{1}}{PHONE}",
    ),
    (r"[一幺壹][三四五六七八九叁肆伍陆柒捌玖][零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖]{9}", PHONE),
    (
        r"[（(]?(?-u:\b)(?:010|02\d|0[3-9]\d{2})[)）]?\s?[\-－—–]?\s?[2-9]\d{2,3}\s?\-?\d{4}(?:(?:\-|转|分机)\d{1,6})?(?-u:\b)",
        PHONE,
    ),
    (
        r"((?:电话|座机|固话|手机|致电|拨打|联系方式|号码)(?:号码|号)?[是为：:\s]{0,3})[2-9]\d{2,3}[\- ]?\d{4}(?-u:\b)",
        f"${{1}}{PHONE}",
    ),
    (r"((?:电话|手机|联系方式)(?:号码|号)?[是为：:\s]{0,3})1[\d \-]{9,14}\d", f"${{1}}{PHONE}"),
    (
        r"(?i)[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[a-hj-np-z]\s?[·•\.．\-\s]?\s?"
        r"(?:[a-hj-np-z0-9]{4}[挂学警港澳]|[a-hj-np-z0-9]{5,6}(?-u:\b))",
        PLATE,
    ),
    (
        r"(?i)(?-u:\b)WJ\s?[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]?\s?[0-9]{4}[0-9a-z](?-u:\b)",
        PLATE,
    ),
    (
        r"(?i)((?:微信号?|(?-u:\b)wx|(?-u:\b)vx|薇信|weixin|wechat|QQ号?|扣扣号?|抖音号?|支付宝账?号?)(?:号码|号|账号|id)?"
        r"[是为：:\s]{0,4})[a-z0-9][a-z0-9_\-]{4,19}",
        f"${{1}}{ACCOUNT}",
    ),
    (r"(?:[0-9一二三四五六七八九十]{1,3}单元)[0-9]{2,4}(?:室|号房|房间|房|号|户)?", ROOM),
    (r"([栋幢座楼])[0-9]{3,4}(室|号房|房间|房|户)", f"${{1}}{ROOM}"),
)


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
    text = text.str.replace_many(*_half_width())
    for pattern, mark in _RULES:
        text = text.str.replace_all(pattern, mark)
    return names.scrub_names(text)


def scrub_text(texts: Sequence[str | None] | pl.Series) -> pl.Series:
    """Scrubbed copies of the texts, in their order."""
    column = pl.Series("text", texts, dtype=pl.String)
    return pl.select(scrub(pl.lit(column))).to_series().rename("text")
