"""A sheet of a workbook (xlsx, xlsm, xls, xlsb, ods) -> Table; each cell as the text a person would type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from streams.errors import CityBrainError
from streams.sources.tables import LINE, Table, finished, header_names, rejected

DATE_CELL_FORMATS = ("%Y-%m-%d %H:%M:%S%.f",)
"""How date cells leave; typed-in dates stay as they are, so the mapping names their formats beside."""


def read_workbook(path: Path, options: Mapping[str, Any]) -> Table:
    """Options: sheet (name; the first visible one without), skip_rows, header_rows, nulls.

    Merged cells hold their value in each of their places. Cells that show an error (#N/A) are empty.
    """
    rows = _cells(path, options["sheet"])
    first = options["skip_rows"] + options["header_rows"]
    names = header_names(path.name, rows[options["skip_rows"] : first], grouped=False)
    if not names:
        raise CityBrainError(
            f"the header of {path.name} can't be used", why="the sheet ends before it", remedy="see reader.skip_rows"
        )
    body = rows[first:]
    columns = {name: [row[i] for row in body] for i, name in enumerate(names)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
    frame = frame.with_columns(pl.Series(LINE, range(first + 1, len(rows) + 1), dtype=pl.Int64))
    return finished(path.name, frame, rejected([]), options["nulls"], place="row")


def _cells(path: Path, sheet_name: str | None) -> list[list[str]]:
    """All rows of the sheet from its first row and column on, as text."""
    import python_calamine

    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            visible = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
                and sheet.visible == python_calamine.SheetVisibleEnum.Visible
            ]
            if not visible if sheet_name is None else sheet_name not in book.sheet_names:
                raise CityBrainError(
                    f"{path.name} has no sheet {sheet_name or 'that is visible'}",
                    why=f"its sheets: {', '.join(book.sheet_names)}",
                    remedy="correct reader.sheet in the mapping",
                )
            sheet = book.get_sheet_by_name(sheet_name or visible[0])
            rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            merged = sheet.merged_cell_ranges or []
    except python_calamine.PasswordError:
        raise CityBrainError(f"{path.name} needs a password", remedy="save it without one") from None
    except python_calamine.CalamineError as error:
        raise CityBrainError(
            f"{path.name} is no workbook that can be read",
            why=str(error),
            remedy="set reader.format in the mapping, or save it again as .xlsx",
        ) from None
    for (top, left), (bottom, right) in merged:
        for row in rows[top : bottom + 1]:
            if left < len(row):
                row[left : right + 1] = [rows[top][left]] * len(row[left : right + 1])
    return rows


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
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
