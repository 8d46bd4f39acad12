"""What can be wrong with reference data: pure checks over rows as text, one sentence for each fault."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from itertools import pairwise

import numpy as np
import shapely

from streams.contracts import registry as contracts
from streams.contracts.registry import Column
from streams.reference.registry import TABLES

Row = dict[str, str]
Found = dict[str, list[Row]]
"""Table -> its rows, all values as text."""

PARENT_LEVEL = {"community": ("street", "city"), "street": ("city",)}
DIGITS = {"province": 2, "prefecture": 4, "county": 6, "street": 9}
PARENT_DIGITS = {"province": 0, "prefecture": 2, "county": 4, "street": 6}
CENTRE_ABOVE = {"community": "street", "street": "city", "city": "prefecture"}
COORDINATE_SYSTEMS = ("CGCS2000", "WGS84", "GCJ02", "BD09")
LOCAL_MARKS = ("(自定义)", "(扩展)")
"""How the name of a city's own code ends, so that nobody takes it for the standard's."""
AREA_TOLERANCE = 0.05
"""Relative difference allowed between a grid's stated area and its outline's, measured on a sphere."""
EARTH_KM = 6371.0088
SLIVER = 1e-9
"""Square degrees, about ten square metres: what two outlines may share by rounding."""
DURATION = re.compile(r"P(?=\d|T\d)(\d+D|\d+W|\d+M|\d+Y)?(T(\d+H)?(\d+M)?)?")

DESCRIBES_PEOPLE = re.compile(
    r"乞讨|吸毒|戒毒|刑满|社区矫正|精神障碍|精神病|上访人|信访人|缠访|重点人员|特殊人群|重点青少年|邪教|信众|失独|留守"
)
"""Names that would register people by what they are or have done; matters and things are named instead."""


def faults(found: Found) -> list[str]:
    """One sentence per fault over all tables, in their order; none means that they may be loaded."""
    shapes = [sentence for table in found for sentence in _shape(table, found[table])]
    # The rest compares rows of right shape with each other; on wrong ones it would only repeat or break.
    return shapes or [sentence for check in CHECKS for sentence in check(found)]


# --- each table for itself ---------------------------------------------------------------------------------


def _shape(table: str, rows: list[Row]) -> Iterator[str]:
    columns = TABLES[table].columns
    for row in rows:
        label = _label(table, row)
        for column in columns:
            if problem := _value_problem(column, row[column.name]):
                yield f"{label}: {problem}"
    keys = Counter(tuple(row[key] for key in TABLES[table].primary_key) for row in rows)
    yield from (f"{table} {'/'.join(key)} occurs {n} times" for key, n in keys.items() if n > 1)


def _label(table: str, row: Row) -> str:
    keys = [key for key in TABLES[table].primary_key if key not in ("city_code", "valid_from")]
    return f"{table} {'/'.join(row[key] for key in keys or ['city_code'])}"


def _value_problem(column: Column, value: str) -> str | None:
    if value == "":
        return f"{column.name} is empty" if column.required and "" not in column.enum else None
    if column.enum and value not in column.enum:
        return f"{column.name} {value!r} is not {', '.join(filter(None, column.enum))}"
    reads, kind = _READS.get(column.kind, (str, "text"))
    try:
        reads(value)
    except ValueError:
        return f"{column.name} {value!r} is no {kind}"
    return None


def _flag(value: str) -> bool:
    if value not in ("True", "False"):
        raise ValueError(value)
    return value == "True"


_READS: dict[str, tuple[Callable[[str], object], str]] = {
    "date": (date.fromisoformat, "date (YYYY-MM-DD)"),
    "integer": (int, "whole number"),
    "double": (float, "number"),
    "boolean": (_flag, "True or False"),
}


# --- validity ----------------------------------------------------------------------------------------------


def _validity(found: Found) -> Iterator[str]:
    for table, rows in found.items():
        if "valid_from" not in TABLES[table].primary_key:
            continue
        versions: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
        keys = [key for key in TABLES[table].primary_key if key != "valid_from"]
        for row in rows:
            if row["valid_to"] and row["valid_to"] <= row["valid_from"]:
                yield f"{_label(table, row)}: valid_to is not after valid_from"
            versions[tuple(row[key] for key in keys)].append((row["valid_from"], row["valid_to"]))
        for key, spans in versions.items():
            for (_, end), (start, _) in pairwise(sorted(spans)):
                if not end or end > start:
                    yield f"{table} {'/'.join(key)}: two versions hold on {start}"


def _cities(found: Found) -> Iterator[str]:
    cities = {row["city_code"] for row in found["city"]}
    for table, rows in found.items():
        if "city_code" in TABLES[table].primary_key:
            for row in rows:
                if row["city_code"] not in cities:
                    yield f"{_label(table, row)}: no city file for {row['city_code']!r}"
    schemes = {row["grid_scheme"] for row in found["grid_scheme"]}
    for city in found["city"]:
        label = f"city {city['city_code']}"
        if city["coordinate_system"] not in COORDINATE_SYSTEMS:
            yield f"{label}: coordinate_system is not {', '.join(COORDINATE_SYSTEMS)}"
        if city["has_grids"] == "True" and city["grid_scheme"] not in schemes:
            yield f"{label}: has grids, but grid_scheme {city['grid_scheme']!r} is not in grid_schemes.csv"
        if int(city["small_cell_k"]) < 1:
            yield f"{label}: small_cell_k is under 1"


def _people(found: Found) -> Iterator[str]:
    for table, rows in found.items():
        for row in rows:
            if word := DESCRIBES_PEOPLE.search(row.get("name_zh", "")):
                yield f"{_label(table, row)}: {word[0]} describes people; only things and matters are registered"


# --- where -------------------------------------------------------------------------------------------------


def _areas(found: Found) -> Iterator[str]:
    level_of = {(row["city_code"], row["area_code"]): row["area_level"] for row in found["area"]}
    official = {row["area_code"]: row["name_zh"] for row in found["admin_area"] if not row["valid_to"]}
    with_streets = {row["parent_area_code"] for row in found["admin_area"] if row["area_level"] == "street"}
    calendars = {row["city_code"]: contracts.city(row["city_code"]).calendar for row in found["city"]}
    city_area = {row["city_code"]: contracts.city(row["city_code"]).city_area_code for row in found["city"]}
    for row in found["area"]:
        city, code, level, parent = (row[c] for c in ("city_code", "area_code", "area_level", "parent_area_code"))
        if level == "city":
            if parent:
                yield f"area {code}: a city has no parent"
            if code != city_area.get(city, code):
                yield f"area {code}: the city file says city_area_code {city_area[city]}"
        elif level_of.get((city, parent)) not in PARENT_LEVEL[level]:
            yield f"area {code}: parent {parent!r} is no {' or '.join(PARENT_LEVEL[level])} of {city}"
        # Chinese statistical codes nest: 6 digits county, 9 street, 12 community. Others (Chicago) do not.
        elif re.fullmatch(r"\d{9}|\d{12}", code) and not code.startswith(parent):
            yield f"area {code}: does not begin with its parent's code {parent}"
        # Streets are listed for a part of the country only; where none is, nothing can be compared.
        is_listed = level != "community" and (code in official or parent in with_streets)
        # Districts that are plain numbers, and codes of another country, only look like China's.
        is_listed = is_listed and calendars.get(city) == "china" and (not parent or code.startswith(parent))
        if is_listed and not row["valid_to"] and official.get(code) != row["name_zh"]:
            yield f"area {code}: admin_areas.csv calls it {official.get(code)}, not {row['name_zh']}"


def _admin_areas(found: Found) -> Iterator[str]:
    codes = {row["area_code"] for row in found["admin_area"]}
    for row in found["admin_area"]:
        code, level, parent = row["area_code"], row["area_level"], row["parent_area_code"]
        above = code[: PARENT_DIGITS[level]]
        if not re.fullmatch(rf"\d{{{DIGITS[level]}}}", code):
            yield f"admin_area {code}: the code of a {level} has {DIGITS[level]} digits"
        if parent != above or (parent and parent not in codes):
            yield f"admin_area {code}: parent {parent!r} is not the area {above!r} that it begins with"


def _predecessors(found: Found) -> Iterator[str]:
    spans: dict[str, list[Row]] = defaultdict(list)
    for row in found["admin_area"]:
        spans[row["area_code"]].append(row)
    after: dict[str, set[str]] = defaultdict(set)
    for row in found["area_predecessor"]:
        code, before, kind, day = (row[c] for c in ("area_code", "predecessor_code", "change_kind", "changed_on"))
        label = f"area_predecessor {code}/{before}"
        after[before].add(code)
        if missing := [one for one in (code, before) if one not in spans]:
            yield f"{label}: {missing[0]} is not in admin_areas.csv"
            continue
        begins = any(span["valid_from"] == day for span in spans[code])
        ends = any(span["valid_to"] == day for span in spans[before])
        if kind in ("recoded", "split") and not begins:
            yield f"{label}: no version of {code} begins on {day}"
        if kind in ("recoded", "merged") and not ends:
            yield f"{label}: no version of {before} ends on {day}"
    for start in list(after):
        if start in _reached(start, after):
            yield f"area_predecessor {start}: comes after itself"


def _reached(start: str, after: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        new = after.get(ahead.pop(), set()) - seen
        seen |= new
        ahead += new
    return seen


def _grid_schemes(found: Found) -> Iterator[str]:
    for row in found["grid_scheme"]:
        label = f"grid_scheme {row['grid_scheme']}"
        parts = _segments(row)
        if parts is None:
            yield f"{label}: segments {row['segments']!r} is not a list of part:length"
        elif [name for name, _ in parts if name in ("admin", "street", "community")] != [
            "admin",
            "street",
            "community",
        ]:
            yield f"{label}: segments lack admin, street or community, or have them out of order"
        try:
            re.compile(row["code_pattern"])
        except re.error as error:
            yield f"{label}: code_pattern is no regular expression ({error})"


def _segments(scheme: Row) -> list[tuple[str, int]] | None:
    parts = [part.partition(":") for part in scheme["segments"].split(" ")]
    if not all(name and length.isdecimal() for name, _, length in parts):
        return None
    return [(name, int(length)) for name, _, length in parts]


def community_of(grid_code: str, scheme: Row) -> str:
    """The community's code inside a grid code: its admin, street and community parts, where the scheme puts them."""
    at, code = 0, ""
    for name, length in _segments(scheme) or ():
        code += grid_code[at : at + length] if name in ("admin", "street", "community") else ""
        at += length
    return code


def _grids(found: Found) -> Iterator[str]:
    parent_of = {(row["city_code"], row["area_code"]): row["parent_area_code"] for row in found["area"]}
    schemes = {row["grid_scheme"]: row for row in found["grid_scheme"]}
    scheme_of = {row["city_code"]: schemes.get(row["grid_scheme"]) for row in found["city"]}
    for row in found["grid"]:
        city, code, community = row["city_code"], row["grid_code"], row["community_code"]
        scheme = scheme_of.get(city)
        if scheme is None:
            yield f"grid {code}: the city file of {city} names no grid_scheme"
        elif not re.fullmatch(scheme["code_pattern"], code):
            yield f"grid {code}: is no code of {scheme['grid_scheme']} ({scheme['segments']})"
        elif community_of(code, scheme) != community:
            yield f"grid {code}: {scheme['grid_scheme']} puts it into {community_of(code, scheme)}, not {community}"
        if (city, community) not in parent_of:
            yield f"grid {code}: community {community} is not in areas.csv"
        elif parent_of[city, community] != row["street_code"]:
            yield f"grid {code}: its community lies in {parent_of[city, community]}, not in {row['street_code']}"
        if int(row["households"]) < 0:
            yield f"grid {code}: households is under 0"
        if problem := _ring_problem(row["ring"], float(row["area_km2"])):
            yield f"grid {code}: {problem}"


@cache
def _ring_problem(ring: str, area_km2: float) -> str | None:
    try:
        points = np.array(json.loads(ring), dtype=float)
        longitude, latitude = points.T
    except (ValueError, TypeError):
        return "ring is not JSON [[lon,lat],…]"
    if len(points) < 4 or (points[0] != points[-1]).any():
        return "ring is not closed"
    if (abs(longitude) > 180).any() or (abs(latitude) > 90).any():
        return "ring leaves the globe"
    if not shapely.Polygon(points).is_valid:
        return "ring crosses itself"
    degree = EARTH_KM * np.pi / 180
    flat = np.column_stack([longitude * degree * np.cos(np.radians(latitude.mean())), latitude * degree])
    measured = shapely.Polygon(flat).area
    if abs(measured - area_km2) > AREA_TOLERANCE * measured:
        return f"area_km2 says {area_km2:g}, its ring holds {measured:.4f}"
    return None


def _overlaps(found: Found) -> Iterator[str]:
    """Grids of one city share no ground at the same time."""
    by_city: dict[str, list[Row]] = defaultdict(list)
    for row in found["grid"]:
        if _ring_problem(row["ring"], float(row["area_km2"])) is None:
            by_city[row["city_code"]].append(row)
    for rows in by_city.values():
        polygons = np.array([shapely.Polygon(json.loads(row["ring"])) for row in rows], dtype=object)
        left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
        once = left < right
        left, right = left[once], right[once]
        shared = shapely.area(shapely.intersection(polygons[left], polygons[right])) > SLIVER
        for i, j in zip(left[shared].tolist(), right[shared].tolist(), strict=True):
            a, b = rows[i], rows[j]
            if (not a["valid_to"] or a["valid_to"] > b["valid_from"]) and (
                not b["valid_to"] or b["valid_to"] > a["valid_from"]
            ):
                yield f"grid {a['grid_code']}: covers ground of {b['grid_code']}"


# --- who and what ------------------------------------------------------------------------------------------


def _codes(found: Found, table: str, column: str) -> set[tuple[str, str]]:
    return {(row["city_code"], row[column]) for row in found[table]}


def _units(found: Found) -> Iterator[str]:
    for row in found["unit"]:
        if not re.fullmatch(r"[a-z0-9_]+", row["unit_code"]):
            yield f"unit {row['unit_code']}: a unit code has small letters, digits and underscores"
    known = _codes(found, "unit", "unit_code")
    for table in ("responsibility", "device", "sign"):
        for row in found[table]:
            if (row["city_code"], row["unit_code"]) not in known:
                yield f"{_label(table, row)}: unit {row['unit_code']} is not in units.csv"


def _duties(found: Found) -> Iterator[str]:
    known = _codes(found, "duty", "duty_code")
    leads = Counter(
        (row["city_code"], row["duty_code"])
        for row in found["responsibility"]
        if row["role"] == "lead" and not row["valid_to"]
    )
    for row in found["responsibility"]:
        if (row["city_code"], row["duty_code"]) not in known:
            yield f"{_label('responsibility', row)}: duty {row['duty_code']} is not in duties.csv"
    for row in found["duty"]:
        n = leads[row["city_code"], row["duty_code"]]
        if n != 1 and not row["valid_to"]:
            yield f"duty {row['duty_code']}: {n} units lead it; one answers for a duty"
    busy = _codes(found, "responsibility", "unit_code")
    cities = {row["city_code"] for row in found["duty"]}
    for row in found["unit"]:
        if row["city_code"] in cities and (row["city_code"], row["unit_code"]) not in busy:
            yield f"unit {row['unit_code']}: has no part in any duty"


def _centres(found: Found) -> Iterator[str]:
    level_of = {(row["city_code"], row["area_code"]): row["area_level"] for row in found["area"]}
    centres = {(row["city_code"], row["centre_code"]): row for row in found["centre"]}
    for row in found["centre"]:
        city, code, level = row["city_code"], row["centre_code"], row["centre_level"]
        if level != "prefecture" and level_of.get((city, row["area_code"])) != level:
            yield f"centre {code}: {row['area_code']} is no {level} of {city}"
        above = row["parent_centre_code"]
        parent = centres.get((city, above))
        if above and (parent is None or parent["centre_level"] != CENTRE_ABOVE.get(level)):
            yield f"centre {code}: parent {above} is no centre of the level above"
        if not above and level in ("street", "community"):
            yield f"centre {code}: has no parent"


def _categories(found: Found) -> Iterator[str]:
    schemes = {row["category_scheme"]: row for row in found["category_scheme"]}
    families = {row["family"] for row in found["category_family"]}
    for scheme, row in schemes.items():
        for pattern in filter(None, (row["code_pattern"], row["local_pattern"])):
            try:
                re.compile(pattern)
            except re.error as error:
                yield f"category_scheme {scheme}: {pattern} is no regular expression ({error})"
                return
    for row in found["category"]:
        code, scheme_row = row["category_code"], schemes.get(row["category_scheme"])
        label = _label("category", row)
        if row["family"] not in families:
            yield f"{label}: family {row['family']} is not in category_families.csv"
        if scheme_row is None:
            yield f"{label}: scheme is not in category_schemes.csv"
            continue
        if not re.fullmatch(scheme_row["code_pattern"], code):
            yield f"{label}: the scheme's codes are {scheme_row['code_pattern']}"
        if local := scheme_row["local_pattern"]:
            is_local, is_marked = (
                bool(re.fullmatch(local, code)),
                row["name_zh"].removesuffix("异常").endswith(LOCAL_MARKS),
            )
            if is_local and not is_marked:
                yield f"{label}: a city's own code; its name must end with {' or '.join(LOCAL_MARKS)}"
            if is_marked and not is_local:
                yield f"{label}: is called the city's own, but its code is the standard's"
    used = {(row["city_code"], row["category_scheme"]) for row in found["category"]}
    for code in (row["city_code"] for row in found["city"]):
        scheme = contracts.city(code).category_scheme
        if scheme and (code, scheme) not in used:
            yield f"city {code}: category_scheme {scheme} has no category"


def _devices(found: Found) -> Iterator[str]:
    grids = {(row["city_code"], row["grid_code"]): row for row in found["grid"]}
    for row in found["device"]:
        grid = grids.get((row["city_code"], row["grid_code"]))
        if grid is None:
            yield f"device {row['device_id']}: grid {row['grid_code']} is not in grids.csv"
        elif _ring_problem(grid["ring"], float(grid["area_km2"])):
            continue  # the grid's own fault
        elif not shapely.intersects_xy(
            shapely.Polygon(json.loads(grid["ring"])), float(row["longitude"]), float(row["latitude"])
        ):
            yield f"device {row['device_id']}: its point is not in its grid {row['grid_code']}"


def _signs(found: Found) -> Iterator[str]:
    level_of = {(row["city_code"], row["area_code"]): row["area_level"] for row in found["area"]}
    for row in found["sign"]:
        label, level = f"sign {row['sign_code']}", level_of.get((row["city_code"], row["area_code"]))
        if level is None:
            yield f"{label}: area {row['area_code']} is not in areas.csv"
        elif row["sign_category"] == "population" and level not in ("city", "street"):
            yield f"{label}: people are summed up by street or city, never by {level}"
        if not DURATION.fullmatch(row["observe_every"]):
            yield f"{label}: observe_every {row['observe_every']!r} is no ISO 8601 duration"
        if float(row["usual_low"]) >= float(row["usual_high"]):
            yield f"{label}: usual_low is not under usual_high"


CHECKS: tuple[Callable[[Found], Iterable[str]], ...] = (
    _validity,
    _cities,
    _people,
    _admin_areas,
    _predecessors,
    _areas,
    _grid_schemes,
    _grids,
    _overlaps,
    _units,
    _duties,
    _centres,
    _categories,
    _devices,
    _signs,
)
