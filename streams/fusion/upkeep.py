"""Links kept true to what landed: which reports are new, what changes by them, and what must be made as a whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl

from streams.fusion.evidence import KEY, REPORTS, TIES
from streams.fusion.incidents import ALIASES, LINKS, aliases, fuse, fuse_again

KEPT = pl.Schema({**LINKS, "report_mark": pl.String(), "tie_mark": pl.String()})
"""Links as they are kept. `report_mark`: 16 hex digits of all that a report told; `tie_mark`: of what its source
declares, null where it declares nothing. No word can be read out of either."""


@dataclass(frozen=True)
class Change:
    """What to write so that kept links are those of all reports.

    `changed`: new or other links (KEPT); `gone`: KEY of kept links without a report; `renamed`: ALIASES; `whole`:
    cities that were fused as a whole; `fresh`: reports that were new or newly tied.
    """

    changed: pl.DataFrame
    gone: pl.DataFrame
    renamed: pl.DataFrame
    whole: tuple[str, ...]
    fresh: int


def brought_up(reports: pl.DataFrame, ties: pl.DataFrame, kept: pl.DataFrame, *, whole: bool = False) -> Change:
    """From reports (REPORTS), TIES and the links kept so far (KEPT) to what has to change.

    A city is fused as a whole where `whole` says so, where a report is gone or tells something else, and where a
    source takes back what it declared: chance and guards have changed around places that nobody remembers.
    """
    marks = marked(reports, ties)
    before = kept.select(*KEY, was_report="report_mark", was_tie="tie_mark")
    seen = marks.join(before, on=KEY, how="left", maintain_order="left")
    gone = before.select(KEY).join(marks, on=KEY, how="anti")
    is_new = pl.col("was_report").is_null()
    is_other = ~is_new & (
        (pl.col("report_mark") != pl.col("was_report"))
        | (pl.col("was_tie").is_not_null() & pl.col("tie_mark").ne_missing(pl.col("was_tie")))
    )
    is_tied = ~is_new & pl.col("was_tie").is_null() & pl.col("tie_mark").is_not_null()
    stale = pl.concat([seen.filter(is_other | pl.lit(whole)).select("city_code"), gone.select("city_code")]).unique()
    fresh = seen.filter(is_new | is_tied).select(KEY)
    again = fresh.join(stale, on="city_code", how="anti")
    links = kept.select(LINKS.names())
    made, renamed = fuse_again(reports, ties, links, again)
    if stale.height:
        of_city = [frame.join(stale, on="city_code", how="semi") for frame in (reports, ties, links)]
        anew = fuse(*of_city[:2])
        made, renamed = pl.concat([made, anew]), pl.concat([renamed, aliases(of_city[2], anew)])
    now = made.join(marks, on=KEY, how="left", maintain_order="left").select(KEPT.names())
    return Change(
        changed=now.join(kept, on=KEPT.names(), how="anti", nulls_equal=True, maintain_order="left"),
        gone=gone,
        renamed=renamed.select(ALIASES.names()),
        whole=tuple(sorted(stale["city_code"])),
        fresh=fresh.height,
    )


def marked(reports: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """KEY, `report_mark` and `tie_mark` of each report."""
    declared = (
        ties.unique()
        .sort(TIES.names())
        .group_by(KEY, maintain_order=True)
        .agg(told=_said([pl.col(name) for name in ("other_source", "other_subject", "tie")]).str.join("\x1e"))
    )
    told = reports.select(*KEY, said=_said([pl.col(name) for name in REPORTS.names()]))
    told = told.join(declared, on=list(KEY), how="left", maintain_order="left")
    return told.select(
        *KEY, pl.Series("report_mark", _hashed(told["said"])), pl.Series("tie_mark", _hashed(told["told"]))
    ).cast({"report_mark": pl.String, "tie_mark": pl.String})


def _said(columns: list[pl.Expr]) -> pl.Expr:
    return pl.concat_str([one.cast(pl.String).fill_null("\x00") for one in columns], separator="\x1f")


def _hashed(texts: pl.Series) -> list[str | None]:
    return [None if one is None else hashlib.blake2b(one.encode(), digest_size=8).hexdigest() for one in texts]
