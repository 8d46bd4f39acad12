"""Judgement rules of `indicator_definition`: no figure without its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.quality.rules import Facts, none_of, rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

WORDS = ("name_zh", "name_en", "question_zh", "unit", "numerator_zh", "time_basis_zh", "owner", "description_zh")

SETS = {
    "formula": ["share", "per", "mean", "count", "quantile", "query"],
    "direction": ["higher", "lower", "none"],
    "state": ["computed", "imported", "refused"],
    "requires": ["limits", "callbacks", "grids", ""],
    "finest_area_level": ["grid", "community", "street", "county", "city"],
}


def suite(facts: Facts) -> list[Expectation]:
    """Each definition is complete and uses the catalogue's vocabulary."""
    import great_expectations.expectations as gx

    return [
        *(
            rule(
                gx.ExpectColumnValueLengthsToBeBetween,
                f"{column}_written",
                f"定义须写明 {column}",
                "not empty",
                severity="critical",
                column=column,
                min_value=1,
            )
            for column in WORDS
        ),
        *(
            rule(
                gx.ExpectColumnValuesToBeInSet,
                f"{column}_known",
                f"{column} 取值须在规定范围内",
                ", ".join(value or "''" for value in allowed),
                severity="critical",
                column=column,
                value_set=allowed,
            )
            for column, allowed in SETS.items()
        ),
        rule(
            gx.ExpectColumnValuesToBeBetween,
            "scale_above_zero",
            "系数须大于0",
            "above 0",
            severity="critical",
            column="scale",
            min_value=0,
            strict_min=True,
        ),
        none_of(
            "rates_say_their_denominator",
            "比率类指标须写明分母",
            "denominator_zh of each share, mean and figure per so many",
            "select indicator_id from {batch} where formula in ('share', 'per', 'mean') and denominator_zh = ''",
        ),
    ]
