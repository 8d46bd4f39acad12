"""Tables beside the event log that dbt reads: reference data (`raw.ref_*`), incidents, and how far each topic is."""

from __future__ import annotations

from dataclasses import dataclass

from streams.contracts.registry import Column


@dataclass(frozen=True)
class Table:
    """One table: `columns` in order, `primary_key` a subset of them."""

    schema: str
    name: str
    title_zh: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]


def _column(
    name: str, kind: str, name_zh: str, description: str, enum: tuple[str, ...] = (), *, required: bool = True
) -> Column:
    return Column(name, kind, required, name_zh, description, enum)


_CITY = _column("city_code", "text", "城市代码", "City that the row belongs to.")
_NAMES = (
    _column("name_zh", "text", "中文名称", "Chinese name."),
    _column("name_en", "text", "英文名称", "English name; empty text where there is none."),
)
_VALIDITY = (
    _column("valid_from", "date", "生效日期", "First day it holds."),
    _column("valid_to", "date", "失效日期", "First day it holds no longer; null while it does.", required=False),
)

REFERENCE_TABLES = (
    Table(
        "raw",
        "ref_city",
        "城市",
        "One row per city, from streams/contracts/cities.",
        (
            _CITY,
            *_NAMES,
            _column("time_zone", "text", "时区", "IANA name; days and months follow it."),
            _column("mode", "text", "数据方式", "live or historical.", ("live", "historical")),
            _column("clock", "text", "时钟", "What known time follows.", ("ingest", "recorded")),
            _column("admin_code", "text", "行政区划代码", "Official code of the jurisdiction."),
            _column("has_time_limits", "boolean", "有无办结期限", "False: on-time rates are n/a."),
            _column("has_callbacks", "boolean", "有无回访", "False: resolution and satisfaction are n/a."),
            _column("has_grids", "boolean", "有无网格", "False: grid indicators are n/a."),
            _column("count_basically_resolved", "boolean", "基本解决是否计为解决", "Numerator rule of R02."),
            _column("small_cell_k", "integer", "最小单元阈值", "Cells with n under it are suppressed."),
            _column("coordinate_system", "text", "坐标系", "Of every point of the city.", required=False),
            _column(
                "grid_scheme", "text", "网格编码规则", "A scheme of ref_grid_scheme; null: no grids.", required=False
            ),
            _column(
                "category_switch_on",
                "date",
                "城管分类切换日",
                "First local day of the 2026 codes of city management; null: never.",
                required=False,
            ),
        ),
        ("city_code",),
    ),
    Table(
        "raw",
        "ref_area",
        "区域",
        "One row per area above the grid (community, street, city) and version.",
        (
            _CITY,
            _column("area_code", "text", "区域代码", "Code of the area, unique in its city."),
            _column("area_level", "text", "区域层级", "Level.", ("community", "street", "city")),
            _column("parent_area_code", "text", "上级区域代码", "Null at the top.", required=False),
            *_NAMES,
            _column("area_type", "text", "城乡类型", "urban, rural or empty text.", ("urban", "rural", "")),
            *_VALIDITY,
        ),
        ("city_code", "area_code", "valid_from"),
    ),
    Table(
        "raw",
        "ref_admin_area",
        "全国行政区划",
        "One row per area of the national statistical codes and version, from province to street.",
        (
            _column("area_code", "text", "区划代码", "2, 4, 6 or 9 digits; begins with its parent's."),
            _column("area_level", "text", "区划层级", "Level.", ("province", "prefecture", "county", "street")),
            _column("parent_area_code", "text", "上级区划代码", "Null for a province.", required=False),
            _column("name_zh", "text", "中文名称", "Chinese name."),
            *_VALIDITY,
        ),
        ("area_code", "valid_from"),
    ),
    Table(
        "raw",
        "ref_area_predecessor",
        "区划沿革",
        "One row per area and the one it came from; a code that is gone finds its successors here.",
        (
            _column("area_code", "text", "区划代码", "The area that came after."),
            _column("predecessor_code", "text", "原区划代码", "The area that was before."),
            _column("predecessor_name_zh", "text", "原名称", "What it was called."),
            _column(
                "change_kind",
                "text",
                "变更方式",
                "recoded: all of it under a new code; merged: into one that stood; split: a part of it.",
                ("recoded", "merged", "split"),
            ),
            _column("changed_on", "date", "变更日期", "First day of the month of the change."),
        ),
        ("area_code", "predecessor_code", "changed_on"),
    ),
    Table(
        "raw",
        "ref_grid_scheme",
        "网格编码规则",
        "One row per scheme of grid codes.",
        (
            _column("grid_scheme", "text", "规则代码", "Name of the scheme."),
            *_NAMES,
            _column("segments", "text", "编码结构", "Parts and their lengths, in order: `admin:6 street:3 ...`."),
            _column("code_pattern", "text", "编码格式", "Regular expression of a whole code."),
            _column("source", "text", "依据", "Standard or page that it was read in, and how surely."),
        ),
        ("grid_scheme",),
    ),
    Table(
        "raw",
        "ref_grid",
        "网格",
        "One row per grid and version, with its ring; neighbours share edges.",
        (
            _CITY,
            _column("grid_code", "text", "网格编码", "15-digit code."),
            _column("community_code", "text", "社区代码", "Community that it lies in."),
            _column("street_code", "text", "街镇代码", "Street or town that it lies in."),
            _column("grid_type", "text", "网格类型", "urban or rural.", ("urban", "rural")),
            _column("households", "integer", "户数", "Households, a plain count."),
            _column("area_km2", "double", "面积(平方公里)", "Area in square kilometres."),
            _column("ring", "text", "边界", "Closed ring [[lon,lat],...] as JSON text."),
            *_VALIDITY,
        ),
        ("city_code", "grid_code", "valid_from"),
    ),
    Table(
        "raw",
        "ref_unit",
        "承办单位",
        "One row per body that handles cases and version; never a person.",
        (
            _CITY,
            _column("unit_code", "text", "单位代码", "Code in the source's own scheme."),
            *_NAMES,
            _column("unit_type", "text", "单位类型", "Peer group of the unit."),
            *_VALIDITY,
        ),
        ("city_code", "unit_code", "valid_from"),
    ),
    Table(
        "raw",
        "ref_duty",
        "责任事项",
        "One row per duty of the city's bodies and version.",
        (
            _CITY,
            _column("duty_code", "text", "责任事项代码", "Code of the duty."),
            *_NAMES,
            _column(
                "business_line",
                "text",
                "业务条线",
                "Line of business.",
                (
                    "city_management",
                    "public_service",
                    "public_safety",
                    "emergency",
                    "dispute_mediation",
                    "petition",
                    "rule_of_law",
                    "economic_regulation",
                    "grassroots",
                    "data_operation",
                ),
            ),
            *_VALIDITY,
        ),
        ("city_code", "duty_code", "valid_from"),
    ),
    Table(
        "raw",
        "ref_responsibility",
        "责任分工",
        "One row per body that takes part in a duty and version: the filled cells of the matrix.",
        (
            _CITY,
            _column("duty_code", "text", "责任事项代码", "A duty of ref_duty."),
            _column("unit_code", "text", "单位代码", "A body of ref_unit."),
            _column("role", "text", "分工", "lead: answers for it; support: helps.", ("lead", "support")),
            *_VALIDITY,
        ),
        ("city_code", "duty_code", "unit_code", "valid_from"),
    ),
    Table(
        "raw",
        "ref_centre",
        "综治中心",
        "One row per governance centre and version.",
        (
            _CITY,
            _column("centre_code", "text", "中心代码", "Code of the centre."),
            *_NAMES,
            _column(
                "centre_level",
                "text",
                "中心层级",
                "Level that it serves.",
                ("prefecture", "city", "street", "community"),
            ),
            _column("area_code", "text", "区域代码", "Area that it serves."),
            _column("parent_centre_code", "text", "上级中心代码", "Null at the top.", required=False),
            _column("state", "text", "建设状态", "How far it is.", ("planned", "building", "operating")),
            *_VALIDITY,
        ),
        ("city_code", "centre_code", "valid_from"),
    ),
    Table(
        "raw",
        "ref_category",
        "事项分类",
        "One row per category of a scheme and version.",
        (
            _CITY,
            _column("category_scheme", "text", "分类标准", "Scheme of the code."),
            _column("category_code", "text", "分类代码", "Code inside the scheme."),
            *_NAMES,
            _column("family", "text", "类别族", "Coarse family, comparable across schemes."),
            *_VALIDITY,
        ),
        ("city_code", "category_scheme", "category_code", "valid_from"),
    ),
    Table(
        "raw",
        "ref_category_scheme",
        "分类标准",
        "One row per category scheme.",
        (
            _column("category_scheme", "text", "分类标准", "Name of the scheme."),
            *_NAMES,
            _column("object_kind", "text", "对象类型", "part, matter, or empty text.", ("part", "matter", "")),
            _column("code_pattern", "text", "代码格式", "Regular expression of a whole code."),
            _column("local_pattern", "text", "扩展代码格式", "Codes left to cities; null: none are.", required=False),
            _column("source", "text", "依据", "Where the codes come from, and how official they are."),
        ),
        ("category_scheme",),
    ),
    Table(
        "raw",
        "ref_category_family",
        "类别族",
        "One row per family of categories: the words that all schemes share.",
        (
            _column("family", "text", "类别族", "Name of the family."),
            _column("name_en", "text", "英文名称", "English name."),
        ),
        ("family",),
    ),
    Table(
        "raw",
        "ref_device",
        "视频与感知设备",
        "One row per public camera or sensor and version; household devices are on no list.",
        (
            _CITY,
            _column("device_id", "text", "设备编号", "Number of the asset."),
            _column(
                "device_class",
                "text",
                "设备类别",
                "Class of the asset.",
                ("city_monitoring", "skynet", "high_definition", "eagle_eye", "rural_public", "sensor"),
            ),
            *_NAMES,
            _column("unit_code", "text", "管理单位代码", "Body that keeps it."),
            _column("grid_code", "text", "网格编码", "Grid that it stands in."),
            _column("longitude", "double", "经度", "In the city's coordinate system, degrees."),
            _column("latitude", "double", "纬度", "In the city's coordinate system, degrees."),
            *_VALIDITY,
        ),
        ("city_code", "device_id", "valid_from"),
    ),
    Table(
        "raw",
        "ref_sign",
        "城市体征",
        "One row per sign (a measure in an area) and version.",
        (
            _CITY,
            _column("sign_code", "text", "体征编码", "Code of the sign."),
            _column(
                "sign_category",
                "text",
                "体征类别",
                "People as aggregates only, things, activity, state.",
                ("population", "thing", "activity", "state"),
            ),
            _column("measure_code", "text", "指标代码", "What is measured, the same in every area."),
            *_NAMES,
            _column("unit_code", "text", "数据责任单位代码", "Body that answers for the readings."),
            _column("area_code", "text", "区域代码", "Area that the readings stand for."),
            _column("reading_unit", "text", "计量单位", "UCUM code; 1 for a plain number."),
            _column("usual_low", "double", "常规下限", "Lower end of the usual range."),
            _column("usual_high", "double", "常规上限", "Upper end of the usual range."),
            _column("observe_every", "text", "观测间隔", "ISO 8601 duration between readings."),
            *_VALIDITY,
        ),
        ("city_code", "sign_code", "valid_from"),
    ),
)

_VERSION = _column("calendar_version", "integer", "日历版本", "0: as this code knows it; one more each announcement.")

CLOCK_TABLES = (
    Table(
        "raw",
        "ref_clock_calendar",
        "工作日历",
        "One row per city and version of its working calendar: what was known from when on, and who said so.",
        (
            _CITY,
            _VERSION,
            _column("calendar", "text", "日历代码", "A calendar of the clocks."),
            *_NAMES,
            _column("time_zone", "text", "时区", "IANA name that the calendar is laid over."),
            _column("known_from_utc", "timestamp", "知悉时间(UTC)", "From when on the city counted by it."),
            _column("settled_to", "date", "已公布至", "Last day whose days off are published; later ones may move."),
            _column("notice", "text", "公布文件", "Notice of the year that the version added; empty text for 0."),
            _column("source", "text", "出处", "Where the notice stands; empty text for 0."),
            _column("fingerprint", "text", "指纹", "Hash of all that the lookup is made of."),
        ),
        ("city_code", "calendar_version"),
    ),
    Table(
        "raw",
        "ref_clock_instant",
        "时钟查找表(时刻)",
        "One row per city, version and piece of time in which nothing of the calendar changes; whole microseconds.",
        (
            _CITY,
            _VERSION,
            _column("utc_day", "integer", "UTC日序", "Days since 1970 of the piece."),
            _column("start_us", "bigint", "起点", "First instant of the piece."),
            _column("end_us", "bigint", "终点", "First instant after it."),
            _column("worked_before_us", "bigint", "此前工作时间", "Working time before the piece."),
            _column("is_worked", "boolean", "是否工作时段", "Whether the piece is worked."),
            _column("day_no", "integer", "当地日序", "Local day that holds it, counted from the calendar's first."),
            _column("day_start_us", "bigint", "当日起点", "First instant of that day."),
            _column("is_workday", "boolean", "是否工作日", "Whether that day is a working day."),
            _column("workdays_before", "integer", "此前工作日数", "Working days before that day."),
        ),
        ("city_code", "calendar_version", "utc_day", "start_us"),
    ),
    Table(
        "raw",
        "ref_clock_end",
        "时钟查找表(到期)",
        "One row per city, version, way of counting and piece of its amounts, with the instant at which they end.",
        (
            _CITY,
            _VERSION,
            _column(
                "count_by",
                "text",
                "计数方式",
                "Clock; rolled: a natural day off moves to the next working day.",
                ("work_hour", "work_day", "natural_day", "natural_day_rolled"),
            ),
            _column("bucket", "bigint", "分段", "Part of the amounts that the row lies in: a key to join by."),
            _column("after", "bigint", "数量下限", "The row holds amounts over this: microseconds, or counted days."),
            _column("until", "bigint", "数量上限", "And not over this."),
            _column("base_us", "bigint", "基准时刻", "End of the day; of hours the instant that `after` is reached."),
            _column("is_settled", "boolean", "日历是否已公布", "False: a calendar to come may move it."),
        ),
        ("city_code", "calendar_version", "count_by", "bucket", "after"),
    ),
)
"""Filled by `streams.builds.calendars` from the calendars of the clocks; read by macros/clock.sql."""

_RUN = _column("run_number", "bigint", "融合批次", "Run of ops.fusion_run that wrote the row.")

INCIDENT_TABLES = (
    Table(
        "raw",
        "incident_link",
        "事件归并",
        "One row per case or detection that has landed, of whatever channel, with the incident that it tells of.",
        (
            _CITY,
            _column("source", "text", "来源", "Topic without `city.` and `.v1`."),
            _column("subject", "text", "事项或识别编号", "Case or detection."),
            _column("incident_id", "text", "事件编号", "32 hex digits, made of the incident's earliest report alone."),
            _column("group_id", "text", "比对组", "Of all reports that it was weighed with."),
            _column("told_at_utc", "timestamp", "首报时间(UTC)", "When it was told."),
            _column("is_first", "boolean", "是否首报", "It is the incident's earliest report."),
            _column("reports", "bigint", "报告数", "Reports that the incident has."),
            _column(
                "score", "double", "归并得分", "Logarithm: how much more the incident explains with it.", required=False
            ),
            _column("metres_off", "double", "距中心(米)", "From the middle of its incident.", required=False),
            _column("hours_after", "double", "晚于首报(小时)", "After the incident's first report.", required=False),
            _column("is_declared", "boolean", "来源是否声明", "A source declares it one with another."),
            _column("reasons_zh", "text", "归并理由", "Why it is there, in words; empty where it is alone."),
            _column("report_mark", "text", "报告指纹", "Hash of what it told, by which a change is noticed."),
            _column("tie_mark", "text", "声明指纹", "Hash of what its source declares; null: nothing.", required=False),
            _RUN,
        ),
        ("city_code", "source", "subject"),
    ),
    Table(
        "raw",
        "incident_alias",
        "事件编号沿革",
        "One row per incident id that ended or lost reports, the id where they are now, and the run that moved them.",
        (
            _CITY,
            _column("old_id", "text", "原编号", "Incident before."),
            _column("new_id", "text", "现编号", "Incident after."),
            _column(
                "cause",
                "text",
                "原因",
                "joined: the old one is part of the new one; split: reports left it, it lives on; withdrawn: its first"
                " report is gone.",
                ("joined", "split", "withdrawn"),
            ),
            _RUN,
        ),
        ("city_code", "old_id", "new_id", "run_number"),
    ),
)
"""Written by `streams.books.incidents` in the transaction of their row of ops.fusion_run."""

PROGRESS_TABLE = Table(
    "ops",
    "source_progress",
    "来源进度",
    "One row per topic, city and lane, kept by the transactions that land events.",
    (
        _column("topic", "text", "主题", "Kafka topic."),
        _column("city_code", "text", "城市代码", "City."),
        _column("last_known_at_utc", "timestamp", "最近知悉时间(UTC)", "Newest known time of a landed event."),
    ),
    ("topic", "city_code", "lane"),
)
"""What dbt reads of it; its DDL is in `warehouse`."""
