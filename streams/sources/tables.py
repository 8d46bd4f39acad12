"""What a reader returns: text cells under names, each row with the line it stands on, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from streams.errors import CityBrainError

LINE = "\x00line"
"""Name of the line column; no header can hold a NUL."""

POSITION = "#"
"""Begins what tells columns apart by their place from 1: `#9` has no name, `type #9` is a second `type`."""

_NAMELESS = re.compile(f"{POSITION}[0-9]+")

NAMED_SHARE = 0.5
"""Fewer of the filled columns with a name than this: what was taken for the header is a title."""

REJECT_SCHEMA = {"line": pl.Int64, "reason": pl.String}

DAMAGED_SHARE = 0.1
"""More rows than this with bytes of another encoding: it is the encoding that is wrong, not the rows."""

_CELLS = pl.exclude(LINE)


@dataclass(frozen=True)
class Table:
    """A file as read. `frame`: one row per record, every column String, empty cells null, plus `LINE`, where it
    stands, unique. `rejects`: line and reason of unreadable records. `place` says what is counted from 1: a `line`
    of the file (where the record begins), a `row` of the sheet, or a `record` where many stand on one line; `label`
    says a LINE as people know it (`3月!12`). `notes`: sentences on what the reader left out or wonders at."""

    frame: pl.DataFrame
    rejects: pl.DataFrame
    place: str = "line"
    label: Callable[[int], str] = str
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        return [name for name in self.frame.columns if name != LINE]

    @property
    def n_records(self) -> int:
        return self.frame.height + self.rejects.height


def rejected(found: Sequence[tuple[int, str]]) -> pl.DataFrame:
    """Rejects of a list of (line, reason)."""
    return pl.DataFrame(found, schema=REJECT_SCHEMA, orient="row")


def finished(
    file_name: str,
    frame: pl.DataFrame,
    rejects: pl.DataFrame,
    nulls: Sequence[str],
    encoding: str = "utf-8",
    place: str = "line",
) -> Table:
    """The last steps of each reader: rows of nothing out, damaged rows to the rejects, cells stripped, nulls made.

    `frame` has String columns and LINE. Columns that `header_names` had no name for go where they are empty. Raises
    CityBrainError when most rows are damaged, or most of the filled columns have no name.
    """
    if frame.columns == [LINE] and rejects.is_empty():
        return nothing(file_name)
    frame = frame.with_columns(_CELLS.str.strip_chars()).filter(pl.any_horizontal(_CELLS != ""))
    frame, damaged = _without_damage(file_name, frame, encoding)
    blank = pl.when(_CELLS.is_in(["", *nulls])).then(None).otherwise(_CELLS)
    frame = frame.with_columns(blank.name.keep())
    nameless = [name for name in frame.columns if _NAMELESS.fullmatch(name)]
    empty = [name for name in nameless if frame[name].null_count() == frame.height]
    n_filled = frame.width - 1 - len(empty)
    if len(nameless) - len(empty) > n_filled * (1 - NAMED_SHARE):
        first = next(name for name in nameless if name not in empty)
        line = frame.filter(pl.col(first).is_not_null())[LINE][0]
        raise CityBrainError(
            f"the header of {file_name} can't be used",
            why=f"column {first.removeprefix(POSITION)} has no name, but {place} {line} holds something there, and so "
            f"have {len(nameless) - len(empty)} of {n_filled} columns",
            remedy="see reader.skip_rows and reader.header_rows for headers that start lower",
        )
    return Table(frame.drop(empty), pl.concat([rejects, damaged]).sort("line"), place)


def nothing(file_name: str) -> Table:
    """The table of a file that holds nothing at all: a quiet day."""
    frame = pl.DataFrame(schema={LINE: pl.Int64})
    return Table(frame, rejected([]), notes=(f"{file_name} is empty: nothing to take in",))


def header_names(file_name: str, rows: Sequence[Sequence[str]], *, grouped: bool) -> list[str]:
    """Column names of a header in one or several rows: what stands above each other, joined by `/`.

    `grouped`: a group's title stands in its first cell alone, as in a workbook saved as text, and goes for the
    nameless cells on its right too. A name that comes again is told by its place (`type #9`), and so is a column
    without one (`#9`). Raises CityBrainError for names that can't be read.
    """
    width = max((len(row) for row in rows), default=0)
    cells = [[" ".join(row[i].split()) if i < len(row) else "" for i in range(width)] for row in rows]
    names: list[str] = []
    for column in range(width):
        parts: list[str] = []
        for row in range(len(cells)):
            text = cells[row][column]
            if not text and grouped and any(below[column] for below in cells[row + 1 :]):
                text = _group(cells, row, column)
            if text and text not in parts[-1:]:
                parts.append(text)
        name, place = "/".join(parts), f"{POSITION}{column + 1}"
        name = name or place
        while name in names:
            name += f" {place}"
        names.append(name)
    if all(_NAMELESS.fullmatch(name) for name in names) or "\ufffd" in "".join(names):
        raise CityBrainError(
            f"the header of {file_name} can't be used",
            why="it holds no readable name",
            remedy="see reader.encoding, reader.skip_rows and reader.header_rows",
        )
    return names


def _group(cells: list[list[str]], row: int, column: int) -> str:
    """Title on the left that spans this cell; one with nothing below it spans its own column only."""
    for left in range(column - 1, -1, -1):
        if cells[row][left]:
            return cells[row][left] if any(below[left] for below in cells[row + 1 :]) else ""
    return ""


def _without_damage(file_name: str, frame: pl.DataFrame, encoding: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows without broken characters or NULs, and the rejects that the others become."""
    bad = pl.any_horizontal(_CELLS.str.contains("\ufffd", literal=True).fill_null(False))
    nul = pl.any_horizontal(_CELLS.str.contains("\x00", literal=True).fill_null(False))
    reason = pl.when(bad).then(pl.lit(f"bytes that are no {encoding}")).when(nul).then(pl.lit("a NUL character"))
    judged = frame.select(LINE, reason=reason).filter(pl.col("reason").is_not_null())
    if judged.height > max(1, frame.height * DAMAGED_SHARE):
        raise CityBrainError(
            f"{file_name} is not {encoding}",
            why=f"{judged.height} of {frame.height} rows hold bytes that are none",
            remedy="set reader.encoding in the mapping (gb18030 for most Chinese exports)",
        )
    sound = frame.join(judged.select(LINE), on=LINE, how="anti", maintain_order="left")
    return sound, judged.rename({LINE: "line"})
