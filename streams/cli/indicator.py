"""`citybrain indicator`: what is published, by which definition, and what it says."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from streams.cli.page import AsJson, print_json, print_table
from streams.errors import CityBrainError

MONTHS = 6
"""Newest months of each city that `show` prints."""

WORDS = {
    "question_zh": "问题",
    "numerator_zh": "分子",
    "denominator_zh": "分母",
    "time_basis_zh": "时间口径",
    "exclusions_zh": "排除项",
    "description_zh": "说明",
    "source_standard": "依据",
    "owner": "责任单位",
}
"""Columns of a definition that `show` prints, in order, and their names."""


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Published indicators: list them, show what one means and says.")
    app.add_typer(group, name="indicator")
    group.command("list")(list_indicators)
    group.command()(show)


def list_indicators(
    family: Annotated[str, typer.Option("--family", help="Only a family: its letter, e.g. T for tickets.")] = "",
    as_json: AsJson = False,
) -> None:
    """Every indicator of the newest publication: name, formula, source, finest level, k."""
    rows = _rows(
        "select indicator_id, indicator_version, name_zh, name_en, family, formula, unit, source, finest_area_level,"
        " period_types, small_cell_k, state from published.current_indicator_definition"
        " order by indicator_id, indicator_version"
    )
    found = [row for row in rows if not family or row["family"] == family.upper()]
    if family and not found:
        raise CityBrainError(
            f"no indicator is of the family {family.upper()}",
            why=f"the published ones are of {', '.join(sorted({row['family'] or '?' for row in rows})) or 'none'}",
            remedy="leave --family out to see them all",
            exit_code=2,
        )
    if as_json:
        print_json(found)
    else:
        print_table(("indicator_id", "name_zh", "name_en", "formula", "source", "finest_area_level", "state"), found)


def show(
    indicator_id: Annotated[str, typer.Argument(help="Its id, e.g. T03a; `citybrain indicator list` names them.")],
    as_json: AsJson = False,
) -> None:
    """What an indicator means, in each of its versions, and the newest months of each city as a whole."""
    # The id goes into a query: whatever has no such form names no indicator.
    known = re.fullmatch(r"[A-Z]\d{2}[a-z]?", indicator_id)
    versions = known and _rows(
        f"select * from published.current_indicator_definition where indicator_id = '{indicator_id}'"
        " order by indicator_version"
    )
    if not versions:
        raise CityBrainError(
            f"no indicator {indicator_id!r} is published", remedy="citybrain indicator list", exit_code=2
        )
    values = _rows(
        "select city_code, month_zh, variant, value_zh, numerator, denominator, n, status from ("
        " select *, dense_rank() over (partition by city_code order by period_start desc) as months_back"
        f" from published.current_indicator_value where indicator_id = '{indicator_id}' and period_type = 'month'"
        " and area_level = 'city' and unit_code = '' and breakdown_type = '') as months"
        f" where months_back <= {MONTHS} order by city_code, period_start, variant desc"
    )
    if as_json:
        print_json({"versions": versions, "values": values})
        return
    for one in versions:
        typer.echo(f"{one['indicator_id']} {one['name_zh']} ({one['name_en']}), version {one['indicator_version']}")
        for column, word in WORDS.items():
            if one[column]:
                typer.echo(f"  {word}  {one[column]}")
        counted = f"{one['formula']}, {one['source'] or 'several sources'}, {one['period_types']}"
        typer.echo(f"  {counted}, down to {one['finest_area_level']}; in force since {one['valid_from']}")
    print_table(("city_code", "month_zh", "variant", "value_zh", "numerator", "denominator", "n", "status"), values)


def _rows(query: str) -> list[dict[str, Any]]:
    from streams.publications.sql import ask
    from streams.settings import Settings

    return ask(Settings.load(), query).records()
