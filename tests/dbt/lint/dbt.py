"""Stand-in for dbt's cross-engine type macros, as PostgreSQL spells them."""

from __future__ import annotations


def type_string() -> str:
    return "text"


def type_float() -> str:
    return "double precision"


def generate_series(upper_bound: int) -> str:
    """Numbers from 1 on."""
    return f"select 1 as generated_number limit {upper_bound}"


def datediff(first: str, second: str, datepart: str) -> str:
    """Stand-in for a count of days."""
    return f"datediff({datepart}, {first}, {second})"
