"""A rule of the scrubber: shapes of personal text, and the mark that takes their place."""

from __future__ import annotations

EMAIL, ID_NUMBER, CARD, PHONE = "〔邮箱〕", "〔证件号〕", "〔银行卡〕", "〔电话〕"
PLATE, ACCOUNT, ROOM, NAME = "〔车牌〕", "〔账号〕", "〔房号〕", "〔姓名〕"
MARKS = (EMAIL, ID_NUMBER, CARD, PHONE, PLATE, ACCOUNT, ROOM, NAME)

Shape = tuple[str, str, str]
"""Regular expressions of what stands before, of the personal text, of what stands after; no groups that capture."""

Rule = tuple[str, str]
"""Pattern and replacement for Polars. It keeps 32 compiled patterns: a scrubber of more compiles all at each call."""


def rule(mark: str, *shapes: Shape) -> Rule:
    """Put the mark in place of any of the shapes, tried in this order at each place; what is around them stays."""
    pattern = "|".join(f"({before}){personal}({after})" for before, personal, after in shapes)
    before = "".join(f"${{{2 * number + 1}}}" for number in range(len(shapes)))
    after = "".join(f"${{{2 * number + 2}}}" for number in range(len(shapes)))
    return pattern, before + mark + after
