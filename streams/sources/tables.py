"""What a reader returns: text cells under names, each row with the line it stands on, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from streams.errors import CityBrainError

LINE = "\x00line"
"""Name of the line column; no header can hold a NUL."""

NAMELESS = "\x01column"
"""How the name of a column without a header begins, until it is known whether anything stands in it."""

REJECT_SCHEMA = {"line": pl.Int64, "reason": pl.String}

DAMAGED_SHARE = 0.1
"""More rows than this with bytes of another encoding: it is the encoding that is wrong, not the rows."""

_CELLS = pl.exclude(LINE)


@dataclass(frozen=True)
class Table:
    """A file as read. `frame`: one row per record, every column String, empty cells null, plus `LINE`, where it
    stands, unique. `rejects`: line and reason of unreadable records. `place` says what is counted from 1: a `line`
    of the file (where the record begins), a `row` of the sheet, or a `record` where many stand on one line."""

    frame: pl.DataFrame
    rejects: pl.DataFrame
    place: str = "line"

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

    `frame` has String columns and LINE. Raises CityBrainError when most rows are damaged, or a column without a
    name holds something.
    """
    frame = frame.filter(pl.any_horizontal(_CELLS.str.strip_chars() != ""))
    frame, damaged = _without_damage(file_name, frame, encoding)
    blank = pl.when(_CELLS.is_in(["", *nulls])).then(None).otherwise(_CELLS)
    frame = frame.with_columns(_CELLS.str.strip_chars()).with_columns(blank.name.keep())
    nameless = [name for name in frame.columns if name.startswith(NAMELESS)]
    filled = [name for name in nameless if frame[name].null_count() < frame.height]
    if filled:
        number, line = filled[0].removeprefix(NAMELESS), frame.filter(pl.col(filled[0]).is_not_null())[LINE][0]
        raise CityBrainError(
            f"the header of {file_name} can't be used",
            why=f"column {number} has no name, but {place} {line} holds something there",
            remedy="name it in the file; see reader.skip_rows and reader.header_rows for headers that start lower",
        )
    return Table(frame.drop(nameless), pl.concat([rejects, damaged]).sort("line"), place)


def header_names(file_name: str, rows: Sequence[Sequence[str]], *, grouped: bool) -> list[str]:
    """Column names of a header in one or several rows: what stands above each other, joined by `/`.

    `grouped`: a group's title stands in its first cell alone, as in a workbook saved as text, and goes for the
    nameless cells on its right too. Raises CityBrainError for a name that comes twice or can't be read.
    """
    width = max((len(row) for row in rows), default=0)
    cells = [[" ".join(row[i].split()) if i < len(row) else "" for i in range(width)] for row in rows]
    names = []
    for column in range(width):
        parts: list[str] = []
        for row in range(len(cells)):
            text = cells[row][column]
            if not text and grouped and any(below[column] for below in cells[row + 1 :]):
                text = _group(cells, row, column)
            if text and text not in parts[-1:]:
                parts.append(text)
        names.append("/".join(parts) or f"{NAMELESS}{column + 1}")
    named = [name for name in names if not name.startswith(NAMELESS)]
    doubled = sorted({name for name in named if named.count(name) > 1})
    if doubled or not named or "\ufffd" in "".join(named):
        why = f"twice: {', '.join(doubled)}" if doubled else "it holds no readable name"
        raise CityBrainError(
            f"the header of {file_name} can't be used",
            why=why,
            remedy="name each column once; see reader.encoding, reader.skip_rows and reader.header_rows",
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
