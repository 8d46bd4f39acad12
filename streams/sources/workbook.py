"""Sheets of a workbook (xlsx, xlsm, xls, xlsb, ods) -> Table; each cell as the text a person would type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from streams.errors import CityBrainError
from streams.sources.numerals import SURE_DIGITS
from streams.sources.tables import LINE, Table, finished, header_names, nothing, rejected

DATE_CELL_FORMATS = ("%Y-%m-%d %H:%M:%S%.f",)
"""How date cells leave; typed-in dates stay as they are, so the mapping names their formats beside."""


ROWS_PER_SHEET = 1 << 21
"""More than any sheet has: a LINE of a table of several sheets is this times the sheet's number, plus the row."""

DAMAGED_FROM = 10**SURE_DIGITS
"""Numbers from here on have more digits than a sheet keeps."""

Rows = list[list[str]]


def read_workbook(path: Path, options: Mapping[str, Any]) -> Table:
    """Options: sheet (a name, or a list of names), skip_rows, header_rows, nulls.

    Without `sheet` all visible sheets that have the header of the first are read as one table; the others are named
    in its notes. Merged cells hold their value in each of their places. Cells that show an error (#N/A) are empty.
    """
    wanted = [options["sheet"]] if isinstance(options["sheet"], str) else options["sheet"]
    first = options["skip_rows"] + options["header_rows"]
    sheets = [(name, rows) for name, rows in _sheets(path, wanted) if any(map(any, rows))]
    if not sheets:
        return nothing(path.name)
    headers = {name: _header(rows[options["skip_rows"] : first]) for name, rows in sheets}
    usual = headers[sheets[0][0]]
    width = max(len(row) for name, rows in sheets if headers[name] == usual for row in rows)
    names = header_names(path.name, [row + [""] * (width - len(row)) for row in usual], grouped=False)
    taken = [(name, rows[first:]) for name, rows in sheets if headers[name] == usual]
    left = [name for name in headers if headers[name] != usual]
    if left and wanted:
        raise CityBrainError(
            f"the sheets of {path.name} are no one table",
            why=f"{', '.join(left)}: another header than {sheets[0][0]}",
            remedy="name in reader.sheet only sheets of one header; give the others a mapping of their own",
        )
    frame = pl.concat([_frame(rows, names, first + 1, n) for n, (_, rows) in enumerate(taken)])
    table = finished(path.name, frame, rejected([]), options["nulls"], place="row")
    if left:
        table = replace(table, notes=(*table.notes, f"not read, as the header is another: {', '.join(left)}"))
    if len(taken) > 1:
        table = replace(table, label=lambda line: f"{taken[line // ROWS_PER_SHEET][0]}!{line % ROWS_PER_SHEET}")
    return table


def _header(rows: Rows) -> Rows:
    """The header's rows without the empty cells at their ends."""
    return [row[: max((i + 1 for i, cell in enumerate(row) if cell.strip()), default=0)] for row in rows]


def _frame(rows: Rows, names: list[str], first_row: int, sheet: int) -> pl.DataFrame:
    columns = {name: [row[i] if i < len(row) else "" for row in rows] for i, name in enumerate(names)}
    lines = range(sheet * ROWS_PER_SHEET + first_row, sheet * ROWS_PER_SHEET + first_row + len(rows))
    frame = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
    return frame.with_columns(pl.Series(LINE, lines, dtype=pl.Int64))


def _sheets(path: Path, wanted: Sequence[str] | None) -> Iterator[tuple[str, Rows]]:
    """Name and rows, from the first row and column on, as text, of the wanted sheets or of all that are visible."""
    import python_calamine

    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            visible = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
                and sheet.visible == python_calamine.SheetVisibleEnum.Visible
            ]
            missing = [name for name in wanted or () if name not in book.sheet_names]
            if missing or not (wanted or visible):
                raise CityBrainError(
                    f"{path.name} has no sheet {', '.join(missing) or 'that is visible'}",
                    why=f"its sheets: {', '.join(book.sheet_names)}",
                    remedy="correct reader.sheet in the mapping",
                )
            for name in wanted or visible:
                sheet = book.get_sheet_by_name(name)
                rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
                for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
                    for row in rows[top : bottom + 1]:
                        if left < len(row):
                            row[left : right + 1] = [rows[top][left]] * len(row[left : right + 1])
                yield name, rows
    except python_calamine.PasswordError:
        raise CityBrainError(f"{path.name} needs a password", remedy="save it without one") from None
    except python_calamine.CalamineError as error:
        raise CityBrainError(
            f"{path.name} is no workbook that can be read",
            why=str(error),
            remedy="set reader.format in the mapping, or save it again as .xlsx",
        ) from None


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float) and abs(cell) >= DAMAGED_FROM:
        return f"{cell:.{SURE_DIGITS - 1}E}"  # as a sheet shows it: the digits behind were never in the file
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a sheet knows no integers: 20260101 is 20260101.0 there
    if isinstance(cell, datetime):
        # A sheet keeps a moment as a fraction of days, a hair beside the millisecond that was meant.
        cell += timedelta(microseconds=500)
        return cell.isoformat(" ", "milliseconds" if cell.microsecond >= 1000 else "seconds")
    if isinstance(cell, date):
        return f"{cell.isoformat()} 00:00:00"
    if isinstance(cell, time):
        return cell.isoformat()
    return str(cell)
