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
    "maturity_zh": "成熟期",
    "source_standard": "依据",
    "owner": "责任单位",
}
"""Columns of a definition that `show` prints, in order, and their names."""


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, help="Published indicators: list them, show what one means and says, explain a figure."
    )
    app.add_typer(group, name="indicator")
    group.command("list")(list_indicators)
    group.command()(show)
    group.command()(explain)


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
    versions = _versions(indicator_id)
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
        _print_words(one)
        counted = f"{one['formula']}, {one['source'] or 'several sources'}, {one['period_types']}"
        typer.echo(f"  {counted}, down to {one['finest_area_level']}; in force since {one['valid_from']}")
    print_table(("city_code", "month_zh", "variant", "value_zh", "numerator", "denominator", "n", "status"), values)


def explain(
    indicator_id: Annotated[str, typer.Argument(help="Its id, e.g. T03a; `citybrain indicator list` names them.")],
    period: Annotated[str, typer.Option("--period", help="A month, e.g. 2026-08; default: the newest.")] = "",
    area: Annotated[str, typer.Option("--area", help="Code of an area; default: the whole city.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="Code of a unit; default: all.")] = "",
    city: Annotated[str, typer.Option("--city", help="Code of the city.")] = "shuifu",
    variant: Annotated[str, typer.Option("--variant", help="raw or adjusted.")] = "raw",
    as_json: AsJson = False,
) -> None:
    """One published figure: its definition in words and SQL, what it was made of, and how it changed since.

    Where a publication withheld it, there is the reason and no number.
    """
    from streams.builds import indicator_sql
    from streams.contracts.published import published_table

    version = _versions(indicator_id)[-1]
    for name, code, form in (
        ("--period", period, r"(\d{4}-(0[1-9]|1[0-2]))?"),
        ("--area", area, r"[\w.-]*"),
        ("--unit", unit, r"[\w.-]*"),
        ("--city", city, r"\w+"),
        ("--variant", variant, r"raw|adjusted"),
    ):
        if not re.fullmatch(form, code, re.ASCII):
            raise CityBrainError(f"{name} {code!r} names nothing", why=f"it has the form {form}", exit_code=2)
    place = f"f.area_code = '{area}'" if area else "f.area_level = 'city'"
    cell = (
        f"f.indicator_id = '{indicator_id}' and f.city_code = '{city}' and f.variant = '{variant}'"
        f" and f.period_type = 'month' and f.unit_code = '{unit}' and f.breakdown_type = ''"
        f" and {place}"
    )
    newest = f"(select max(f.period_start) from published.current_indicator_value as f where {cell})"
    month = f"date '{period}-01'" if period else newest
    same_cell = " and ".join(f"f.{key} = r.{key}" for key in published_table("indicator_value").cell)
    history = _rows(
        "select f.publication_id, p.data_as_of_utc, f.indicator_version, f.month_zh, f.area_name_zh, f.unit_name_zh,"
        " f.numerator, f.denominator, f.n, f.value, f.value_zh, f.status, f.suppression_reason, f.na_reason, r.cause,"
        " r.cause_zh from published.indicator_value as f inner join published.publication as p"
        " on f.publication_id = p.publication_id left join published.restatement as r"
        f" on f.publication_id = r.publication_id and {same_cell}"
        f" where {cell} and f.period_start = {month} order by f.publication_id, f.indicator_version"
    )
    if not history:
        raise CityBrainError(
            f"{indicator_id} has no such figure in {city}",
            why=f"no publication holds one of {period or 'any month'}, area {area or 'city'}, unit {unit or 'all'}",
            remedy="citybrain indicator show says where it is published",
            exit_code=2,
        )
    written = indicator_sql.catalogue().get((indicator_id, version["indicator_version"]))
    roles = indicator_sql.roles_of(written) if written else {}
    atoms = [{"role": role, "atom_id": one["atom_id"], "name_zh": one["name_zh"]} for role, one in roles.items()]
    sql = indicator_sql.sql_of(written) if written else "-- this checkout's catalogue has no such version\n"
    if as_json:
        print_json({"definition": version, "sql": sql, "atoms": atoms, "history": history})
        return
    _print_words(version)
    typer.echo(f"\n{sql}")
    print_table(("role", "atom_id", "name_zh"), atoms)
    now = history[-1]
    typer.echo(
        f"\n{now['month_zh']} {now['area_name_zh']} {now['unit_name_zh']}: {now['value_zh']}, as of publication"
        f" {now['publication_id']}"
    )
    print_table(
        ("publication_id", "data_as_of_utc", "numerator", "denominator", "n", "value_zh", "status", "cause_zh"), history
    )


def _versions(indicator_id: str) -> list[dict[str, Any]]:
    """Published definitions of an indicator, the newest version last; raises CityBrainError where there is none."""
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
    return versions


def _print_words(definition: dict[str, Any]) -> None:
    name = f"{definition['name_zh']} ({definition['name_en']})"
    typer.echo(f"{definition['indicator_id']} {name}, version {definition['indicator_version']}")
    for column, word in WORDS.items():
        if definition[column]:
            typer.echo(f"  {word}  {definition[column]}")


def _rows(query: str) -> list[dict[str, Any]]:
    from streams.publications.sql import ask
    from streams.settings import Settings

    return ask(Settings.load(), query).records()
