"""Judgement rules of what each source sent: one row per city and source; who owns it should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import Severity, rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

OWNER = "数据接入组"

LATE_SHARE = 0.10
"""Late events of a live source beyond this share make provisional figures move too much."""

REJECT_SHARE = 0.05
"""Rejects of the last day beyond this share mean that something changed at the source."""

REJECT_ALARM, ALARM_RECORDS = 0.5, 50
"""Most of a day's records rejected, and not just a handful: figures would be published as if the source had rested."""


def suite() -> list[Expectation]:
    """Few late, few rejected, each code in its register, each field in its contract."""
    import great_expectations.expectations as gx

    def at_most(
        name: str, title_zh: str, column: str, limit: float, severity: Severity = "warning", **where: str
    ) -> Expectation:
        return rule(
            gx.ExpectColumnValuesToBeBetween,
            name,
            title_zh,
            f"{column} at most {limit:.0%} for each source",
            severity=severity,
            owner=OWNER,
            column=column,
            max_value=limit,
            **where,
        )

    return [
        at_most("few_late_events", "迟到事件比例偏高", "late_share", LATE_SHARE),
        at_most("few_rejects", "近一日拒收比例偏高", "reject_share", REJECT_SHARE),
        at_most(
            "no_source_is_rejected_as_a_whole",
            "来源近一日大部分记录被拒收，疑似接口变更",
            "reject_share",
            REJECT_ALARM,
            "critical",
            row_condition=f"recent_records >= {ALARM_RECORDS}",
            condition_parser="pandas",
        ),
        at_most("few_rows_rejected_at_the_adapter", "近一日接入文件拒收比例偏高", "adapter_reject_share", REJECT_SHARE),
        at_most(
            "no_file_is_rejected_as_a_whole",
            "近一日接入文件大部分行被拒收，疑似格式变更",
            "adapter_reject_share",
            REJECT_ALARM,
            "critical",
            row_condition=f"recent_adapter_rows >= {ALARM_RECORDS}",
            condition_parser="pandas",
        ),
        at_most("codes_are_registered", "出现未登记代码", "unknown_share", 0.0),
        at_most("no_field_outside_the_contract", "出现合同外字段", "extra_share", 0.0),
    ]
