"""A first draft of a mapping and of a city file, made from a file's columns; a person decides what stays open.

It knows how such columns are usually called, in Chinese and English. What it does not recognise is neither loaded
nor dropped: the draft refuses the file until somebody has decided on it. No value of the file goes into a draft,
but the words of its status column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.contracts.registry import FIRST_PLAUSIBLE_DATE, Contract
from streams.errors import CityBrainError
from streams.privacy.fields import mark_of_field
from streams.privacy.rules import PHONE
from streams.sources import columns
from streams.sources.shapes import shaped
from streams.sources.sniff import joins, pair, said_decimal, said_times, written_times
from streams.sources.tables import Table

SAMPLE_ROWS = 5000
"""Rows that the time formats are tried on."""

MAX_STATUSES = 20
"""A column with more words than this is no status."""

# The first word that a column's name holds decides; case is ignored.
PERSONAL = (
    *(
        "姓名",
        "来电人",
        "联系人",
        "诉求人",
        "上报人",
        "举报人",
        "投诉人",
        "申请人",
        "当事人",
        "反映人",
        "市民",
        "身份证",
        "证件",
        "住址",
        "家庭",
        "邮箱",
        "微信",
        "车牌",
    ),
    *("email", "first_name", "last_name", "full_name", "caller", "reporter", "resident", "street_address", "media_url"),
    *("办理人", "经办人", "坐席", "话务员", "操作员", "受理人", "负责人", "地址", "address", "device_id", "account_id"),
)
REPORTERS = ("电话", "手机", "联系方式", "phone", "mobile")
TEXTS = ("诉求内容", "内容", "描述", "详情", "备注", "事由", "description", "remark", "comment", "status_notes", "text")
STATUSES = ("工单状态", "案件状态", "办理状态", "当前状态", "状态", "status", "state")
FIELDS: Mapping[str, Sequence[str]] = {
    "category_code": (
        "分类代码",
        "分类编码",
        "类别代码",
        "小类代码",
        "小类编码",
        "category_code",
        "service_code",
        "type_code",
    ),
    "category_name": ("事项分类", "诉求分类", "小类", "分类", "类别", "类型", "category", "service_name", "type"),
    "unit_code": (
        "承办单位",
        "主办单位",
        "责任单位",
        "处置部门",
        "承办部门",
        "单位",
        "部门",
        "department",
        "agency",
        "owner",
    ),
    "area_code": (
        "所属街道",
        "所属社区",
        "街道",
        "乡镇",
        "镇街",
        "社区",
        "区域",
        "ward",
        "district",
        "area",
        "community",
    ),
    "longitude": ("经度", "longitude", "lon", "lng"),
    "latitude": ("纬度", "latitude", "lat"),
    "due_at": ("办理时限", "截止时间", "应办结时间", "到期时间", "due", "expected_datetime", "deadline"),
}
STAGES: Mapping[str, Sequence[str]] = {
    "registered": ("立案时间", "登记时间"),
    "accepted": ("受理时间", "accepted"),
    "dispatched": ("派单时间", "派遣时间", "交办时间", "转办时间", "dispatched"),
    "signed": ("签收时间", "signed"),
    "handled": ("处置时间", "反馈时间", "回复时间", "办理时间", "handled", "resolved"),
    "replied": ("答复时间", "replied"),
    "checked": ("核查时间", "checked"),
    "verified": ("核实时间", "verified"),
    "closed": ("办结时间", "结案时间", "完成时间", "关闭时间", "closed", "completed", "finished", "updated_datetime"),
    "rated": ("评价时间", "rated"),
}
FIRST_STAGE = (
    *("受理时间", "登记时间", "上报时间", "创建时间", "来电时间", "接收时间", "发生时间", "requested_datetime"),
    *("created", "opened", "received", "reported", "requested", "time"),
)
VOIDED = ("作废", "撤销", "撤单", "无效", "cancel", "void", "invalid")
OPEN = ("未", "待", "中", "open", "new", "progress", "pending", "assigned")
CLOSED = ("办结", "结案", "完成", "归档", "关闭", "closed", "completed", "done", "resolved")


@dataclass
class Draft:
    """What the columns of a file seem to be. `open_columns`: nobody knows yet; `questions`: what a person decides."""

    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: str | None = None
    statuses: dict[str, list[str]] = field(default_factory=dict)
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    times: dict[str, Any] = field(default_factory=dict)
    reader: dict[str, Any] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    bounds: list[float] | None = None
    questions: list[str] = field(default_factory=list)
    personal: list[str] = field(default_factory=list)
    open_columns: list[str] = field(default_factory=list)

    @property
    def area_levels(self) -> str:
        """Levels for the city file: that of the area column (communities where there is none) and the city."""
        column = self.fields.get("area_code", {}).get("column", "")
        is_coarse = bool(column) and not _holds(column, ("社区", "村", "community"))
        return "street, city" if is_coarse else "community, city"


def check_names(city: str, system: str, time_zone: str, mapping_path: Path) -> None:
    """Raise CityBrainError for a name that no file can have, a zone that isn't one, or a mapping that exists."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise CityBrainError(
            f"no time zone {time_zone!r}", remedy="an IANA name, such as Asia/Shanghai", exit_code=2
        ) from None
    if not re.fullmatch(r"[a-z][a-z0-9_]*", city) or not re.fullmatch(r"[A-Za-z0-9._-]+", system):
        raise CityBrainError(
            f"{city!r} and {system!r} can't name a city and a system",
            why="they become file names and the events' source",
            remedy="small letters and digits for the city; letters, digits, dots and dashes for the system",
            exit_code=2,
        )
    if mapping_path.exists():
        raise CityBrainError(
            f"mapping {mapping_path.stem} exists already",
            remedy="edit it, remove it, or give another --system",
            exit_code=2,
        )


def needed(**values: str) -> dict[str, str]:
    """The values of a city that has no file yet; raises CityBrainError that names the options left out."""
    if not all(values.values()):
        options = ", ".join("--" + name.replace("_", "-") for name, value in values.items() if not value)
        raise CityBrainError("the city is new", why=f"its file needs {options}", remedy="give them", exit_code=2)
    return values


def drafted(table: Table, contract: Contract, scheme: str) -> Draft:
    """Guess what each column of a table is, for events of a contract."""
    known = {one.name for one in contract.fields}
    joined = joins(table.frame.head(SAMPLE_ROWS).select(table.columns))
    table = shaped(table, "the file", {"join": joined, "unpivot": {}})
    draft = Draft(
        reader={"join": joined} if joined else {},
        personal=[name for name in table.columns if _is_personal(name) and name not in known],
    )
    left = [name for name in table.columns if name not in draft.personal]

    def take(words: Sequence[str], fits: Callable[[str], bool] = lambda _: True) -> str | None:
        for word in words:
            for name in left:
                if word in name.lower() and fits(name):
                    left.remove(name)
                    return name
        return None

    sample = table.frame.head(SAMPLE_ROWS)
    first = contract.stages[0]
    timed = written_times(sample.select(left))
    _with_number(draft, table, left, timed, contract)
    draft.stages[first] = {"at": take(FIRST_STAGE, timed.__contains__) or "TODO"}
    for stage, words in STAGES.items():
        if stage in contract.stages[1:] and (column := take(words, timed.__contains__)):
            draft.stages[stage] = {"at": column, "optional": True}
    _with_other_closings(draft, table, left, timed)
    for name, words in FIELDS.items():
        fits = timed.__contains__ if name == "due_at" else lambda column: column not in timed
        if name in known and name not in draft.fields and (column := take(words, fits)):
            draft.fields[name] = {"column": column}
    if "longitude" in known and "longitude" not in draft.fields and (found := pair(sample.select(left))):
        column, places = found
        left.remove(column)
        draft.fields |= {name: {"column": column, "part": place} for name, place in places.items()}
    if column := take(STATUSES, lambda name: name not in timed):
        _with_status(draft, table, column, contract)
    _ask_for_a_closing(draft, contract)
    if "measures" in known:
        draft.measures = columns.measures(table.frame, left)
        left = [name for name in left if name not in draft.measures.values()]
    if "text" in known:
        _with_texts(draft, take)
    if "reporter_token" in known and (column := take(REPORTERS)):
        draft.fields["reporter_token"] = {"token": column}
    draft.personal += [name for name in left if _holds(name, REPORTERS)]
    draft.open_columns += [name for name in left if name not in draft.personal]
    _with_codes(draft, table, contract, scheme)
    moments = [rule["at"] for rule in draft.stages.values()]
    used = [name for at in moments for name in (at if isinstance(at, list) else [at])] + [
        draft.fields.get("due_at", {}).get("column", "")
    ]
    draft.times = said_times(used, timed)
    counted = [one.name for one in contract.fields if one.logical_type in ("number", "integer")]
    numbers = [draft.fields[name]["column"] for name in counted if "column" in draft.fields.get(name, {})]
    if (decimal := said_decimal(set(numbers) & set(table.columns), sample)) != ".":
        draft.reader["decimal"] = decimal
    return draft


def _is_personal(name: str) -> bool:
    """By our own words, or as the field of an account or a device; numbers to call may become tokens."""
    return _holds(name, PERSONAL) or mark_of_field(name) not in (None, PHONE)


def _with_number(draft: Draft, table: Table, left: list[str], timed: Mapping[str, Any], contract: Contract) -> None:
    """What the rows are about: of a case its number, which no two rows share; else what is usually called so."""
    candidates = [name for name in left if name not in timed]
    if contract.is_case_topic:
        found = columns.case_number(table.frame, candidates)
        if found is None and (question := columns.no_number(table.frame, candidates)):
            draft.questions.append(question)
    else:
        found = next((name for word in columns.NUMBERS for name in candidates if word in name.lower()), None)
    if found:
        left.remove(found)
        draft.fields[contract.subject_field] = {"column": found}


def _with_other_closings(draft: Draft, table: Table, left: list[str], timed: Mapping[str, Any]) -> None:
    """Further columns that are called like a closing: they stand in for the first where it is empty."""
    if "closed" not in draft.stages:
        return
    others = [name for name in left if name in timed and _holds(name, STAGES["closed"])]
    if others:
        first = draft.stages["closed"]["at"]
        together, n_differing = columns.first_filled(table.frame, [first, *others])
        if n_differing:
            draft.questions.append(
                f"{first} and {', '.join(others)} differ in {n_differing} row(s): which of them closes a case?"
            )
            return  # they stay undecided
        draft.stages["closed"]["at"] = together
        left[:] = [name for name in left if name not in together]


def _ask_for_a_closing(draft: Draft, contract: Contract) -> None:
    """Stages without an end would leave each case open for ever: the answered letter too."""
    first, *later = draft.stages
    ends = [word for word in draft.statuses if _holds(word, CLOSED) and not _holds(word, OPEN)]
    if not contract.is_case_topic or "closed" in later or not (later or ends):
        return
    last = draft.stages[later[-1]]["at"] if later else first
    draft.stages["closed"] = {"at": "TODO", "optional": True}
    draft.questions.append(
        f"what counts as closed, and which column says when? If {last} ends a case, write it there"
        + (f"; add closed to {', '.join(ends)} in the status then" if ends else "")
    )


def _with_texts(draft: Draft, take: Callable[..., str | None]) -> None:
    """Free texts: an answer belongs to the stage that gives it, the others stand below each other."""
    reply = take(columns.REPLIES)
    texts = [name for name in (take(columns.SUBJECTS), take(TEXTS)) if name]
    answering = next((stage for stage in ("replied", "handled", "closed") if stage in draft.stages), None)
    if reply and answering:
        draft.stages[answering]["fields"] = {"text": {"scrubbed": reply}}
    elif reply:
        texts.append(reply)
    if texts:
        draft.fields["text"] = {"scrubbed": texts[0] if len(texts) == 1 else texts}


def _holds(name: str, words: Sequence[str]) -> bool:
    return any(word in name.lower() for word in words)


def _with_status(draft: Draft, table: Table, column: str, contract: Contract) -> None:
    words = sorted(table.frame[column].drop_nulls().unique())
    if len(words) > MAX_STATUSES:
        draft.open_columns.append(column)
        return
    first, *others = draft.stages
    ended = draft.stages.get("closed")
    draft.status = column
    for word in words:
        end = None
        if _holds(word, VOIDED):
            end = "voided"
        elif _holds(word, CLOSED) and not _holds(word, OPEN):
            end = "closed"
        reached = [first, *(stage for stage in others if stage != "closed")]
        draft.statuses[word] = [*reached, end] if ended and end in contract.stages else reached
    if ended:
        ended.pop("optional", None)  # the status says so
        if any("voided" in stages for stages in draft.statuses.values()):
            draft.stages["voided"] = {"at": ended["at"]}
    if not any("closed" in stages for stages in draft.statuses.values()):
        draft.stages.pop("closed", None)


def _with_codes(draft: Draft, table: Table, contract: Contract, scheme: str) -> None:
    """Where the file has names and no codes, codes are looked up; the categories' names are codes themselves."""
    fields = draft.fields
    for name in ("area_code", "unit_code"):
        if name in fields and not table.frame[fields[name]["column"]].str.contains(r"^[a-z0-9_]*$").all():
            fields[name]["by_name"] = True
    if "category_name" in fields and "category_code" not in fields:
        fields["category_code"] = {"column": fields["category_name"]["column"]}
    if {"longitude", "latitude"} <= set(fields) and not any("part" in fields[one] for one in ("longitude", "latitude")):
        draft.bounds = columns.bounds(*(table.frame[fields[one]["column"]] for one in ("longitude", "latitude")))
    if "category_code" in fields:
        fields["category_scheme"] = {"constant": scheme}
    for one in contract.fields:
        if one.required and one.name not in ("city_code", "stage", *fields):
            fields[one.name] = {"column": f"TODO {one.name}"}


# --- YAML -------------------------------------------------------------------------------------------------


def mapping_text(draft: Draft, *, title: str, topic: str, city: str, system: str, reader: Mapping[str, Any]) -> str:
    """The mapping as YAML with what is to be decided said beside it."""
    lines = [
        f"description: {_scalar(title)}",
        "attribution: TODO whose data this is and under which terms",
        f"topic: {topic}",
        f"city: {city}",
        f"system: {json.dumps(system)}",
        f"reader: {_flow({**reader, **draft.reader})}",
        "times:",
        *(f"  {key}: {_flow(value)}" for key, value in draft.times.items()),
    ]
    if draft.status:
        lines += ["status:", f"  column: {_scalar(draft.status)}", "  stages: # TODO check what each word has reached"]
        lines += [f"    {_scalar(word)}: {_flow(stages)}" for word, stages in draft.statuses.items()]
    lines += [f"# TODO {question}" for question in draft.questions]
    lines += ["stages: # the first is where a case begins"]
    lines += [f"  {stage}: {_flow(rule)}" for stage, rule in draft.stages.items()]
    lines += ["fields: # field of the contract: column of the file"]
    lines += [f"  {name}: {_flow(rule)}" for name, rule in draft.fields.items()]
    lines += [f"measures: {_flow(draft.measures)}"] if draft.measures else []
    lines += ["drop:", f"  personal: {_flow(draft.personal)}"] if draft.personal else []
    if draft.open_columns:
        lines += ["# TODO Nobody has decided on these yet; add each to fields or to drop (reason: [columns]):"]
        lines += [f"#   {_scalar(name)}" for name in draft.open_columns]
    return "\n".join([*lines, "unknown_columns: refuse", ""])


def open311_text(*, city: str, system: str, endpoint: str, scheme: str) -> str:
    """Mapping of a GeoReport v2 server, as `citybrain source pull` writes its answers."""
    return f"""\
description: Service requests from the city's Open311 server (GeoReport v2), each with its present state.
attribution: TODO whose data this is and under which terms
topic: city.hotline.ticket.v1
city: {city}
system: {json.dumps(system)}
open311: {{endpoint: {json.dumps(endpoint)}, page_size: 1000, window_days: 90, requests_per_minute: 30}}
reader: {{format: jsonlines}}
times:
  formats: ["%+"]
  zone: in_value
status:
  column: status
  stages:
    open: [accepted]
    closed: [accepted, closed]
stages:
  accepted: {{at: requested_datetime}}
  # By the standard the last update of a closed request is its closing. TODO check that this server keeps to it.
  closed: {{at: updated_datetime}}
fields:
  case_id: {{column: service_request_id}}
  channel: {{constant: web}}
  category_scheme: {{constant: {scheme}}}
  category_code: {{column: service_code}}
  category_name: {{column: service_name}}
  unit_code: {{column: agency_responsible, by_name: true}}
  longitude: {{column: long}}
  latitude: {{column: lat}}
  text: {{scrubbed: description}}
drop:
  personal: [address, address_id, zipcode]
  not needed: [status_notes, service_notice, expected_datetime]
unknown_columns: warn
"""


def city_text(
    *,
    code: str,
    name_zh: str,
    name_en: str,
    admin_code: str,
    time_zone: str,
    is_live: bool,
    scheme: str,
    levels: str,
    bounds: list[float] | None = None,
) -> str:
    """The city file as YAML; what a first file can't show (limits, call-backs, grids) is off."""
    return f"""\
# {name_zh}: made by `citybrain source new`; switch on what the city's data really holds.
state: draft # holds nobody up; `citybrain source on {code}` checks it and switches it on
city_code: {code}
name_zh: {_scalar(name_zh)}
name_en: {_scalar(name_en)}
admin_code: {json.dumps(admin_code)}
city_area_code: {json.dumps(admin_code)}
time_zone: {time_zone}
calendar: {"china" if time_zone == "Asia/Shanghai" else "none"}
mode: {"live # has lateness flags and freshness alarms" if is_live else "historical # no lateness flag, no alarm"}
clock: {"ingest # known when it came in" if is_live else "recorded # known when the source recorded it"}
coordinate_system: WGS84 # or CGCS2000, GCJ02, BD09: as the file's points are
{f"bounds: {bounds} # TODO check" if bounds else "# bounds: [west, south, east, north]"} (degrees)
category_scheme: {scheme or '""'} # empty: the source has no categories
area_levels: [{levels}]
has_time_limits: false # true: the file holds due times (due_at)
has_callbacks: false # true: it holds call-backs with their answers
has_grids: false # true: grids.csv holds the city's grids
count_basically_resolved: false
small_cell_k: 10
first_plausible_date: {FIRST_PLAUSIBLE_DATE} # the day its oldest record may be of; earlier times are rejected
owners: {{}} # who answers for a source, such as hotline.ticket: {{name: 市12345热线中心, contact: data@city.example}}
"""


def _flow(node: Any) -> str:
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(_flow(value) for value in node) + "]"
    return _scalar(node)


_WORDS_WITH_A_MEANING = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def _scalar(value: Any) -> str:
    """A YAML scalar, in quotes wherever it might be read as something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    is_plain = re.fullmatch(r"[^\W\d][\w./（）() -]*(?<! )", value) and value.lower() not in _WORDS_WITH_A_MEANING
    return value if is_plain else json.dumps(value, ensure_ascii=False)
