"""Judgement rules of the way from the broker to the marts: one row per topic, every record accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import Severity, rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

OWNER = "数据接入组"

WAITING_SHARE = 0.01
"""Records not yet read beyond this share of all make the publication older than it says."""


def suite() -> list[Expectation]:
    """Kafka = ledger = raw = lake = marts.

    Counts are exact when nothing is under way; while events land, the lake and the marts must lie between what had
    landed before they were counted and after.
    """
    import great_expectations.expectations as gx

    def equal(name: str, title_zh: str, left: str, right: str) -> Expectation:
        return rule(
            gx.ExpectColumnPairValuesToBeEqual,
            name,
            title_zh,
            f"{left} = {right} for each topic",
            severity="critical",
            owner=OWNER,
            column_A=left,
            column_B=right,
        )

    def at_least(name: str, title_zh: str, more: str, less: str, severity: Severity = "critical") -> Expectation:
        return rule(
            gx.ExpectColumnPairValuesAToBeGreaterThanB,
            name,
            title_zh,
            f"{more} >= {less} for each topic",
            severity=severity,
            owner=OWNER,
            column_A=more,
            column_B=less,
            or_equal=True,
        )

    return [
        at_least("broker_holds_what_was_read", "已读消息多于消息队列产生数", "produced", "read"),
        equal("ledger_has_no_gap", "装载台账位移不连续", "span", "read"),
        equal("every_record_has_one_fate", "读取数应等于落地＋拒收＋重复", "read", "fates"),
        equal("raw_holds_what_landed", "原始表行数应等于台账落地数", "in_raw", "landed"),
        equal("sources_add_up", "各来源落地数之和应等于原始表行数", "by_source", "in_raw"),
        at_least("lake_lost_nothing", "数据湖少于应有行数", "in_silver", "silver_low"),
        at_least("lake_invented_nothing", "数据湖多于已落地行数", "silver_high", "in_silver"),
        # No figure is read from the lake: a lagging copy is told and stops nothing; a lossy one does.
        at_least("lake_covers_the_build", "数据湖落后于本次构建", "lake_reach", "build_reach", "warning"),
        at_least("marts_lost_nothing", "集市少于构建时已落地的事件", "in_marts", "marts_low"),
        at_least("marts_invented_nothing", "集市多于已落地的事件", "marts_high", "in_marts"),
        rule(
            gx.ExpectColumnValuesToBeBetween,
            "little_waits",
            "消息积压未处理",
            f"waiting_share at most {WAITING_SHARE:.0%} for each topic",
            severity="warning",
            owner=OWNER,
            column="waiting_share",
            max_value=WAITING_SHARE,
        ),
    ]
