"""Stand-in for dbt's `adapter` while sqlfluff reads a model without a database: a macro call reads as a function."""

from __future__ import annotations

from collections.abc import Callable


def dispatch(macro: str, package: str) -> Callable[..., str]:
    """The dispatched macro as a plain SQL function of the same name; one that makes rows as a select."""
    if macro == "unpivoted":
        return lambda relation, columns: f"select {relation}.* from {relation}"
    return lambda *arguments: f"{macro}({', '.join(arguments)})"
