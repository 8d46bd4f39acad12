"""Numbers as sources write them, and numbers that a spreadsheet has damaged; a whole column decides, not a value."""

from __future__ import annotations

import polars as pl

DECIMALS = (".", ",")
"""What may part the whole from the rest; the other one, or a blank, may part thousands."""

SURE_DIGITS = 15
"""What a spreadsheet keeps of a number; the digits behind are zeros, or were never in the file."""

_GROUPED = {
    ".": r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$",
    ",": r"^[+-]?\d{1,3}(?:[.'\s\x{a0}\x{202f}]\d{3})+(?:,\d+)?$",
}
_OTHER_DECIMAL = {
    ".": r"^[+-]?(?:\d+,(?:\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+)$",
    ",": r"^[+-]?(?:\d+\.(?:\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+)$",
}
_SEPARATORS = {".": ",", ",": r"[.'\s\x{a0}\x{202f}]"}
_NUMBER = {".": r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", ",": r"[+-]?\d+(?:,\d+)?"}

_CUT = r"^\d(?:[.,]\d+)?E\+\d{2,}$"
_WHOLE = r"^\d+\.0$"


def number(text: pl.Expr, decimal: str) -> pl.Expr:
    """Float64, null for what is no number. `1,234` is one by its thousands, unless the column has decimal commas."""
    is_grouped = text.str.contains(_GROUPED[decimal])
    plain = pl.when(is_grouped).then(text.str.replace_all(_SEPARATORS[decimal], "")).otherwise(text)
    if decimal == ",":
        plain = pl.when(~plain.str.contains(".", literal=True)).then(plain.str.replace(",", ".", literal=True))
    other = text.str.contains(_OTHER_DECIMAL[decimal])
    return pl.when(~(is_grouped & other.any())).then(plain).cast(pl.Float64, strict=False)


def whole_number(text: pl.Expr, decimal: str) -> pl.Expr:
    """Int64, null for what is no whole number; `12.0` is one."""
    read = number(text, decimal)
    return pl.coalesce(
        text.cast(pl.Int64, strict=False), pl.when(read == read.round()).then(read).cast(pl.Int64, strict=False)
    )


def part(text: pl.Expr, n: int, decimal: str) -> pl.Expr:
    """The n-th number in a cell (`POINT (-105.0 39.7)`, `[52.5, 13.4]`), as text; from the end where n is negative."""
    return text.str.extract_all(_NUMBER[decimal]).list.get(n - 1 if n > 0 else n, null_on_oob=True)


def decimal_of(texts: pl.Series) -> str | None:
    """The decimals of a column; None where it has none, a question where thousands and decimals look alike."""
    has = {mark: texts.str.contains(mark, literal=True).any() for mark in DECIMALS}
    sure = [mark for mark, other in ((".", ","), (",", ".")) if texts.str.contains(_OTHER_DECIMAL[other]).any()]
    if len(sure) == 1 or not has[","]:
        return sure[0] if sure else "." if has["."] else None
    both = [mark for mark in DECIMALS if texts.str.contains(_GROUPED[mark]).all() and has["."]]
    return both[0] if len(both) == 1 else "TODO . or ,"


def damaged(text: pl.Expr) -> pl.Expr:
    """Whether digits of an identifier are lost: `2.02601E+11`, or over 15 digits where all of these end in zeros."""
    long = text.str.contains(rf"^\d{{{SURE_DIGITS + 1},}}(?:\.0)?$")
    ends_in_zeros = text.str.contains(rf"^\d{{{SURE_DIGITS}}}0+(?:\.0)?$")
    as_number = text.str.contains(rf"^\d{{{SURE_DIGITS + 1},}}\.0$")
    is_cut = (long.sum() > 1) & (long.sum() == ends_in_zeros.sum())
    return text.str.contains(_CUT) | as_number | (ends_in_zeros & is_cut)


def identifiers(texts: pl.Series) -> pl.Series:
    """A column of identifiers that some tool has written as numbers (`12345.0` in each row) without that end."""
    is_whole = texts.str.contains(_WHOLE)
    return texts.str.strip_suffix(".0") if is_whole.any() and is_whole.fill_null(True).all() else texts
