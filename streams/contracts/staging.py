"""The dbt staging layer of the event log as text: what a contract says of its fields, said to dbt, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from streams.contracts.registry import CASE_COLUMNS, Column, Contract

MODELS = Path("dbt_project/models/staging/generated")
MACROS = Path("dbt_project/macros/generated/event_models.sql")

NOT_STAGED = {"stage", "content_hash", "extra"}
"""Raw columns that go no further, or under another name."""

OWN_NUMBERS = ("case_id", "parent_case_id")
"""Numbers of the source system, which become keys of the city: two systems of one city may use the same number."""

ADDED = (
    Column("family", "text", True, "事件族", "Vocabulary that its stages belong to."),
    Column("source", "text", True, "来源", "Topic without `city.` and its version."),
    Column("native_stage", "text", True, "原始环节", "Stage in the source's own vocabulary."),
)
HAS_COORDINATES = Column("has_coordinates", "boolean", True, "是否有坐标", "The event carries a point.")

_SQL_TYPES = {
    "text": "{{ dbt.type_string() }}",
    "boolean": "boolean",
    "timestamp": "timestamp",
}


def model_name(contract: Contract) -> str:
    """`city.grid.report.v1` -> `stg_grid__report_events`."""
    return f"stg_{contract.source_key.replace('.', '__')}_events"


def files(contracts: Mapping[str, Contract], header: str) -> dict[Path, str]:
    """Path from the checkout's root -> text: a model per topic, their properties, and the macros that list them."""
    made = {MODELS / f"{model_name(one)}.sql": f"{{# {header} -#}}\n{_model(one)}" for one in contracts.values()}
    properties = {"version": 2, "models": [_properties(one) for one in contracts.values()]}
    text = yaml.safe_dump(properties, allow_unicode=True, sort_keys=False, width=1000)
    made[MODELS / "_events.generated.yml"] = f"# {header}.\n{text}"
    made[MACROS] = f"{{# {header} #}}\n" + "\n".join(
        _listed(name, about, [model_name(one) for one in contracts.values() if only_cases <= one.is_case_topic])
        for name, about, only_cases in (
            ("event_models", "Staging models of all topics.", False),
            ("case_event_models", "Staging models of the topics that tell of cases.", True),
        )
    )
    return made


def _listed(macro: str, about: str, names: list[str]) -> str:
    rows = "".join(f"        '{name}',\n" for name in names)
    return f"{{# {about} #}}\n{{% macro {macro}() -%}}\n    {{{{ return([\n{rows}    ]) }}}}\n{{%- endmacro %}}\n"


def _model(contract: Contract) -> str:
    lines = ",\n".join(
        f"    {said if said == column.name else f'{said} as {column.name}'}" for column, said in _columns(contract)
    )
    return f"select\n{lines}\nfrom {{{{ source('raw', '{contract.table}') }}}}\n"


def _columns(contract: Contract) -> Iterator[tuple[Column, str]]:
    """Each column of the staging model, with the SQL that says it."""
    named = set()
    for column in contract.raw_columns:
        if column.name not in NOT_STAGED:
            named.add(column.name)
            yield column, said_of(contract, column.name)
    yield from zip(ADDED, (f"'{contract.family}'", f"'{contract.source_key}'", "stage"), strict=True)
    if contract.is_case_topic:
        for column in CASE_COLUMNS:
            if column.name not in named:
                yield column, _shared(contract, column)
        is_point = {"longitude", "latitude"} <= named
        yield HAS_COORDINATES, "longitude is not null and latitude is not null" if is_point else "false"


def said_of(contract: Contract, column: str) -> str:
    """SQL over the raw table for a column of the staging model that the raw table has as well."""
    return f"event_source || '/' || {column}" if contract.is_case_topic and column in OWN_NUMBERS else column


def _shared(contract: Contract, column: Column) -> str:
    """How this source says a column that all case sources share; what it knows nothing of is null or false."""
    said = contract.case_columns.get(column.name)
    if said is None:
        return "false" if column.kind == "boolean" else f"cast(null as {_SQL_TYPES[column.kind]})"
    if isinstance(said, str):
        return contract.field(said).column
    ((name, values),) = said.items()
    field = contract.field(name).column
    if isinstance(values, list):
        listed = ", ".join(f"'{value}'" for value in values)
        return f"{field} in ({listed})" if len(values) > 1 else f"{field} = {listed}"
    cases = "".join(f"\n        when '{value}' then '{word}'" for value, word in values.items())
    return f"case {field}{cases}\n    end"


def _properties(contract: Contract) -> dict[str, Any]:
    return {
        "name": model_name(contract),
        "description": f"{contract.title_zh}，与原始流水一一对应。 {contract.title}; one row per landed event.",
        "data_tests": [{"primary_key": {"arguments": {"columns": ["event_source", "event_id"]}}}],
        "columns": [
            {"name": column.name, "description": f"{column.name_zh}。{column.description}"}
            for column, _ in _columns(contract)
        ],
    }
