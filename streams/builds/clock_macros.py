"""The macros of `dbt_project/macros/clock.sql` as plain SQL, for what asks the clocks outside of a build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2

from streams.builds.dbt import PROJECT

RAW_TABLES = {"stg_ref__clock_instants": "raw.ref_clock_instant", "stg_ref__clock_ends": "raw.ref_clock_end"}
"""What the staging models of the lookup are views of."""

FLOAT = {"postgres": "double precision", "spark": "double"}


class _Adapter:
    """dbt's dispatch, as far as these macros ask it."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.module: Any = None

    def dispatch(self, name: str, package: str) -> Any:
        return getattr(self.module, f"{self.engine}__{name}", None) or getattr(self.module, f"default__{name}")

    def type_float(self) -> str:
        return FLOAT[self.engine]


def clock_macros(engine: str = "postgres", relations: Mapping[str, str] = RAW_TABLES) -> Any:
    """The macros as functions that return SQL. `engine`: postgres or spark; `relations`: model -> table."""
    adapter = _Adapter(engine)
    environment = jinja2.Environment(autoescape=False)  # noqa: S701  # it writes SQL, not pages
    environment.globals.update(adapter=adapter, dbt=adapter, ref=relations.__getitem__)
    source = (PROJECT / "macros" / "clock.sql").read_text(encoding="utf-8")
    adapter.module = environment.from_string(source).module
    return adapter.module
