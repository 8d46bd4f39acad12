"""A source as one YAML file: which column becomes what, and what is dropped. Checked against the contract.

Shape (every key is checked, an unknown one is an error)::

    topic: city.hotline.ticket.v1
    city: chicago                     # its zone and codes; a file of streams/contracts/cities
    system: "311"                     # event source = /chicago/311
    reader:    {format: csv, encoding: utf-8, delimiter: ",", quote: '"', skip_rows: 0, header_rows: 1, nulls: [""],
                decimal: "." | ",", join: {opened: [day, hour]},                  # one column of two
                unpivot: {columns: ["1月", "2月"] | "[0-9]+月", period: month, value: count}}   # a row for each of them
               # tsv | excel (sheet: one or a list) | json (records: data.list, columns: meta.view.columns for arrays
               # of arrays) | jsonlines | geojson; see readers.FORMATS. A second column `type` is `type #9`, one
               # without a name `#9`, by their place from 1
    times:     {formats: [strptime | epoch_s | epoch_ms | serial_days], zone: city | UTC | <IANA name> | in_value,
                era: common | roc | buddhist, twice: earliest | latest | reject, skipped: reject | forward,
                columns: {finished: {formats: ["%d/%m/%Y"], zone: UTC}}}    # columns that differ from the others
               # 24:00 is the next midnight, 下午3点 is 15:00; one column holds one order of day and month
    status:    {column: status, stages: {Open: [accepted], Completed: [accepted, closed]}}
    rows:      case | event           # a row is a case with its present state (the usual), or one event of a case
    stages:    {accepted: {at: created}, merged: {at: created, when: {duplicate: ["True"]}},
                closed: {at: [finished, settled], optional: true},          # the first of the columns that is filled
                replied: {at: answered, optional: true, fields: {text: {scrubbed: reply}}}}  # own values of a stage
               # {constant: 2025-12-31} in place of `at`: a time that no column says
    fields:    {case_id: {column: number}, channel: {column: origin, map: {Phone: phone}, default: other},
                longitude: {column: location, part: 1}, latitude: {column: location, part: -1},  # n-th number
                unit_code: {column: owner, slug: true}, area_code: {column: street, by_name: true},
                status_native: {column: status, only: [closed]},
                category_scheme: {constant: chicago-311}, text: {scrubbed: [subject, remarks]},
                reporter_token: {token: phone}}
    measures:  {likes: thumbs_up}     # counts that the source keeps of the matter: a name of your own, its column
    drop:      {personal: [street_address], derived: [created_hour]}
    unknown_columns: warn | refuse
               # A column of an optional field or a later stage may be absent from a file: it is told, and stays empty.
    open311:   {endpoint: https://localhost/open311/v2, jurisdiction_id: city.example, page_size: 1000,
                window_days: 90, requests_per_minute: 30,     # what `citybrain source pull` asks
                format: json | xml, encoding: latin-1,        # where its answers don't show it
                none_status: [404]}                           # HTTP statuses by which it says "none"
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.contracts.registry import Contract, contract, read_yaml
from streams.contracts.registry import city as city_of
from streams.errors import CityBrainError
from streams.sources.numerals import DECIMALS
from streams.sources.readers import FORMATS
from streams.sources.times import EPOCHS, ERAS, Times, rivals

MAPPINGS_DIR = Path(__file__).parent / "mappings"

NAMED_FIELDS = ("area_code", "unit_code", "category_code")
"""Fields whose codes may be looked up by name (`by_name`)."""

TOKEN_FIELD, TOKEN_KEY_FIELD, PREVIOUS_TOKEN_FIELD = "reporter_token", "token_key_id", "reporter_token_previous"
MADE_BY_ADAPTER = ("city_code", "stage", "basis", "measures", TOKEN_KEY_FIELD, PREVIOUS_TOKEN_FIELD)

CLOSING = ("closed", "not_accepted", "inspection_done")
"""Native stages by which a case counts as closed."""

ENDED = (*CLOSING, "voided")
"""Native stages by which a case ends; a later download that shows it open takes them back."""

REOPENING = ("reopened", "reworked")
"""Native stages by which an end is taken back."""

POINT_FIELDS = ("longitude", "latitude")


@dataclass(frozen=True)
class FieldRule:
    """Where a contract field comes from: `column`, `scrubbed` or `token` name a source column; or `constant`.

    `scrubbed` may name several columns, whose texts stand below each other.
    `by_name`: the column holds names, whose codes are in the reference data; a name that isn't there stays as it is.
    `part`: the cell holds several numbers, of which this is the n-th (from the end where it is negative).
    """

    column: str | None = None
    scrubbed: str | tuple[str, ...] | None = None
    token: str | None = None
    constant: Any = None
    map: Mapping[str, Any] | None = None
    default: Any = ...
    slug: bool = False
    by_name: bool = False
    only: tuple[str, ...] = ()
    part: int | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Source columns that it is made of."""
        return _names(self.column or self.scrubbed or self.token)


@dataclass(frozen=True)
class StageRule:
    """When a stage happened: time column `at`, optional `recorded` time, optional conditions on other columns.

    `at` may name several columns: the first that is filled tells. `constant`: a time (UTC, without zone) for all rows.
    `optional`: a row without the time has not reached the stage yet; else it is a fault of the row.
    `fields`: values that this stage has from other columns than the rest.
    """

    at: str | tuple[str, ...] | None = None
    constant: Any = None
    recorded: str | None = None
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    optional: bool = False
    fields: Mapping[str, FieldRule] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Source columns that say when it happened."""
        return _names(self.at)

    @property
    def time_columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.columns, *_names(self.recorded)]))


def _names(given: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return given if isinstance(given, tuple) else (given,) if given else ()


@dataclass(frozen=True)
class Open311:
    """A GeoReport v2 server and what it bears: the most requests and days that it answers at once, calls a minute.

    `format`, `encoding` (None: as the answers show) and `none_status` (HTTP) are ways of its own.
    """

    endpoint: str
    jurisdiction_id: str | None = None
    page_size: int = 1000
    window_days: int = 90
    requests_per_minute: int = 30
    format: str = "json"
    encoding: str | None = None
    none_status: Sequence[int] = (404,)


@dataclass(frozen=True)
class SourceMapping:
    """One source, ready to be applied."""

    name: str
    contract: Contract
    city_code: str
    system: str
    reader: Mapping[str, Any]
    times: Times
    status_column: str | None
    status_stages: Mapping[str, Sequence[str]]
    stages: Mapping[str, StageRule]
    fields: Mapping[str, FieldRule]
    drop: Mapping[str, Sequence[str]]
    unknown_columns: str
    open311: Open311 | None = None
    column_times: Mapping[str, Times] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    rows: str = "case"

    @property
    def is_row_per_case(self) -> bool:
        """True where two rows with one number are a contradiction: each row is a case with its present state."""
        return self.rows == "case" and self.contract.is_case_topic

    @property
    def keeps_corrections(self) -> bool:
        """True where the contract can tell a correction from what it corrects."""
        return any(one.name == "basis" for one in self.contract.fields)

    @property
    def closing_stages(self) -> list[str]:
        """Stages of the mapping by which a case ends."""
        return [stage for stage in self.stages if stage in ENDED]

    @property
    def rules(self) -> list[tuple[str, str, FieldRule]]:
        """(stage, field, rule) of all fields; the stage is empty text for those that all stages share."""
        shared = [("", name, rule) for name, rule in self.fields.items()]
        return shared + [(key, name, one) for key, rule in self.stages.items() for name, one in rule.fields.items()]

    @property
    def point_fields(self) -> tuple[str, ...]:
        """Longitude and latitude, where the source gives both."""
        given = [name for name in POINT_FIELDS if name in self.fields and self.fields[name].column]
        return POINT_FIELDS if len(given) == len(POINT_FIELDS) else ()

    @property
    def time_columns(self) -> list[str]:
        """Source columns that hold times, each once."""
        found = [name for rule in self.stages.values() for name in rule.time_columns]
        for _, name, rule in self.rules:
            found += [rule.column] if rule.column and self.contract.field(name).logical_type == "timestamp" else []
        return list(dict.fromkeys(found))

    @property
    def event_source(self) -> str:
        return f"/{self.city_code}/{self.system}"

    @property
    def used_columns(self) -> list[str]:
        """Source columns that are read, each once."""
        found = [name for _, _, rule in self.rules for name in rule.sources] + [*_names(self.status_column)]
        for stage in self.stages.values():
            found += [*stage.time_columns, *stage.when]
        return list(dict.fromkeys([*found, *self.measures.values()]))

    @property
    def needed_columns(self) -> list[str]:
        """Those of them without which no row can be taken."""
        required = [rule for name, rule in self.fields.items() if self.contract.field(name).required]
        found = [name for rule in required for name in rule.sources] + [*_names(self.status_column)]
        return [*found, *next(iter(self.stages.values())).columns[:1]]

    def times_of(self, column: str) -> Times:
        """How this column writes its times."""
        return self.column_times.get(column, self.times)

    @property
    def dropped_columns(self) -> list[str]:
        return [name for names in self.drop.values() for name in names]


def mapping_names() -> list[str]:
    """Names of the mappings that are shipped."""
    return sorted(path.stem for path in MAPPINGS_DIR.glob("*.yaml"))


def load_mapping(name_or_path: str) -> SourceMapping:
    """A shipped mapping by name, or any by its path; raises CityBrainError that names what is wrong in it."""
    path = MAPPINGS_DIR / f"{name_or_path}.yaml"
    if not path.exists():
        path = Path(name_or_path)
    if not path.is_file():
        raise CityBrainError(
            f"no mapping {name_or_path!r}",
            why=f"shipped ones: {', '.join(mapping_names())}",
            remedy="give one of these names, or the path of a YAML file",
        )
    return mapping_from(read_yaml(path), path.stem)


def mapping_from(document: Mapping[str, Any], name: str) -> SourceMapping:
    """Check a mapping document; raises CityBrainError that lists every fault."""
    faults = _Faults()
    faults.keys("mapping", document, _TOP, required=("topic", "city", "system", "times", "stages", "fields"))
    for place in ("reader", "times", "status", "stages", "fields"):
        _undecided(place, document.get(place), faults)
    faults.stop(name)
    target, city = contract(document["topic"]), city_of(document["city"])
    fields = {key: _made(FieldRule, value, f"fields.{key}", faults) for key, value in document["fields"].items()}
    stages = {key: _stage(value, f"stages.{key}", faults) for key, value in document["stages"].items()}
    status = document.get("status", {})
    faults.keys("status", status, ("column", "stages"), required=("column", "stages") if status else ())
    reader = _reader(document.get("reader", {}), faults)
    times, column_times = _times(document["times"], FORMATS[reader["format"]].time_formats, city.time_zone, faults)
    faults.stop(name)
    made = SourceMapping(
        name=name,
        contract=target,
        city_code=city.city_code,
        system=str(document["system"]),
        reader=reader,
        times=times,
        status_column=status.get("column"),
        status_stages={str(key): tuple(value) for key, value in status.get("stages", {}).items()},
        stages=stages,
        fields=fields,
        drop=document.get("drop", {}),
        unknown_columns=document.get("unknown_columns", "warn"),
        open311=_made(Open311, document["open311"], "open311", faults) if "open311" in document else None,
        column_times=column_times,
        measures=document.get("measures", {}),
        rows=document.get("rows", "case"),
    )
    faults.stop(name)
    made = replace(made, stages=_with_constants(made, faults))
    faults.stop(name)
    _judge(made, faults)
    faults.stop(name)
    return made


_TOP = (
    *("topic", "city", "system", "reader", "times", "status", "stages", "fields", "drop", "unknown_columns"),
    *("description", "attribution", "open311", "measures", "rows"),
)


class _Faults:
    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, fault: str, unless: bool = False) -> None:
        if not unless:
            self.found.append(fault)

    def keys(self, place: str, node: Any, allowed: Sequence[str], required: Sequence[str] = ()) -> None:
        if not isinstance(node, Mapping):
            self.add(f"{place} is no mapping")
            return
        for key in node:
            self.add(f"{place}: unknown key {key!r} (allowed: {', '.join(allowed)})", unless=key in allowed)
        for key in required:
            self.add(f"{place}: {key} is missing", unless=key in node)

    def stop(self, name: str) -> None:
        if self.found:
            raise CityBrainError(
                f"mapping {name} is wrong",
                why="; ".join(self.found),
                remedy="correct the YAML; streams/sources/mapping.py shows the shape",
                exit_code=2,
            )


def _undecided(place: str, node: Any, faults: _Faults) -> None:
    """What a draft has left to a person."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            _undecided(f"{place}.{key}", value, faults)
    elif isinstance(node, list):
        for value in node:
            _undecided(place, value, faults)
    elif isinstance(node, str):
        faults.add(f"{place} is not decided: {node}", unless=not node.startswith("TODO"))


def _reader(node: Any, faults: _Faults) -> dict[str, Any]:
    """The options of the format, complete."""
    name = node.get("format", "csv") if isinstance(node, Mapping) else node
    if name not in FORMATS:
        faults.add(f"reader.format: {name!r} is none of {', '.join(FORMATS)}")
        return {"format": "csv"}
    faults.keys("reader", node, ("format", *FORMATS[name].options))
    made = {"format": name, **FORMATS[name].options, **node}
    faults.add(
        f"reader.decimal: {made['decimal']!r} is none of {' '.join(DECIMALS)}", unless=made["decimal"] in DECIMALS
    )
    if made["unpivot"]:
        keys = ("columns", "period", "value")
        faults.keys("reader.unpivot", made["unpivot"], keys, required=keys)
    are_lists = isinstance(made["join"], Mapping) and all(
        isinstance(one, list) and len(one) > 1 for one in made["join"].values()
    )
    faults.add("reader.join: each new column names two or more in a list", unless=are_lists)
    return made


def _times(node: Any, of_reader: Sequence[str], city_zone: str, faults: _Faults) -> tuple[Times, dict[str, Times]]:
    """The source's times, and those of each column that differs; `of_reader` are formats that the reader writes."""
    keys = tuple(Times.__dataclass_fields__)
    faults.keys("times", node, (*keys, "columns"), required=("formats",))
    columns = node.get("columns", {}) if isinstance(node, Mapping) else {}
    for column, differing in columns.items():
        faults.keys(f"times.columns.{column}", differing, keys)
    if faults.found:
        return Times((), None), {}

    def made(place: str, **values: Any) -> Times:
        zone = values.get("zone", "city")
        values["zone"] = {"city": city_zone, "in_value": None}.get(zone, zone)
        values["formats"] = (*values["formats"], *of_reader)
        times = Times(**values)
        _judge_times(times, place, faults)
        return times

    usual = {key: value for key, value in node.items() if key != "columns"}
    return made("times", **usual), {
        column: made(f"times.columns.{column}", **{**usual, **differing}) for column, differing in columns.items()
    }


def _judge_times(times: Times, place: str, faults: _Faults) -> None:
    for value, key, allowed in (
        (times.twice, "twice", ("earliest", "latest", "reject")),
        (times.skipped, "skipped", ("reject", "forward")),
        (times.era, "era", tuple(ERAS)),
    ):
        faults.add(f"{place}.{key}: {value!r} is none of {', '.join(allowed)}", unless=value in allowed)
    both = rivals(times.formats)
    faults.add(
        f"{place}.formats: {' and '.join(both or ())} read one text as two days; choose by the column",
        unless=both is None,
    )
    is_epoch = bool(set(EPOCHS) & set(times.formats))
    faults.add(f"{place}: epoch_s and epoch_ms need zone: in_value", unless=not is_epoch or times.zone is None)
    try:
        ZoneInfo(times.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        faults.add(str(error))


def _made(kind: type, node: Any, place: str, faults: _Faults) -> Any:
    faults.keys(place, node, tuple(kind.__dataclass_fields__))  # type: ignore[attr-defined]
    if faults.found:
        return None
    values = dict(node)
    for name in ("only", "scrubbed", "at"):
        if isinstance(values.get(name), list):
            values[name] = tuple(values[name])
    if "map" in values:
        values["map"] = {str(key): value for key, value in values["map"].items()}
    if "when" in values:
        values["when"] = {
            column: [str(item) for item in (allowed if isinstance(allowed, list) else [allowed])]
            for column, allowed in values["when"].items()
        }
    try:
        return kind(**values)
    except TypeError as error:
        faults.add(f"{place}: {error}")
        return None


def _stage(node: Any, place: str, faults: _Faults) -> Any:
    rule = _made(StageRule, node, place, faults)
    if rule is None:
        return None
    fields = {key: _made(FieldRule, one, f"{place}.fields.{key}", faults) for key, one in rule.fields.items()}
    return replace(rule, fields=fields)


def _with_constants(mapping: SourceMapping, faults: _Faults) -> dict[str, StageRule]:
    """The stages, with constant times as instants in UTC."""
    made = {}
    for name, rule in mapping.stages.items():
        faults.add(
            f"stages.{name}: needs exactly one of at, constant", unless=bool(rule.at) != (rule.constant is not None)
        )
        made[name] = rule
        if rule.constant is not None:
            try:
                local = datetime.fromisoformat(str(rule.constant))
                zoned = local if local.tzinfo else local.replace(tzinfo=ZoneInfo(mapping.times.zone or "UTC"))
                made[name] = replace(rule, constant=zoned.astimezone(UTC).replace(tzinfo=None))
            except (ValueError, ZoneInfoNotFoundError):
                faults.add(f"stages.{name}: constant {rule.constant!r} is no time like 2025-12-31 08:00:00")
    return made


def _judge(mapping: SourceMapping, faults: _Faults) -> None:
    target = mapping.contract
    known = {f.name: f for f in target.fields}
    for stage, name, rule in mapping.rules:
        place = f"stages.{stage}.fields.{name}" if stage else f"fields.{name}"
        faults.add(f"{place}: the contract has no such field", unless=name in known)
        faults.add(f"{place}: is made by the adapter", unless=name not in MADE_BY_ADAPTER)
        faults.add(f"{place}: a token is the same for all stages", unless=not (stage and rule.token))
        faults.add(f"{place}: the number is the same for all stages", unless=not stage or name != target.subject_field)
        given = [rule.column, rule.scrubbed, rule.token, rule.constant]
        faults.add(
            f"{place}: needs exactly one of column, scrubbed, token, constant",
            unless=sum(value is not None for value in given) == 1,
        )
        faults.add(f"{place}: default without map", unless=rule.default is ... or rule.map is not None)
        faults.add(
            f"{place}: by_name is for {', '.join(NAMED_FIELDS)}, with column alone",
            unless=not rule.by_name or (name in NAMED_FIELDS and bool(rule.column) and not rule.slug and not rule.map),
        )
        is_number = name in known and known[name].logical_type in ("number", "integer")
        is_place = isinstance(rule.part, int) and rule.part != 0 and bool(rule.column) and is_number
        faults.add(
            f"fields.{name}: part is the place of a number in a column, from 1, or from -1 at the end",
            unless=rule.part is None or is_place,
        )
        for stage in rule.only:
            faults.add(f"{place}: only: {stage} has no entry in stages", unless=stage in mapping.stages)
        if name in known and known[name].enum:
            values = [*(rule.map or {}).values(), rule.constant]
            if rule.map is not None and rule.default is not ...:
                values.append(rule.default)
            strange = sorted({str(v) for v in values if v is not None and v not in known[name].enum})
            faults.add(f"{place}: not allowed by the contract: {', '.join(strange)}", unless=not strange)
        free_text = name in known and known[name].classification == "quasi" and known[name].lake_only
        faults.add(
            f"{place}: personal by its contract, so it must be scrubbed or a token",
            unless=not free_text or bool(rule.scrubbed or rule.token),
        )
    for f in target.fields:
        made = {"city_code", "stage", *mapping.fields}
        faults.add(f"fields: the contract requires {f.name}", unless=not f.required or f.name in made)
    for stage in mapping.stages:
        faults.add(f"stages: the contract has no stage {stage}", unless=stage in target.stages)
    for status, stages in mapping.status_stages.items():
        for stage in stages:
            faults.add(f"status {status}: {stage} has no entry in stages", unless=stage in mapping.stages)
    if mapping.measures:
        faults.add("measures: the contract keeps none", unless="measures" in known)
    for name, column in mapping.measures.items():
        is_name = re.fullmatch(r"[a-z][a-z0-9_]*", str(name)) is not None and isinstance(column, str)
        faults.add(f"measures.{name}: is no small name with its column", unless=is_name)
    stage_faults = [name for name, rule in mapping.stages.items() if not isinstance(rule.optional, bool)]
    faults.add(f"stages.{', '.join(stage_faults)}: optional is true or false", unless=not stage_faults)
    faults.add("stages: the first one can't be optional", unless=not next(iter(mapping.stages.values())).optional)
    doubled = sorted(set(mapping.used_columns) & set(mapping.dropped_columns))
    faults.add(f"both used and dropped: {', '.join(doubled)}", unless=not doubled)
    for value, place, allowed in (
        (mapping.unknown_columns, "unknown_columns", ("warn", "refuse")),
        (mapping.rows, "rows", ("case", "event")),
    ):
        faults.add(f"{place}: {value!r} is none of {', '.join(allowed)}", unless=value in allowed)
    server = mapping.open311
    if server is not None:
        faults.add(
            "open311.endpoint is no http(s) address", unless=str(server.endpoint).startswith(("http://", "https://"))
        )
        for name in ("page_size", "window_days", "requests_per_minute"):
            value = getattr(server, name)
            faults.add(f"open311.{name}: {value!r} is no number over 0", unless=isinstance(value, int) and value > 0)
        faults.add("open311.format is json or xml", unless=server.format in ("json", "xml"))
        statuses = server.none_status
        faults.add(
            "open311.none_status is a list of HTTP statuses of 400 and more",
            unless=isinstance(statuses, list | tuple) and all(isinstance(one, int) and one >= 400 for one in statuses),
        )
    faults.add(
        f"system: {mapping.system!r} is no name of letters, digits, dots and dashes",
        unless=re.fullmatch(r"[A-Za-z0-9._-]+", mapping.system) is not None,
    )
    try:
        "".encode(mapping.reader.get("encoding", "utf-8"))
        "".encode((server and server.encoding) or "utf-8")
    except (LookupError, ValueError) as error:
        faults.add(str(error))
