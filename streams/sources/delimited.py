"""Delimited text (CSV, TSV) -> Table: any encoding, title rows, headers in several rows, cells with line ends."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from streams.errors import CityBrainError
from streams.sources.tables import LINE, Table, finished, header_names, nothing, rejected

HEADER_BYTES = 1_000_000
"""Titles and header end within this."""

SPREAD_SHARE = 0.5
"""More of the lines than this stand inside of cells: a quote may be open that nobody meant."""

UNBALANCED = "a quote that is not closed where its cell ends"

_SEPARATOR_LINE = re.compile(rb"sep=(.)\r?\n", re.IGNORECASE)
"""First line by which a spreadsheet is told the delimiter."""


def read_delimited(path: Path, options: Mapping[str, Any]) -> Table:
    """Options: encoding, delimiter, quote (empty: no quoting), skip_rows, header_rows, nulls.

    A first line `sep=;` is no row and names the delimiter. A line whose quotes don't close is rejected alone.
    """
    text = decoded(path, options["encoding"])
    if not text.strip():
        return nothing(path.name)
    n_before = 0
    if told := separator(text):
        options, text, n_before = {**options, "delimiter": told}, text[text.find(b"\n") + 1 :], 1
    names, n_lines = _header(path.name, text, options)
    start = 0
    for _ in range(n_lines):
        start = text.find(b"\n", start) + 1 or len(text)
    frame, rejects = _parsed(text[start:], names, n_lines + n_before, options)
    if b'="' in text:  # ="007": how a spreadsheet is told that digits are text
        frame = frame.with_columns(pl.exclude(LINE).str.replace(r'^="(.*)"$', "${1}"))
    table = finished(path.name, frame, rejects, options["nulls"], options["encoding"])
    return _with_doubt(table, text.count(b"\n", start))


def separator(text: bytes) -> str | None:
    """The delimiter that the first line names, if it is no more than that."""
    found = _SEPARATOR_LINE.match(text)
    return found[1].decode() if found else None


def decoded(path: Path, encoding: str) -> bytes:
    """The file in UTF-8 without a byte order mark, lines ended by line feeds; U+FFFD for what can't be decoded."""
    data = path.read_bytes()
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise CityBrainError(
            f"{path.name} is no text",
            why="it is a workbook or an archive",
            remedy="set reader.format to excel in the mapping; unpack an archive first",
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif b"\x00" in data[:200] and (wide := wide_encoding(data)) and not encoding.lower().startswith("utf-16"):
        raise CityBrainError(
            f"{path.name} is not {encoding}",
            why="every other byte is the half of a character",
            remedy=f"set reader.encoding to {wide} in the mapping",
        )
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff").encode()
    return text if b"\n" in text else text.replace(b"\r", b"\n")


def wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a byte order mark shows by its ASCII: zeros on the odd (little-endian) or the even places."""
    head = data[:4000]
    share = max(1, len(head) // 2) * 0.2
    for place, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[place::2].count(0) > share and not head[1 - place :: 2].count(0):
            return name
    return None


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
    if _is_balanced(text, options):
        frame, rejects, is_swallowed = _rows(text, names, n_lines, options)
        if not is_swallowed:
            return frame, rejected(rejects)
    text, faults = _without_open_quotes(text, len(names), n_lines, options)
    frame, rejects, _ = _rows(text, names, n_lines, options)
    return frame, rejected([*faults, *rejects])


def _rows(
    text: bytes, names: list[str], n_lines: int, options: Mapping[str, Any]
) -> tuple[pl.DataFrame, list[tuple[int, str]], bool]:
    """Rows with their lines, (line, reason) of records of another width, and whether one of these has many lines."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    broken: list[tuple[int, int, str]] = []

    def on_invalid(row: Any) -> str:
        broken.append((row.number, row.actual_columns, row.text))
        return "skip"

    if not text.strip():
        return pl.DataFrame(schema={**dict.fromkeys(names, pl.String), LINE: pl.Int64}), [], False
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
    is_swallowed = bool(options["quote"]) and any("\n" in row for _, _, row in broken)
    return frame.with_columns(placed.alias(LINE)), rejects, is_swallowed


# --- quotes -----------------------------------------------------------------------------------------------


def _is_balanced(text: bytes, options: Mapping[str, Any]) -> bool:
    """Whether each quote opens at the begin of a cell or closes at its end."""
    quote = options["quote"].encode()
    if not quote or quote not in text:
        return True
    may_stand_beside = np.zeros(256, dtype=bool)
    may_stand_beside[[ord(options["delimiter"]), ord("\n"), ord("\r"), ord(quote)]] = True
    data = np.frombuffer(text, dtype=np.uint8)
    at = np.flatnonzero(data == ord(quote))
    # In a sound file quotes come in pairs; a doubled one closes and opens again without anything between.
    before, behind = at[0::2] - 1, at[1::2] + 1
    before, behind = before[before >= 0], behind[behind < len(data)]
    return len(at) % 2 == 0 and bool(may_stand_beside[data[before]].all() and may_stand_beside[data[behind]].all())


def _without_open_quotes(
    text: bytes, n_columns: int, n_lines: int, options: Mapping[str, Any]
) -> tuple[bytes, list[tuple[int, str]]]:
    """The text with each line emptied whose quotes don't close or would swallow others, and these lines."""
    delimiter, quote = (re.escape(options[name].encode()) for name in ("delimiter", "quote"))
    plain = rb"(?:[^%b%b\r\n][^%b\r\n]*+)?+" % (delimiter, quote, delimiter)
    quoted = rb"%b(?:[^%b]++|%b%b)*+%b" % (quote, quote, quote, quote, quote)
    record = re.compile(rb"(?:(?:%b|%b)%b)*+(?:%b|%b)(?=[\r\n]|\Z)" % (quoted, plain, delimiter, quoted, plain))
    kept, faults, at, line = [], [], 0, n_lines + 1
    while at < len(text):
        found = record.match(text, at)
        end = found.end() if found else at
        if found is None or (b"\n" in found[0] and _n_cells(found[0], options) != n_columns):
            faults.append((line, UNBALANCED))
            end = text.find(b"\n", at)
            end = len(text) if end < 0 else end
            kept.append(b"")
        else:
            kept.append(text[at:end])
        behind = text.find(b"\n", end) + 1 or len(text)
        kept.append(text[end:behind])
        line += text.count(b"\n", at, behind)
        at = behind
    return b"".join(kept), faults


def _n_cells(record: bytes, options: Mapping[str, Any]) -> int:
    rows = csv.reader(io.StringIO(record.decode()), delimiter=options["delimiter"], quotechar=options["quote"])
    return len(next(rows))


def _with_doubt(table: Table, n_lines: int) -> Table:
    """A note where the rows are far fewer than the lines."""
    n_inside = n_lines - table.n_records
    if n_inside <= max(1, n_lines * SPREAD_SHARE):
        return table
    note = f"{table.n_records} rows in {n_lines} lines: long cells, blank lines, or a quote that opens unmeant"
    return replace(table, notes=(*table.notes, note))
