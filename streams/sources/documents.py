"""JSON lines, JSON arrays and GeoJSON -> Table: members become columns, nested ones by dotted names (`a.b`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from streams.errors import CityBrainError
from streams.sources.delimited import decoded
from streams.sources.tables import LINE, Table, finished, header_names, rejected

MAX_MEMBERS = 1000
"""A record with more members than this is no row of a table."""

GEOMETRY = {name: f"geometry.{name}" for name in ("type", "longitude", "latitude")}

_BLANK = re.compile(r"[ \t\r\n]*")


def read_json_lines(path: Path, options: Mapping[str, Any]) -> Table:
    """One object per line. Options: encoding, nulls."""
    text = decoded(path, options["encoding"]).decode()
    lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    return _table(path, options, ((number, _one(line)) for number, line in lines), _flat, "line")


def read_json(path: Path, options: Mapping[str, Any]) -> Table:
    """An array of records, or one inside an object (`records: data.list`). Options: encoding, records, columns, nulls.

    Records are objects, or arrays (`rows` of an open-data portal) whose columns stand in an array at `columns`
    (`meta.view.columns`: texts, or objects with a fieldName or name), or else in the first record.
    """
    text = decoded(path, options["encoding"]).decode()
    elements = _elements(path, text, _keys(options["records"]))
    if options["columns"] is not None:
        elements = _as_objects(path, elements, [name for _, name in _elements(path, text, _keys(options["columns"]))])
    elif isinstance((first := next(elements, (0, None)))[1], list):
        elements = _as_objects(path, elements, first[1])
    elif first[0]:
        elements = chain([first], elements)
    return _table(path, options, elements, _flat, "record")


def read_geojson(path: Path, options: Mapping[str, Any]) -> Table:
    """A FeatureCollection: its properties, `feature.id`, and `geometry.type`, `.longitude`, `.latitude`.

    A geometry that is no point stands for the middle of its bounding box. Options: encoding, nulls.
    """
    text = decoded(path, options["encoding"]).decode()
    return _table(path, options, _elements(path, text, ["features"]), _feature, "record")


# --- records ----------------------------------------------------------------------------------------------


class _UnreadableError(ValueError):
    """Why a record can't be read; without any of its content."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _UnreadableError("a member that stands twice")
    return made


def _no_number(_text: str) -> Any:
    raise _UnreadableError("NaN or Infinity")


_DECODER = json.JSONDecoder(
    # Numbers stay as they are written: no digit of a long id is lost, and 1.50 stays 1.50.
    object_pairs_hook=_object,
    parse_int=str,
    parse_float=str,
    parse_constant=_no_number,
)


def _one(text: str) -> Any:
    """The value, or the _UnreadableError that tells why there is none."""
    try:
        value, end = _decoded(text, _end_of_blank(text, 0))
    except _UnreadableError as error:
        return error
    return value if _end_of_blank(text, end) == len(text) else _UnreadableError("no JSON: more than one value")


_LENIENT = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def _decoded(text: str, at: int) -> tuple[Any, int]:
    """The value (an _UnreadableError for one that is JSON but no record) and where it ends."""
    try:
        return _DECODER.raw_decode(text, at)
    except _UnreadableError as error:
        return error, _LENIENT.raw_decode(text, at)[1]
    except json.JSONDecodeError as error:
        raise _UnreadableError(f"no JSON: {error.msg}") from None
    except RecursionError:
        raise _UnreadableError("nested too deeply") from None


def _keys(place: Any) -> list[str]:
    return [key for key in str(place).split(".") if key]


def _as_objects(path: Path, elements: Iterator[tuple[int, Any]], columns: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Arrays as objects under the names of their columns."""
    told = [one.get("fieldName") or one.get("name") if isinstance(one, dict) else one for one in columns]
    names = header_names(path.name, [[name if isinstance(name, str) else "" for name in told]], grouped=False)
    for number, value in elements:
        if isinstance(value, list) and len(value) != len(names):
            value = _UnreadableError(f"{len(value)} cells where the header has {len(names)}")
        yield number, dict(zip(names, value, strict=True)) if isinstance(value, list) else value


def _elements(path: Path, text: str, keys: list[str]) -> Iterator[tuple[int, Any]]:
    """(number, value or fault) of each element of the array; behind the first that is no JSON nothing is known."""
    try:
        at = _array(text, keys)
    except _UnreadableError as error:
        raise CityBrainError(
            f"{path.name} holds no array of records",
            why=str(error),
            remedy="set reader.records to the array's place (data.list), or reader.format to jsonlines or geojson",
        ) from None
    if at is None:
        return
    number = 0
    while not text.startswith("]", at := _end_of_blank(text, at)):
        number += 1
        try:
            value, at = _decoded(text, at)
            at = _end_of_blank(text, at)
            if text[at : at + 1] not in (",", "]"):
                raise _UnreadableError("no JSON: Expecting ',' or ']'")
        except _UnreadableError as error:
            yield number, _UnreadableError(f"{error}; nothing from here on could be read")
            return
        yield number, value
        at += text[at] == ","


def _array(text: str, keys: list[str]) -> int | None:
    """Where the array's first element begins; None where there is nothing, or null in its place."""
    if (at := _end_of_blank(text, 0)) == len(text):
        return None
    for key in keys:
        if not text.startswith("{", at):
            raise _UnreadableError(f"no object with a member {key}")
        at = _member(text, at + 1, key)
    if text.startswith("null", at):
        return None
    if not text.startswith("[", at):
        raise _UnreadableError(f"{'.'.join(keys) or 'the document'} is no array")
    return at + 1


def _member(text: str, at: int, wanted: str) -> int:
    """Where the value of a member begins, from behind the object's brace."""
    while text.startswith('"', at := _end_of_blank(text, at)):
        key, at = _decoded(text, at)
        at = _end_of_blank(text, at)
        if not text.startswith(":", at):
            break
        at = _end_of_blank(text, at + 1)
        if key == wanted:
            return at
        at = _end_of_blank(text, _decoded(text, at)[1])
        at += text.startswith(",", at)
    raise _UnreadableError(f"no member {wanted}")


def _end_of_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


# --- rows -------------------------------------------------------------------------------------------------


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Dotted name -> text; a list as JSON text, null as empty text."""
    cells: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            cells |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            cells[prefix + name] = json.dumps(value, ensure_ascii=False)
        else:
            cells[prefix + name] = {None: "", True: "true", False: "false"}.get(value, value)
    return cells


def _feature(feature: dict[str, Any]) -> dict[str, str]:
    properties, geometry = feature.get("properties") or {}, feature.get("geometry") or {}
    if not isinstance(properties, dict) or not isinstance(geometry, dict):
        raise _UnreadableError("no Feature: properties or geometry is no object")
    cells = _flat(properties)
    if feature.get("id") is not None:
        cells["feature.id"] = str(feature["id"])
    if geometry:
        longitude, latitude = _middle(geometry)
        kind = str(geometry.get("type", ""))
        cells |= {GEOMETRY["type"]: kind, GEOMETRY["longitude"]: longitude, GEOMETRY["latitude"]: latitude}
    return cells


def _middle(geometry: dict[str, Any]) -> tuple[str, str]:
    """Longitude and latitude in degrees, as text."""
    try:
        if geometry["type"] == "Point":
            longitude, latitude = geometry["coordinates"][:2]
            return str(longitude), str(latitude)
        points = list(_positions(geometry["coordinates"]))
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
    except (KeyError, TypeError, ValueError):
        raise _UnreadableError("no geometry with coordinates") from None
    return f"{(west + east) / 2:.7f}", f"{(south + north) / 2:.7f}"


def _positions(node: Any) -> Iterator[tuple[float, float]]:
    if isinstance(node[0], str):  # numbers are text here
        yield float(node[0]), float(node[1])
        return
    for part in node:
        yield from _positions(part)


def _table(
    path: Path,
    options: Mapping[str, Any],
    found: Iterator[tuple[int, Any]],
    row_of: Callable[[dict[str, Any]], dict[str, str]],
    place: str,
) -> Table:
    rows, lines, rejects = [], [], []
    columns: dict[str, None] = {}
    for line, value in found:
        try:
            cells = _cells(value, row_of)
        except _UnreadableError as error:
            rejects.append((line, str(error)))
            continue
        columns |= dict.fromkeys(cells)
        rows.append(cells)
        lines.append(line)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String)) if columns else pl.DataFrame()
    frame = frame.with_columns(pl.Series(LINE, lines if columns else [], dtype=pl.Int64))
    return finished(path.name, frame, rejected(rejects), options["nulls"], options["encoding"], place)


def _cells(value: Any, row_of: Callable[[dict[str, Any]], dict[str, str]]) -> dict[str, str]:
    if isinstance(value, _UnreadableError):
        raise value
    if not isinstance(value, dict):
        raise _UnreadableError("a record that is no object")
    try:
        cells = row_of(value)
        "".join(cells.values()).encode()
    except RecursionError:
        raise _UnreadableError("nested too deeply") from None
    except UnicodeEncodeError:
        raise _UnreadableError("half of a character (a lone surrogate)") from None
    if len(cells) > MAX_MEMBERS:
        raise _UnreadableError(f"more than {MAX_MEMBERS} members")
    return cells
