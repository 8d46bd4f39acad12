"""Files -> tables of text with line numbers. One reader per format; a bad row costs itself, never the file."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from streams.errors import CityBrainError

MAX_FILE_BYTES = 2_000_000_000
"""What one reading can address; a larger file has to be split."""

DAMAGED_SHARE = 0.1
"""More rows than this with bytes of another encoding: it is the encoding that is wrong, not the rows."""

REJECT_SCHEMA = {"line": pl.Int64, "reason": pl.String}


@dataclass(frozen=True)
class Table:
    """A file as read. `frame`: one row per record, every column String, empty cells null, plus `line`, where the
    record begins in the file (1 = the header). `rejects`: line and reason of records that can't be read."""

    frame: pl.DataFrame
    rejects: pl.DataFrame

    @property
    def columns(self) -> list[str]:
        return [name for name in self.frame.columns if name != LINE]

    @property
    def n_records(self) -> int:
        return self.frame.height + self.rejects.height


LINE = "\x00line"
"""Name of the line column; no header can hold a NUL."""


def read_table(path: Path, options: Mapping[str, Any]) -> Table:
    """Read a file by the mapping's `reader` options; raises CityBrainError for a file that can't be read at all."""
    if not path.is_file():
        raise CityBrainError(f"no such file: {path}", why="it is missing or no plain file", remedy="check the path")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise CityBrainError(
            f"{path.name} is larger than {MAX_FILE_BYTES // 10**9} GB", remedy="split it; ids stay the same"
        )
    return READERS[options["format"]](path, options)


def read_csv(path: Path, options: Mapping[str, Any]) -> Table:
    """Delimited text (`delimiter`, `quote`, `encoding`, `nulls`) with a header; quoted cells may hold line ends."""
    text = _decoded(path, options["encoding"])
    names = _header(path, text, options)
    frame, rejects = _parsed(text, names, options)
    cells = pl.exclude(LINE)
    if b"\xef\xbf\xbd" in text or b"\x00" in text:
        frame, damaged = _without_damage(path, frame, options["encoding"])
        rejects = pl.concat([rejects, damaged]).sort("line")
    blank = pl.when(cells.is_in(options["nulls"])).then(None).otherwise(cells)
    return Table(frame.with_columns(cells.str.strip_chars()).with_columns(blank.name.keep()), rejects)


def _without_damage(path: Path, frame: pl.DataFrame, encoding: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows without broken characters or NULs, and the rejects that the others become."""
    cells = pl.exclude(LINE)
    bad = pl.any_horizontal(cells.str.contains("\ufffd", literal=True).fill_null(False))
    nul = pl.any_horizontal(cells.str.contains("\x00", literal=True).fill_null(False))
    reason = pl.when(bad).then(pl.lit(f"bytes that are no {encoding}")).when(nul).then(pl.lit("a NUL character"))
    judged = frame.select(LINE, reason=reason).filter(pl.col("reason").is_not_null())
    if judged.height > max(1, frame.height * DAMAGED_SHARE):
        raise CityBrainError(
            f"{path.name} is not {encoding}",
            why=f"{judged.height} of {frame.height} rows hold bytes that are none",
            remedy="set reader.encoding in the mapping (gb18030 for most Chinese exports)",
        )
    sound = frame.join(judged.select(LINE), on=LINE, how="anti", maintain_order="left")
    return sound, judged.rename({LINE: "line"})


READERS: Mapping[str, Callable[[Path, Mapping[str, Any]], Table]] = {"csv": read_csv}
"""Format -> reader. A further format is one more function that returns a Table."""


def _decoded(path: Path, encoding: str) -> bytes:
    """The file in UTF-8 without a byte order mark; what can't be decoded becomes U+FFFD."""
    data = path.read_bytes()
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise CityBrainError(f"{path.name} is no text", why="it is a workbook or an archive", remedy="export it as CSV")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    if not data.strip():
        raise CityBrainError(f"{path.name} is empty", why="not even a header", remedy="export it again")
    return data.decode(encoding, errors="replace").removeprefix("\ufeff").encode()


def _header(path: Path, text: bytes, options: Mapping[str, Any]) -> list[str]:
    import csv

    first = next(csv.reader(io.StringIO(text[:1_000_000].decode(errors="replace")), **_dialect(options)))
    names = [name.strip() for name in first]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled or "" in names or "\ufffd" in "".join(names):
        why = f"twice: {', '.join(doubled)}" if doubled else "a column without a readable name"
        raise CityBrainError(
            f"the header of {path.name} can't be used", why=why, remedy="name each column once; see reader.encoding"
        )
    return names


def _dialect(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"delimiter": options["delimiter"], "quotechar": options["quote"]}


def _parsed(text: bytes, names: list[str], options: Mapping[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    broken: list[tuple[int, int, str]] = []

    def on_invalid(row: Any) -> str:
        broken.append((row.number, row.actual_columns, row.text))
        return "skip"

    table = arrow_csv.read_csv(
        io.BytesIO(text),
        # One block and one thread: rows keep their numbers, and a record may be as long as it likes.
        read_options=arrow_csv.ReadOptions(
            use_threads=False, block_size=len(text) + 1, column_names=names, skip_rows_after_names=1
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=options["delimiter"],
            quote_char=options["quote"],
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
    valid = [number for number in range(2, total + 2) if number not in taken] if taken else range(2, total + 2)
    # A record's line = its number, plus the line ends inside the records before it.
    inside = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n"))).to_series()
    rows = pl.concat(
        [
            pl.DataFrame({"number": valid, "inside": inside}, schema={"number": pl.Int64, "inside": pl.Int64}),
            pl.DataFrame(
                {"number": sorted(taken), "inside": [t.count("\n") for _, _, t in sorted(broken)]},
                schema={"number": pl.Int64, "inside": pl.Int64},
            ),
        ]
    ).sort("number")
    lines = rows.select("number", line=pl.col("number") + pl.col("inside").cum_sum() - pl.col("inside"))
    by_number = dict(lines.iter_rows()) if taken else {}
    placed = lines.filter(~pl.col("number").is_in(list(taken))).get_column("line")
    rejects = pl.DataFrame(
        [
            (by_number[number], f"{columns} cells where the header has {len(names)}")
            for number, columns, row in broken
            if row.strip()
        ],
        schema=REJECT_SCHEMA,
        orient="row",
    )
    # An empty line, or a row of nothing but delimiters, as spreadsheets leave them at the end, is no record.
    something = pl.any_horizontal(pl.exclude(LINE).str.strip_chars() != "")
    return frame.with_columns(placed.alias(LINE)).filter(something), rejects
