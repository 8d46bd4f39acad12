"""Rules that follow from the contract alone: any published table, also one that is added tomorrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.contracts.published import PublishedTable
from streams.quality.rules import Facts, rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def may_be_empty(table: PublishedTable, facts: Facts) -> bool:
    """A city may have no peer group of five, no grid, sign or petition, or petitions alone; all else must be there."""
    return (
        table.name in ("ranking", "case_fact", "case_count", "sign_summary")
        or (table.name == "grid_map" and not facts.has_grids)
        or (table.name == "indicator_value" and not facts.indicator_cities)
    )


def suite(table: PublishedTable, facts: Facts) -> list[Expectation]:
    """Columns, key, required values and rows of one table, as its contract says."""
    import great_expectations.expectations as gx

    columns = [column for column in table.columns if column.name != "publication_id"]
    key = [name for name in table.primary_key if name != "publication_id"]
    unique: Expectation
    if len(key) == 1:
        unique = rule(gx.ExpectColumnValuesToBeUnique, *_key_words(key), severity="critical", column=key[0])
    else:
        unique = rule(gx.ExpectCompoundColumnsToBeUnique, *_key_words(key), severity="critical", column_list=key)
    rules = [
        rule(
            gx.ExpectTableColumnsToMatchSet,
            "columns_as_contracted",
            "列与合同一致",
            f"{len(columns)} columns",
            severity="critical",
            column_set=[column.name for column in columns],
            exact_match=True,
        ),
        unique,
        *(
            rule(
                gx.ExpectColumnValuesToNotBeNull,
                f"{column.name}_present",
                f"{column.name} 不得缺失",
                "no null",
                severity="critical",
                column=column.name,
            )
            for column in columns
            if column.required
        ),
    ]
    if not may_be_empty(table, facts):
        rules.append(
            rule(
                gx.ExpectTableRowCountToBeBetween,
                "not_empty",
                "不得为空表",
                "at least 1 row",
                severity="critical",
                min_value=1,
            )
        )
    return rules


def _key_words(key: list[str]) -> tuple[str, str, str]:
    return "key_unique", "主键不得重复", f"one row per {', '.join(key)}"
