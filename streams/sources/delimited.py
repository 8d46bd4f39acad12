"""Delimited text (CSV, TSV) -> Table: any encoding, title rows, headers in several rows, cells with line ends."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from streams.errors import CityBrainError
from streams.sources.tables import LINE, Table, finished, header_names, rejected

HEADER_BYTES = 1_000_000
"""Titles and header end within this."""


def read_delimited(path: Path, options: Mapping[str, Any]) -> Table:
    """Options: encoding, delimiter, quote (empty: no quoting), skip_rows, header_rows, nulls."""
    text = decoded(path, options["encoding"])
    names, n_lines = _header(path.name, text, options)
    start = 0
    for _ in range(n_lines):
        start = text.find(b"\n", start) + 1 or len(text)
    frame, rejects = _parsed(text[start:], names, n_lines, options)
    return finished(path.name, frame, rejects, options["nulls"], options["encoding"])


def decoded(path: Path, encoding: str) -> bytes:
    """The file in UTF-8 without a byte order mark; what can't be decoded becomes U+FFFD."""
    data = path.read_bytes()
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise CityBrainError(
            f"{path.name} is no text",
            why="it is a workbook or an archive",
            remedy="set reader.format to excel in the mapping; unpack an archive first",
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    if not data.strip():
        raise CityBrainError(f"{path.name} is empty", why="not even a header", remedy="export it again")
    return data.decode(encoding, errors="replace").removeprefix("\ufeff").encode()


def _header(file_name: str, text: bytes, options: Mapping[str, Any]) -> tuple[list[str], int]:
    """Names, and how many lines the titles and the header take."""
    rows = csv.reader(
        io.StringIO(text[:HEADER_BYTES].decode(errors="replace")),
        delimiter=options["delimiter"],
        quotechar=options["quote"] or None,
        quoting=csv.QUOTE_MINIMAL if options["quote"] else csv.QUOTE_NONE,
    )
    try:
        first = [next(rows) for _ in range(options["skip_rows"] + options["header_rows"])]
    except (StopIteration, csv.Error):
        raise CityBrainError(
            f"the header of {file_name} can't be used",
            why=f"the file ends before header_rows: {options['header_rows']} after skip_rows: {options['skip_rows']}",
            remedy="correct reader.skip_rows and reader.header_rows, or reader.quote",
        ) from None
    return header_names(file_name, first[options["skip_rows"] :], grouped=True), rows.line_num


def _parsed(
    text: bytes, names: list[str], n_lines: int, options: Mapping[str, Any]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows behind the header with their lines in the file, and the records with more or fewer cells than it."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    broken: list[tuple[int, int, str]] = []

    def on_invalid(row: Any) -> str:
        broken.append((row.number, row.actual_columns, row.text))
        return "skip"

    if not text.strip():
        return pl.DataFrame(schema={**dict.fromkeys(names, pl.String), LINE: pl.Int64}), rejected([])
    table = arrow_csv.read_csv(
        io.BytesIO(text),
        # One block and one thread: rows keep their numbers, and a record may be as long as it likes.
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
        parse_options=arrow_csv.ParseOptions(
            delimiter=options["delimiter"],
            quote_char=options["quote"] or False,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=on_invalid,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table, never a series
    taken = {number for number, _, _ in broken}
    total = frame.height + len(broken)
    valid = [number for number in range(1, total + 1) if number not in taken] if taken else range(1, total + 1)
    # A record's line = its number, plus the line ends inside the records before it, plus the header's lines.
    inside = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n"))).to_series()
    schema = {"number": pl.Int64, "inside": pl.Int64}
    rows = pl.concat(
        [
            pl.DataFrame({"number": valid, "inside": inside}, schema=schema),
            pl.DataFrame([(number, row.count("\n")) for number, _, row in broken], schema=schema, orient="row"),
        ]
    ).sort("number")
    lines = rows.select("number", line=pl.col("number") + pl.col("inside").cum_sum() - pl.col("inside") + n_lines)
    by_number = dict(lines.iter_rows()) if taken else {}
    placed = lines.filter(~pl.col("number").is_in(list(taken))).get_column("line")
    rejects = [
        (by_number[number], f"{columns} cells where the header has {len(names)}")
        for number, columns, row in sorted(broken)
        if row.strip()
    ]
    return frame.with_columns(placed.alias(LINE)), rejected(rejects)
