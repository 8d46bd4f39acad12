"""What an adapter tells of a file beside its events: each rule, what becomes of the row or value, and its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

FINDING_SCHEMA = pl.Schema({"line": pl.Int64, "rule": pl.String, "reason": pl.String})
"""One row per row of the file and rule (per value, where values are left out). `reason` holds nothing personal."""

TALLY_SCHEMA = pl.Schema(
    {"outcome": pl.String, "rule": pl.String, "rows": pl.Int64, "line": pl.Int64, "reason": pl.String}
)
"""One row per rule: rows of the file that it touches, the first of them, and what was said there."""

REJECTED, LEFT_OUT, TOLD = "rejected", "left_out", "told"
"""The row is not taken | the row is taken without a value | the row is taken as it is."""


SHOWN_PLACES = 3
"""Places that a line for people names of each rule."""


class Rule(NamedTuple):
    """What becomes of it, and what it means in Chinese and English."""

    outcome: str
    zh: str
    en: str


RULES = {
    "unreadable_row": Rule(
        REJECTED, "行无法读取", "The row is damaged or has another number of cells than the header."
    ),
    "unknown_status": Rule(REJECTED, "状态词不在映射中", "The status is none of the mapping's words."),
    "missing_field": Rule(REJECTED, "缺少必填值", "A required value or the time of a stage is empty."),
    "bad_time": Rule(REJECTED, "时间格式错误", "A time is not written as the mapping says, or the clocks skip it."),
    "implausible_time": Rule(REJECTED, "时间早于城市最早可信日期", "A time is before the city's first plausible day."),
    "future_time": Rule(REJECTED, "时间在未来", "A time is ahead of the clock."),
    "wrong_type": Rule(REJECTED, "必填值类型错误", "A required value is no number, time or yes and no."),
    "value_not_allowed": Rule(
        REJECTED, "必填值不在允许范围", "A required value is too long or none of the contract's."
    ),
    "out_of_range": Rule(REJECTED, "必填数值超出范围", "A required number is outside its range."),
    "number_twice": Rule(REJECTED, "同一编号内容不同", "Another row has the same number with other content."),
    "too_large": Rule(REJECTED, "消息过大", "It makes a record larger than 1 MiB."),
    "refused_by_the_wire": Rule(REJECTED, "不符合接入规则", "The wire would refuse one of its events."),
    "optional_value": Rule(LEFT_OUT, "选填值有误,已略去", "An optional value is wrong; the case is taken without it."),
    "implausible_point": Rule(LEFT_OUT, "坐标有误,已略去", "The point is 0/0, swapped or far outside; it is left out."),
    "absent_column": Rule(LEFT_OUT, "文件缺少选填列", "The file lacks a column of an optional field or stage."),
    "corrected": Rule(TOLD, "来源更正", "The source says something else than before; the new value replaces the old."),
    "reopened": Rule(
        TOLD, "已结事项重新打开", "It had ended and is open again; sent as reopened, at the latest time possible."
    ),
    "went_back": Rule(TOLD, "已结事项重新打开,主题无此环节", "It had ended and is open again; the topic can't say so."),
    "closed_before_receipt": Rule(
        TOLD, "办结早于受理", "The closing is before the receipt; its durations don't count."
    ),
}
"""Where a rule means the same as on the wire it has the same name."""


def findings_of(rows: pl.DataFrame, line: str, rule: str, reason: pl.Expr | str) -> pl.DataFrame:
    """One finding (FINDING_SCHEMA) for each row; `line` names the column that says where it stands."""
    said = pl.lit(reason) if isinstance(reason, str) else reason
    return rows.select(line=pl.col(line), rule=pl.lit(rule), reason=said)


def tallied(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings by rule (TALLY_SCHEMA), the most frequent first."""
    counted = (
        findings.sort("line", maintain_order=True)
        .group_by("rule")
        .agg(
            rows=pl.col("line").n_unique().cast(pl.Int64), line=pl.col("line").first(), reason=pl.col("reason").first()
        )
        .sort("rows", "rule", descending=[True, False])
    )
    outcomes = {rule: meaning.outcome for rule, meaning in RULES.items()}
    return counted.select(
        pl.col("rule").replace_strict(outcomes, return_dtype=pl.String).alias("outcome"),
        "rule",
        "rows",
        "line",
        "reason",
    )


def lines_of(findings: pl.DataFrame, place: str, label: Callable[[int], str]) -> list[str]:
    """One line for people for each rule: how many rows, where the first stand, what is said of the first.

    `place` and `label` say what is counted and how a line is called there, as the file's table does.
    """
    lines = []
    for _, rule, rows, _, reason in tallied(findings).iter_rows():
        first = findings.filter(pl.col("rule") == rule)["line"].unique(maintain_order=True).head(SHOWN_PLACES)
        where = ", ".join(label(one) for one in first) + (", …" if rows > SHOWN_PLACES else "")
        lines.append(f"{rule}: {rows} row(s), {place} {where}; the first: {reason}")
    return lines
