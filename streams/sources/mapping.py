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
    stages:    {accepted: {at: created}, merged: {at: created, when: {duplicate: ["True"]}},
                closed: {at: finished, optional: true}}
    fields:    {case_id: {column: number}, channel: {column: origin, map: {Phone: phone}, default: other},
                longitude: {column: location, part: 1}, latitude: {column: location, part: -1},  # n-th number
                unit_code: {column: owner, slug: true}, area_code: {column: street, by_name: true},
                status_native: {column: status, only: [closed]},
                category_scheme: {constant: chicago-311}, text: {scrubbed: remarks}, reporter_token: {token: phone}}
    drop:      {personal: [street_address], derived: [created_hour]}
    unknown_columns: warn | refuse
    open311:   {endpoint: https://localhost/open311/v2, jurisdiction_id: city.example, page_size: 1000,
                window_days: 90, requests_per_minute: 30}     # what `citybrain source pull` asks
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.contracts.registry import Contract, contract, read_yaml
from streams.contracts.registry import city as city_of
from streams.errors import CityBrainError
from streams.sources.readers import FORMATS
from streams.sources.times import EPOCHS, ERAS, Times, rivals

MAPPINGS_DIR = Path(__file__).parent / "mappings"

NAMED_FIELDS = ("area_code", "unit_code", "category_code")
"""Fields whose codes may be looked up by name (`by_name`)."""

TOKEN_FIELD, TOKEN_KEY_FIELD, PREVIOUS_TOKEN_FIELD = "reporter_token", "token_key_id", "reporter_token_previous"
MADE_BY_ADAPTER = ("city_code", "stage", TOKEN_KEY_FIELD, PREVIOUS_TOKEN_FIELD)


@dataclass(frozen=True)
class FieldRule:
    """Where a contract field comes from: `column`, `scrubbed` or `token` name a source column; or `constant`.

    `by_name`: the column holds names, whose codes are in the reference data; a name that isn't there stays as it is.
    `part`: the cell holds several numbers, of which this is the n-th (from the end where it is negative).
    """

    column: str | None = None
    scrubbed: str | None = None
    token: str | None = None
    constant: Any = None
    map: Mapping[str, Any] | None = None
    default: Any = ...
    slug: bool = False
    by_name: bool = False
    only: tuple[str, ...] = ()
    part: int | None = None

    @property
    def source(self) -> str | None:
        return self.column or self.scrubbed or self.token


@dataclass(frozen=True)
class StageRule:
    """When a stage happened: time column `at`, optional `recorded` time, optional conditions on other columns.

    `optional`: a row without the time has not reached the stage yet; else it is a fault of the row.
    """

    at: str
    recorded: str | None = None
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    optional: bool = False


@dataclass(frozen=True)
class Open311:
    """A GeoReport v2 server and what it bears: the most requests and days that it answers at once, calls a minute."""

    endpoint: str
    jurisdiction_id: str | None = None
    page_size: int = 1000
    window_days: int = 90
    requests_per_minute: int = 30


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

    @property
    def event_source(self) -> str:
        return f"/{self.city_code}/{self.system}"

    @property
    def used_columns(self) -> list[str]:
        """Source columns that must be there, each once."""
        found = [rule.source for rule in self.fields.values()] + [self.status_column]
        for stage in self.stages.values():
            found += [stage.at, stage.recorded, *stage.when]
        return list(dict.fromkeys(name for name in found if name))

    @property
    def time_columns(self) -> list[str]:
        """Source columns that hold times, each once."""
        found = [name for rule in self.stages.values() for name in (rule.at, rule.recorded)]
        for name, rule in self.fields.items():
            found += [rule.column] if self.contract.field(name).logical_type == "timestamp" else []
        return list(dict.fromkeys(name for name in found if name))

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
    faults.stop(name)
    target, city = contract(document["topic"]), city_of(document["city"])
    fields = {key: _made(FieldRule, value, f"fields.{key}", faults) for key, value in document["fields"].items()}
    stages = {key: _made(StageRule, value, f"stages.{key}", faults) for key, value in document["stages"].items()}
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
    )
    faults.stop(name)
    _judge(made, faults)
    faults.stop(name)
    return made


_TOP = (
    *("topic", "city", "system", "reader", "times", "status", "stages", "fields", "drop", "unknown_columns"),
    *("description", "attribution", "open311"),
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


def _reader(node: Any, faults: _Faults) -> dict[str, Any]:
    """The options of the format, complete."""
    name = node.get("format", "csv") if isinstance(node, Mapping) else node
    if name not in FORMATS:
        faults.add(f"reader.format: {name!r} is none of {', '.join(FORMATS)}")
        return {"format": "csv"}
    faults.keys("reader", node, ("format", *FORMATS[name].options))
    return {"format": name, **FORMATS[name].options, **node}


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
    if "only" in values:
        values["only"] = tuple(values["only"])
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


def _judge(mapping: SourceMapping, faults: _Faults) -> None:
    target = mapping.contract
    known = {f.name: f for f in target.fields}
    for name, rule in mapping.fields.items():
        faults.add(f"fields.{name}: the contract has no such field", unless=name in known)
        faults.add(f"fields.{name}: is made by the adapter", unless=name not in MADE_BY_ADAPTER)
        given = [rule.column, rule.scrubbed, rule.token, rule.constant]
        faults.add(
            f"fields.{name}: needs exactly one of column, scrubbed, token, constant",
            unless=sum(value is not None for value in given) == 1,
        )
        faults.add(f"fields.{name}: default without map", unless=rule.default is ... or rule.map is not None)
        faults.add(
            f"fields.{name}: by_name is for {', '.join(NAMED_FIELDS)}, with column alone",
            unless=not rule.by_name or (name in NAMED_FIELDS and bool(rule.column) and not rule.slug and not rule.map),
        )
        is_number = name in known and known[name].logical_type in ("number", "integer")
        is_place = isinstance(rule.part, int) and rule.part != 0 and bool(rule.column) and is_number
        faults.add(
            f"fields.{name}: part is the place of a number in a column, from 1, or from -1 at the end",
            unless=rule.part is None or is_place,
        )
        for stage in rule.only:
            faults.add(f"fields.{name}: only: {stage} has no entry in stages", unless=stage in mapping.stages)
        if name in known and known[name].enum:
            values = [*(rule.map or {}).values(), rule.constant]
            if rule.map is not None and rule.default is not ...:
                values.append(rule.default)
            strange = sorted({str(v) for v in values if v is not None and v not in known[name].enum})
            faults.add(f"fields.{name}: not allowed by the contract: {', '.join(strange)}", unless=not strange)
        free_text = name in known and known[name].classification == "quasi" and known[name].lake_only
        faults.add(
            f"fields.{name}: personal by its contract, so it must be scrubbed or a token",
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
    stage_faults = [name for name, rule in mapping.stages.items() if not isinstance(rule.optional, bool)]
    faults.add(f"stages.{', '.join(stage_faults)}: optional is true or false", unless=not stage_faults)
    faults.add("stages: the first one can't be optional", unless=not next(iter(mapping.stages.values())).optional)
    doubled = sorted(set(mapping.used_columns) & set(mapping.dropped_columns))
    faults.add(f"both used and dropped: {', '.join(doubled)}", unless=not doubled)
    faults.add(
        f"unknown_columns: {mapping.unknown_columns!r} is none of warn, refuse",
        unless=mapping.unknown_columns in ("warn", "refuse"),
    )
    server = mapping.open311
    if server is not None:
        faults.add(
            "open311.endpoint is no http(s) address", unless=str(server.endpoint).startswith(("http://", "https://"))
        )
        for name in ("page_size", "window_days", "requests_per_minute"):
            value = getattr(server, name)
            faults.add(f"open311.{name}: {value!r} is no number over 0", unless=isinstance(value, int) and value > 0)
    faults.add(
        f"system: {mapping.system!r} is no name of letters, digits, dots and dashes",
        unless=re.fullmatch(r"[A-Za-z0-9._-]+", mapping.system) is not None,
    )
    try:
        "".encode(mapping.reader.get("encoding", "utf-8"))
    except (LookupError, ValueError) as error:
        faults.add(str(error))
