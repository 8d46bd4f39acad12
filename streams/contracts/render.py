"""Everything that follows from the contracts, as text: one source, many views, a drift test between them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from streams.contracts.pages import contracts_page, dead_letters_page
from streams.contracts.published import CHECKOUT, PublishedTable, published_tables
from streams.contracts.registry import ENVELOPE_ATTRIBUTES, Column, Contract, Field, contracts
from streams.contracts.staging import MODELS as STAGING
from streams.contracts.staging import files as staging_files
from streams.contracts.tables import CLOCK_TABLES, INCIDENT_TABLES, PROGRESS_TABLE, REFERENCE_TABLES, Table

HEADER = "made by `citybrain contracts render`; do not edit"

PG_TYPES = {
    "text": "text",
    "integer": "integer",
    "bigint": "bigint",
    "double": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$"


def rendered() -> dict[Path, str]:
    """Path from the checkout's root -> text of every file that is made from the contracts."""
    made = {
        Path(f"streams/contracts/generated/{topic}.schema.json"): _json_schema(contract)
        for topic, contract in contracts().items()
    }
    made |= staging_files(contracts(), HEADER)
    return made | {
        Path("streams/contracts/generated/contracts.md"): f"<!-- {HEADER} -->\n{contracts_page()}",
        Path("streams/contracts/generated/dead_letters.md"): f"<!-- {HEADER} -->\n{dead_letters_page()}",
        Path("streams/reference/generated/reference.sql"): _reference_sql(),
        Path("streams/warehouse/generated/raw.sql"): _raw_sql(),
        Path("streams/warehouse/generated/published.sql"): _published_sql(),
        Path("dbt_project/models/staging/_sources.generated.yml"): _dbt_sources(),
    }


def write(root: Path = CHECKOUT) -> list[Path]:
    """Write what differs under `root` and remove schemas of topics that are gone; returns what changed."""
    made = rendered()
    changed = []
    for path, text in made.items():
        target = root / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    for orphan in _orphans(root, made):
        (root / orphan).unlink()
        changed.append(orphan)
    return changed


def stale(root: Path = CHECKOUT) -> dict[Path, str]:
    """Rendered files under `root` that don't say what the contracts say -> missing, edited or left over."""
    made = rendered()
    found = {}
    for path, text in made.items():
        target = root / path
        if not target.exists():
            found[path] = "missing"
        elif target.read_text(encoding="utf-8") != text:
            found[path] = "edited or stale"
    return found | dict.fromkeys(_orphans(root, made), "left over")


def _orphans(root: Path, made: Iterable[Path]) -> list[Path]:
    found = [*(root / "streams/contracts/generated").glob("*.schema.json"), *(root / STAGING).glob("*.sql")]
    return sorted({path.relative_to(root) for path in found} - set(made))


# --- JSON Schema of one message ---------------------------------------------------------------------------


def _json_schema(contract: Contract) -> str:
    schema = {
        "$comment": HEADER,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:citybrain:{contract.topic}",
        "title": contract.title,
        "description": contract.purpose,
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "source": {"type": "string", "pattern": "^/[a-z0-9_]+(/[A-Za-z0-9._-]+)+$"},
            "type": {"enum": list(contract.event_types)},
            "subject": {"type": "string", "minLength": 1, "description": f"= data.{contract.subject_field}"},
            "time": {"type": "string", "format": "date-time", "pattern": TIME_PATTERN},
            "recordedtime": {"type": "string", "format": "date-time", "pattern": TIME_PATTERN},
            "datacontenttype": {"const": "application/json"},
            "data": {
                "type": "object",
                "properties": {field.name: _json_field(field) for field in contract.fields},
                "required": [field.name for field in contract.fields if field.required],
                "additionalProperties": True,
            },
        },
        "required": list(ENVELOPE_ATTRIBUTES),
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _json_field(field: Field) -> dict[str, Any]:
    kind = "string" if field.logical_type == "timestamp" else field.logical_type
    made: dict[str, Any] = {"title": field.name_zh, "description": field.description}
    made["type"] = kind if field.required else [kind, "null"]
    if field.enum:
        made["enum"] = [*field.enum] if field.required else [*field.enum, None]
    if field.required and kind == "string" and not field.enum:
        made["minLength"] = 1
    if field.logical_type == "timestamp":
        made |= {"format": "date-time", "pattern": TIME_PATTERN}
    least, most = (-(2**63), 2**63 - 1) if kind == "integer" else (None, None)
    for name, value in (
        ("minimum", least if field.minimum is None else field.minimum),
        ("maximum", most if field.maximum is None else field.maximum),
        ("maxLength", field.max_length),
        ("pattern", field.pattern),
    ):
        if value is not None:
            made[name] = value
    return made


# --- DDL --------------------------------------------------------------------------------------------------


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _described(column: Column) -> str:
    return f"{column.name_zh}。{column.description}"


def _create(name: str, lines: list[str], tail: str = "") -> str:
    return f"create table if not exists {name} (\n" + ",\n".join(f"    {line}" for line in lines) + f"\n){tail};\n"


def _column_ddl(name: str, data_type: str, required: bool) -> str:
    return f'"{name}" {data_type}{" not null" if required else ""}'


def _comments(name: str, about: str, columns: Iterable[tuple[str, str]], kind: str = "table") -> str:
    return "\n".join(
        [
            f"comment on {kind} {name} is {_literal(about)};",
            *(f'comment on column {name}."{column}" is {_literal(text)};' for column, text in columns),
            "",
        ]
    )


def _added(name: str, columns: Iterable[tuple[str, str]]) -> str:
    """A table made by an earlier version gains the optional columns that its contract has gained since."""
    lines = [f'    add column if not exists "{column}" {data_type}' for column, data_type in columns]
    return f"alter table {name}\n" + ",\n".join(lines) + ";\n" if lines else ""


def _raw_sql() -> str:
    parts = [
        f"-- The event log, and the incidents that it tells of; {HEADER}.\n-- Run as the owner; safe to run again.\n"
    ]
    parts.append("create schema if not exists raw;\n")
    for contract in contracts().values():
        columns = contract.raw_columns
        parts += [
            _create(
                contract.raw_table,
                [_column_ddl(c.name, PG_TYPES[c.kind], c.required) for c in columns],
                " partition by range (event_date)",
            ),
            _added(contract.raw_table, ((c.name, PG_TYPES[c.kind]) for c in columns if not c.required)),
            _comments(
                contract.raw_table,
                f"{contract.title_zh}(原始流水,按发生日期分区)。{contract.title}; one row per distinct event.",
                ((c.name, _described(c)) for c in columns),
            ),
        ]
    parts += [part for table in INCIDENT_TABLES for part in _table_sql(table)]
    return "\n".join(filter(None, parts))


def _reference_sql() -> str:
    parts = [
        "-- Reference tables, filled by `streams.reference.load`, the clocks' by `streams.builds.calendars`;\n"
        f"-- {HEADER}.\n"
        "-- Run as the owner; safe to run again.\n",
        "create schema if not exists raw;\n",
    ]
    parts += [part for table in (*REFERENCE_TABLES, *CLOCK_TABLES) for part in _table_sql(table)]
    return "\n".join(filter(None, parts))


def _table_sql(table: Table) -> list[str]:
    name = f"{table.schema}.{table.name}"
    columns = [_column_ddl(c.name, PG_TYPES[c.kind], c.required) for c in table.columns]
    return [
        _create(name, [*columns, f"primary key ({', '.join(table.primary_key)})"]),
        _added(name, ((c.name, PG_TYPES[c.kind]) for c in table.columns if not c.required)),
        _comments(name, f"{table.title_zh}。{table.description}", ((c.name, _described(c)) for c in table.columns)),
    ]


def _published_sql() -> str:
    """Tables of the protocol in `published`; rows of the models in `frozen`, each with the publications it was in."""
    parts = [
        f"-- The published door: append-only, frozen, the only schema that leaves; {HEADER}.\n"
        "-- Run as the owner; safe to run again.\n",
        "create schema if not exists frozen;\ncreate schema if not exists published;\n",
        """create or replace function published.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%.% is append-only, % refused', tg_table_schema, tg_table_name, tg_op
        using hint = 'publish again; a later publication restates, it never overwrites';
end
$$;
""",
        """-- A frozen row may end, once, and nothing else of it may change.
create or replace function frozen.end_once() returns trigger language plpgsql as $$
declare
    ended bigint := new.until_publication_id;
begin
    new.until_publication_id := null;
    if ended is null or new is distinct from old then
        raise exception '%.% is append-only, % refused', tg_table_schema, tg_table_name, tg_op
            using hint = 'publish again; a later publication restates, it never overwrites';
    end if;
    new.until_publication_id := ended;
    return new;
end
$$;
""",
    ]
    for table in published_tables():
        parts += _frozen_table(table) if table.from_dbt else _protocol_table(table)
    parts.append("-- What readers use: the latest publication of each table.\n")
    for table in published_tables():
        columns = ",\n    ".join(f'"{column.name}"' for column in table.columns)
        view, latest = f"published.current_{table.name}", "(select max(publication_id) from published.publication)"
        query = f"\n    {columns}\nfrom published.{table.name}\nwhere publication_id = {latest}"
        if table.from_dbt:  # straight from the rows in force: an index holds no others
            values = ",\n    ".join(f'"{name}"' for name in table.values)
            query = (
                f'\n    {latest} as "publication_id",\n    {values}\nfrom frozen.{table.name}\n'
                "where until_publication_id is null"
            )
        parts += [
            f"create or replace view {view} as\nselect{query};\n",
            _comments(
                view,
                f"最新发布：{table.description}",
                ((c.name, c.description) for c in table.columns),
                "view",
            ),
        ]
    return "\n".join(filter(None, parts))


def _protocol_table(table: PublishedTable) -> list[str]:
    name = f"published.{table.name}"
    columns = [_column_ddl(c.name, c.data_type, c.required) for c in table.columns]
    if table.name != "publication":
        columns[0] += OF_A_PUBLICATION
    return [
        _create(name, [*columns, f"primary key ({', '.join(table.primary_key)})"]),
        _added(name, ((c.name, c.data_type) for c in table.columns if not c.required)),
        _comments(name, table.description, ((c.name, c.description) for c in table.columns)),
        f"create or replace trigger append_only before update or delete or truncate on {name}\n"
        "for each statement execute function published.refuse_change();\n",
    ]


OF_A_PUBLICATION = " references published.publication deferrable initially deferred"
"""Checked at commit, so that the publication's own row may come last, with its counts and checksum."""


def _frozen_table(table: PublishedTable) -> list[str]:
    name, view, cell = f"frozen.{table.name}", f"published.{table.name}", ", ".join(table.cell)
    values = [column for column in table.columns if column.name != "publication_id"]
    shown = ",\n    ".join(f'versions."{column.name}"' for column in values)
    return [
        _create(
            name,
            [
                f'"from_publication_id" bigint not null{OF_A_PUBLICATION}',
                f'"until_publication_id" bigint{OF_A_PUBLICATION}',
                *(_column_ddl(c.name, c.data_type, c.required) for c in values),
                f"primary key ({cell}, from_publication_id)",
            ],
        ),
        _added(name, ((c.name, c.data_type) for c in values if not c.required)),
        f"create unique index if not exists {table.name}_in_force on {name} ({cell})\n"
        "where until_publication_id is null;\n",
        _comments(
            name,
            f"冻结的行：{table.description}",
            [
                ("from_publication_id", "起始发布编号。First publication that holds the row."),
                ("until_publication_id", "终止发布编号。First publication that holds it no more; null while it does."),
            ],
        ),
        f"create or replace trigger append_only before delete or truncate on {name}\n"
        "for each statement execute function published.refuse_change();\n",
        f"create or replace trigger end_once before update on {name}\n"
        "for each row execute function frozen.end_once();\n",
        f"create or replace view {view} as\nselect\n    publication.publication_id,\n    {shown}\n"
        f"from published.publication as publication\ninner join {name} as versions\n    on\n"
        "        publication.publication_id >= versions.from_publication_id\n"
        "        and (versions.until_publication_id is null"
        " or publication.publication_id < versions.until_publication_id);\n",
        _comments(view, table.description, ((c.name, c.description) for c in table.columns), "view"),
    ]


# --- dbt sources ------------------------------------------------------------------------------------------


def _dbt_sources() -> str:
    raw = [_event_source(contract) for contract in contracts().values()]
    raw += [_table_source(table) for table in (*REFERENCE_TABLES, *CLOCK_TABLES, *INCIDENT_TABLES)]
    document = {
        "version": 2,
        "sources": [
            {
                "name": "raw",
                "schema": "raw",
                "description": "事件流水与基础数据。Event log and reference data, written by the streams.",
                "tables": raw,
            },
            {
                "name": "ops",
                "schema": "ops",
                "description": "运行台账。What the platform writes about its own work.",
                "tables": [_table_source(PROGRESS_TABLE)],
            },
        ],
    }
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)
    return f"# {HEADER}.\n{text}"


def _event_source(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.table,
        "description": f"{contract.title_zh}。{contract.title}; one row per distinct event.",
        "config": {"meta": {"topic": contract.topic, "owner": contract.owner, "contact": contract.contact}},
        "data_tests": [_unique(("event_source", "event_id"))],
        "columns": [_tested(column) for column in contract.raw_columns],
    }


def _table_source(table: Table) -> dict[str, Any]:
    """Without tests: the tables have keys and not-nulls as constraints, and values are checked on the way in."""
    return {
        "name": table.name,
        "description": f"{table.title_zh}。{table.description}",
        "columns": [_source_column(column) for column in table.columns],
    }


def _unique(columns: tuple[str, ...]) -> dict[str, Any]:
    return {"unique": {"arguments": {"column_name": " || '|' || ".join(columns)}}}


def _source_column(column: Column) -> dict[str, Any]:
    return {"name": column.name, "description": _described(column), "data_type": PG_TYPES[column.kind]}


def _tested(column: Column) -> dict[str, Any]:
    tests: list[Any] = ["not_null"] if column.required else []
    if column.enum:
        tests.append({"accepted_values": {"arguments": {"values": list(column.enum)}}})
    return _source_column(column) | ({"data_tests": tests} if tests else {})
