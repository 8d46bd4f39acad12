"""Files -> tables of text with line numbers. One reader per format; a bad row costs itself, never the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.errors import CityBrainError
from streams.sources.delimited import read_delimited
from streams.sources.documents import read_geojson, read_json, read_json_lines
from streams.sources.shapes import shaped
from streams.sources.tables import Table
from streams.sources.workbook import DATE_CELL_FORMATS, read_workbook

MAX_FILE_BYTES = 2_000_000_000
"""What one reading can address; a larger file has to be split."""


@dataclass(frozen=True)
class Format:
    """How files of one kind are read: the reader, its options with their defaults, the usual file endings.

    `time_formats`: how the reader itself writes the cells that the file holds as dates.
    """

    read: Callable[[Path, Mapping[str, Any]], Table]
    options: Mapping[str, Any]
    suffixes: tuple[str, ...]
    time_formats: tuple[str, ...] = ()


_CELLS: dict[str, Any] = {"nulls": [""], "decimal": ".", "join": {}, "unpivot": {}}
_HEADER: dict[str, Any] = {"skip_rows": 0, "header_rows": 1}
_TEXT: dict[str, Any] = {"encoding": "utf-8"}

FORMATS: Mapping[str, Format] = {
    "csv": Format(read_delimited, {**_TEXT, "delimiter": ",", "quote": '"', **_HEADER, **_CELLS}, (".csv", ".txt")),
    "tsv": Format(read_delimited, {**_TEXT, "delimiter": "\t", "quote": '"', **_HEADER, **_CELLS}, (".tsv", ".tab")),
    "excel": Format(
        read_workbook,
        {"sheet": None, **_HEADER, **_CELLS},
        (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
        DATE_CELL_FORMATS,
    ),
    "json": Format(read_json, {**_TEXT, "records": "", "columns": None, **_CELLS}, (".json",)),
    "jsonlines": Format(read_json_lines, {**_TEXT, **_CELLS}, (".jsonl", ".ndjson")),
    "geojson": Format(read_geojson, {**_TEXT, **_CELLS}, (".geojson",)),
}
"""`reader.format` -> how it is read. A further format is one more function that returns a Table."""


def read_table(path: Path, options: Mapping[str, Any]) -> Table:
    """Read a file by the mapping's `reader` options; raises CityBrainError for a file that can't be read at all."""
    if not path.is_file():
        raise CityBrainError(f"no such file: {path}", why="it is missing or no plain file", remedy="check the path")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise CityBrainError(
            f"{path.name} is larger than {MAX_FILE_BYTES // 10**9} GB", remedy="split it; ids stay the same"
        )
    kind = FORMATS[options["format"]]
    complete = {**kind.options, **options}
    return shaped(kind.read(path, complete), path.name, complete)
