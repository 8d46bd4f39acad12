"""Typed view of the wire contracts (ODCS YAML) and the city files; a pure reader that knows no sibling room."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as member
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from streams.errors import CityBrainError

HERE = Path(__file__).parent
TOPICS_DIR = HERE / "topics"
CITIES_DIR = HERE / "cities"

MAX_RECORD_BYTES = 1_048_576
"""A larger record is refused by our producers and dead-lettered (`too_large`) when somebody else sends it."""

TOPIC_MAX_BYTES = MAX_RECORD_BYTES + 65_536
"""What the broker takes: a record at the limit with its key and headers; a larger one is refused to its sender."""

FUTURE_TOLERANCE_MINUTES = 10
"""An event time further ahead than this is a wrong clock and is dead-lettered (`future_time`)."""

FIRST_PLAUSIBLE_DATE = date(2000, 1, 2)
"""Where a city file says nothing. Clocks that were never set tell of 1970, 1980 or the first day of 2000."""

ENVELOPE_ATTRIBUTES = (
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "recordedtime",
    "datacontenttype",
    "data",
)
"""CloudEvents 1.0 attributes that each message carries, all required; `recordedtime` is our one extension."""


@dataclass(frozen=True)
class Field:
    """One member of `data`. `logical_type` is string, integer, number, boolean or timestamp (RFC 3339, Z).

    `drop_out_of_range`: an optional number whose value outside its range goes, is told, and costs no record.
    """

    name: str
    logical_type: str
    required: bool
    classification: str
    name_zh: str
    description: str
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    pattern: str | None = None
    unit: str | None = None
    lake_only: bool = False
    reject_without_payload: bool = False
    drop_out_of_range: bool = False

    @property
    def column(self) -> str:
        """Name in frames and tables: timestamps say their zone."""
        return f"{self.name}_utc" if self.logical_type == "timestamp" else self.name


@dataclass(frozen=True)
class Column:
    """One column of a raw table. `kind` is text, integer, bigint, double, boolean, date or timestamp (UTC)."""

    name: str
    kind: str
    required: bool
    name_zh: str
    description: str
    enum: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
    """One topic: what its messages hold, who owns it, how it is kept and what is rendered from it."""

    topic: str
    version: str
    domain: str
    title: str
    title_zh: str
    purpose: str
    usage: str
    limitations: str
    owner: str
    contact: str
    fields: tuple[Field, ...]
    key_fields: tuple[str, ...]
    subject_field: str
    is_case_topic: bool
    partitions: int
    retention_days: int
    dlq_retention_days: int
    late_after_minutes: int
    silent_after_days: int
    family: str = ""
    case_columns: Mapping[str, Any] = member(default_factory=dict, hash=False)
    """Column of CASE_COLUMNS -> the field that says it here, where it isn't the one of that name; or {field: values
    that mean true}; or {field: {value: shared word}}."""

    @property
    def dlq(self) -> str:
        return f"{self.topic}.dlq"

    @property
    def stem(self) -> str:
        """Topic without its version, e.g. `city.hotline.ticket`."""
        return self.topic.rpartition(".v")[0]

    @property
    def major(self) -> str:
        """Version in the topic's name, e.g. `v1`."""
        return "v" + self.topic.rpartition(".v")[2]

    @property
    def source_key(self) -> str:
        """Name of the source in summaries, e.g. `hotline.ticket`."""
        return self.stem.removeprefix("city.")

    @property
    def table(self) -> str:
        """Name of the raw table without its schema, e.g. `hotline_ticket`."""
        return self.source_key.replace(".", "_")

    @property
    def raw_table(self) -> str:
        return f"raw.{self.table}"

    @property
    def stages(self) -> tuple[str, ...]:
        return self.field("stage").enum

    @property
    def event_types(self) -> tuple[str, ...]:
        return tuple(self.event_type(stage) for stage in self.stages)

    def event_type(self, stage: str) -> str:
        """CloudEvents type of a stage, e.g. `city.hotline.ticket.closed.v1`."""
        return f"{self.stem}.{stage}.{self.major}"

    def field(self, name: str) -> Field:
        """The field of that name; raises KeyError for a name that the contract doesn't have."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.topic} has no field {name!r}")

    @property
    def raw_columns(self) -> tuple[Column, ...]:
        """Columns of `raw.<table>` in order: envelope, data without lake-only fields, location, lateness, origin."""
        return ENVELOPE_COLUMNS + _columns(f for f in self.fields if not f.lake_only) + LANDING_COLUMNS

    @property
    def silver_columns(self) -> tuple[Column, ...]:
        """Columns of the lake's `silver/<topic>`: the raw ones with the lake-only fields in their place."""
        return ENVELOPE_COLUMNS + _columns(self.fields) + LANDING_COLUMNS


def _columns(fields: Iterable[Field]) -> tuple[Column, ...]:
    return tuple(Column(f.column, _KIND[f.logical_type], f.required, f.name_zh, f.description, f.enum) for f in fields)


_KIND = {
    "string": "text",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "timestamp": "timestamp",
}

ENVELOPE_COLUMNS = (
    Column("event_id", "text", True, "事件流水号", "CloudEvents id, unique inside event_source."),
    Column("event_source", "text", True, "来源系统", "CloudEvents source, `/<city>/<system>`."),
    Column("event_type", "text", True, "事件类型", "CloudEvents type, `<topic stem>.<stage>.v<n>`."),
    Column("event_at_utc", "timestamp", True, "发生时间(UTC)", "When it happened."),
    Column("recorded_at_utc", "timestamp", True, "来源系统登记时间(UTC)", "When the source system knew of it."),
    Column("ingested_at_utc", "timestamp", True, "接入时间(UTC)", "When the platform took it in."),
    Column(
        "known_at_utc",
        "timestamp",
        True,
        "知悉时间(UTC)",
        "When it counts as known: recorded time where the city's clock says so, else ingest time.",
    ),
    Column("event_date", "date", True, "发生日期(UTC)", "Day of event_at_utc; partitions the table."),
)
LANDING_COLUMNS = (
    Column("grid_code", "text", False, "定位网格", "Grid that holds the point; null where there is none."),
    Column("community_code", "text", False, "定位社区", "Community of the grid, or the declared one; else null."),
    Column("street_code", "text", False, "定位街道", "Street or town of the community; else null."),
    Column(
        "locate_method",
        "text",
        True,
        "定位方式",
        "polygon: by the point; declared: by area_code; none: not located.",
        ("polygon", "declared", "none"),
    ),
    Column("is_late", "boolean", True, "是否迟到", "Live source and later than the contract's limit."),
    Column("late_by_minutes", "integer", True, "迟到分钟数", "Minutes from event to known time."),
    Column("content_hash", "text", True, "内容指纹", "Hash of what the source sent; tells a duplicate."),
    Column("extra", "text", False, "合同外字段", "Unknown members of data, as a JSON object; null if none."),
    Column("kafka_partition", "integer", True, "消息分区", "Partition that it came from."),
    Column("kafka_offset", "bigint", True, "消息位移", "Offset inside the partition."),
)

CASE_COLUMNS = (
    Column("basis", "text", False, "时间依据", "corrected, inferred; null: the source stated it so."),
    Column("channel", "text", False, "受理渠道", "Way in, in the source's own words."),
    Column("category_scheme", "text", False, "分类体系", "Scheme that category_code belongs to."),
    Column("category_code", "text", False, "分类代码", "Code inside the scheme."),
    Column("request_kind", "text", False, "诉求类型", "Kind of matter, in the source's own words."),
    Column("urgency", "text", False, "紧急程度", "As the source grades it."),
    Column("unit_code", "text", False, "承办单位代码", "Body that handles it."),
    Column("area_code", "text", False, "区域代码", "Area that the source names."),
    Column("due_at_utc", "timestamp", False, "办理时限(UTC)", "Deadline that the source states."),
    Column("parent_case_id", "text", False, "主事项编号", "Case that this one is merged into or repeats."),
    Column("is_duplicate", "boolean", False, "是否重复件", "The source marks it as a repetition."),
    Column(
        "is_information_only", "boolean", False, "是否仅咨询", "No request: it asks for information, or was planned."
    ),
    Column("exclusion_code", "text", False, "剔除原因代码", "Ground for leaving it out of adjusted figures."),
    Column("callback_result", "text", False, "回访结果", "How the attempt to call back ended."),
    Column("resolution", "text", False, "解决情况", "What the reporter says of it."),
    Column("satisfaction", "text", False, "满意度", "Grade of five that the reporter gives."),
    Column(
        "notice_colour", "text", False, "督办单颜色", "Colour of a supervision notice: white, then yellow, then red."
    ),
)
"""What the life of a case is told by, in every case source. Each staging model of a case topic has all of them."""


@dataclass(frozen=True)
class City:
    """One jurisdiction: its zone, its clocks, its levels and what it can be measured by."""

    city_code: str
    name_zh: str
    name_en: str
    admin_code: str
    city_area_code: str
    time_zone: str
    calendar: str
    mode: str
    clock: str
    coordinate_system: str
    category_scheme: str
    area_levels: tuple[str, ...]
    has_time_limits: bool
    has_callbacks: bool
    has_grids: bool
    count_basically_resolved: bool
    small_cell_k: int
    grid_scheme: str | None = None
    category_switch_on: date | None = None
    first_plausible_date: date = FIRST_PLAUSIBLE_DATE
    state: str = "live"
    """draft: under construction, seen by nobody who doesn't ask for it; live: switched on."""
    bounds: tuple[float, float, float, float] | None = None
    """West, south, east, north of the city in degrees of its coordinate system; None where nobody has said."""
    contract_owners: bool = False
    owners: Mapping[str, Mapping[str, str]] = member(default_factory=dict, hash=False)

    @property
    def first_plausible_at(self) -> datetime:
        """Aware instant at which the city's first plausible day begins: what claims to be older is rejected."""
        return datetime.combine(self.first_plausible_date, time(), self.zone).astimezone(UTC)

    @property
    def plausible_bounds(self) -> tuple[float, float, float, float] | None:
        """`bounds` and half as much again on each side: a point outside lies in no suburb, it is wrong."""
        if self.bounds is None:
            return None
        west, south, east, north = self.bounds
        wide, high = (east - west) / 2, (north - south) / 2
        return west - wide, south - high, east + wide, north + high

    def owner_of(self, source: Contract) -> tuple[str, str]:
        """Body that answers for a source in this city, and its contact: of `owners`, by the source's key.

        The bodies that the contracts name are those of the cities that say so (`contract_owners`); else both are
        empty, as nobody is known.
        """
        if source.source_key in self.owners:
            named = self.owners[source.source_key]
            return named["name"], named["contact"]
        return (source.owner, source.contact) if self.contract_owners else ("", "")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def knows_by_recorded_time(self) -> bool:
        """True where known time is the source's recorded time (history, or a simulated clock)."""
        return self.mode == "historical" or self.clock == "recorded"

    def management_scheme(self, day: date) -> str:
        """Category scheme of city management on a local day: the 2026 standard from `category_switch_on` on."""
        has_switched = self.category_switch_on is not None and day >= self.category_switch_on
        return "gbt47678-2026" if has_switched else "gbt30428-2013"


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Eight times as fast where PyYAML has libyaml, as its wheels do; every command reads the contracts."""


def read_yaml(path: Path) -> dict[str, Any]:
    """One YAML mapping; raises CityBrainError naming the file for anything else."""
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (both of them are safe)
    except FileNotFoundError:
        raise CityBrainError(f"no such file: {path}", remedy="check the path") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CityBrainError(f"{path.name} is not readable YAML", why=str(error).replace("\n", " ")) from None
    if not isinstance(loaded, dict):
        raise CityBrainError(f"{path.name} is not a YAML mapping", why=f"it holds a {type(loaded).__name__}")
    return loaded


def contract_from(document: Mapping[str, Any]) -> Contract:
    """Contract of an ODCS document that `check` accepts; raises KeyError or TypeError on other shapes."""
    topic = document["schema"][0]
    custom, object_custom = _custom(document), _custom(topic)
    sla = {item["property"]: item["value"] for item in document["slaProperties"]}
    description = document["description"]
    return Contract(
        topic=document["id"],
        version=document["version"],
        domain=document["domain"],
        title=document["name"],
        title_zh=object_custom["nameZh"],
        purpose=description["purpose"],
        usage=description["usage"],
        limitations=description["limitations"],
        owner=document["team"]["name"],
        contact=document["support"][0]["channel"],
        fields=tuple(_field(item) for item in topic["properties"]),
        key_fields=tuple(object_custom["key"]),
        subject_field=object_custom["subject"],
        is_case_topic=custom["caseTopic"],
        partitions=custom["partitions"],
        retention_days=sla["retention"],
        dlq_retention_days=custom["dlqRetentionDays"],
        late_after_minutes=sla["latency"],
        silent_after_days=sla["frequency"],
        family=custom.get("family", ""),
        case_columns=custom.get("caseColumns", {}),
    )


def _custom(node: Mapping[str, Any]) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in node.get("customProperties", ())}


def _field(node: Mapping[str, Any]) -> Field:
    options, custom = node.get("logicalTypeOptions", {}), _custom(node)
    allowed = [q["arguments"]["validValues"] for q in node.get("quality", ()) if q["metric"] == "invalidValues"]
    return Field(
        name=node["name"],
        logical_type=node["logicalType"],
        required=node.get("required", False),
        classification=node["classification"],
        name_zh=custom["nameZh"],
        description=node["description"],
        enum=tuple(str(value) for values in allowed for value in values),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        max_length=options.get("maxLength"),
        pattern=options.get("pattern"),
        unit=custom.get("unit"),
        lake_only=custom.get("lakeOnly", False),
        reject_without_payload=custom.get("rejectWithoutPayload", False),
        drop_out_of_range=custom.get("dropOutOfRange", False),
    )


@cache
def contracts() -> Mapping[str, Contract]:
    """All wire contracts by topic, in the order of their names."""
    found = {}
    for path in sorted(TOPICS_DIR.glob("*.yaml")):
        try:
            loaded = contract_from(read_yaml(path))
        except (KeyError, TypeError, IndexError) as error:
            raise CityBrainError(
                f"contract {path.name} is incomplete",
                why=f"{type(error).__name__}: {error}",
                remedy="run `citybrain contracts check`; it names the place",
            ) from None
        found[loaded.topic] = loaded
    return found


def contract(topic: str) -> Contract:
    """The contract of one topic; raises CityBrainError that lists the topics there are."""
    known = contracts()
    if topic not in known:
        raise CityBrainError(
            f"no contract for topic {topic}",
            why=f"known topics: {', '.join(known)}",
            remedy="add streams/contracts/topics/<topic>.yaml or correct the name",
        )
    return known[topic]


def _are_bounds(values: tuple[Any, ...]) -> bool:
    if len(values) != 4 or not all(isinstance(one, int | float) for one in values):
        return False
    west, south, east, north = values
    return -180 <= west < east <= 180 and -90 <= south < north <= 90


@cache
def cities() -> Mapping[str, City]:
    """All cities that are switched on, by city_code; raises CityBrainError for a key that is missing, unknown or wrong.

    A draft is none of them, whatever its file holds: only who asks for it by name gets to see it.
    """
    documents = {path: read_yaml(path) for path in sorted(CITIES_DIR.glob("*.yaml"))}
    return {path.stem: _city(path, document) for path, document in documents.items() if not _is_draft(document)}


@cache
def drafts() -> tuple[str, ...]:
    """Codes of the cities under construction, in order."""
    return tuple(path.stem for path in sorted(CITIES_DIR.glob("*.yaml")) if _is_draft(read_yaml(path)))


def _is_draft(document: Mapping[str, Any]) -> bool:
    return document.get("state") == "draft"


def _city(path: Path, document: Mapping[str, Any]) -> City:
    try:
        lists = {name: tuple(document[name]) for name in ("area_levels", "bounds") if name in document}
        city = City(**{**document, **lists})
        _ = city.first_plausible_at
        for name in ("category_switch_on", "first_plausible_date"):
            if name in document and type(document[name]) is not date:
                raise TypeError(f"{name} is not a day (YYYY-MM-DD, without quotes)")
        _ = [(one["name"], one["contact"]) for one in city.owners.values()]
        if city.bounds is not None and not _are_bounds(city.bounds):
            raise TypeError("bounds are not [west, south, east, north] in degrees")
    except (KeyError, TypeError, OverflowError, ZoneInfoNotFoundError) as error:
        raise CityBrainError(f"city file {path.name} is wrong", why=str(error)) from None
    if city.city_code != path.stem or city.mode not in ("live", "historical") or city.state not in ("draft", "live"):
        raise CityBrainError(
            f"city file {path.name} is wrong",
            why="city_code must be the file's name, mode live or historical, state draft or live",
        )
    return city


def city(city_code: str) -> City:
    """One city, a draft as well; raises CityBrainError that lists the cities there are."""
    if city_code in drafts():
        path = CITIES_DIR / f"{city_code}.yaml"
        return _city(path, read_yaml(path))
    known = cities()
    if city_code not in known:
        raise CityBrainError(
            f"no city {city_code!r}",
            why=f"known cities: {', '.join(known)}",
            remedy="add streams/contracts/cities/<city_code>.yaml or correct the code",
        )
    return known[city_code]


def switch_on(city_code: str) -> None:
    """Make a draft a city: from now on its events are taken, built and judged like all others'."""
    path = CITIES_DIR / f"{city_code}.yaml"
    text, n = re.subn(r"(?m)^state: draft\b.*$", "state: live", path.read_text(encoding="utf-8"))
    if city_code not in drafts() or n != 1:
        raise CityBrainError(
            f"{city_code} is no draft",
            why="its city file has no line `state: draft`",
            remedy="nothing is to be done for a city that is switched on",
            exit_code=2,
        )
    path.write_text(text, encoding="utf-8")
    cities.cache_clear()
    drafts.cache_clear()
