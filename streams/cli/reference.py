"""`citybrain reference check`: the reference data, looked through before anything loads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.errors import CityBrainError


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, help="Areas, grids, units, duties, categories, devices, signs: check them."
    )
    app.add_typer(group, name="reference")
    group.command()(check)


def check(
    data: Annotated[
        Path | None, typer.Option(help="Directory of the CSV files; without it, those of the checkout.")
    ] = None,
) -> None:
    """Check the reference files: shape, validity, codes against their schemes, geometry, who answers for what.

    Cities under construction are told of beside, and never fail the check.
    """
    from streams.contracts.registry import drafts
    from streams.reference import check as checker
    from streams.reference import load, registry

    found = load.read(data or registry.DATA_DIR)
    faults = checker.faults(found)
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise CityBrainError(
            f"{len(faults)} fault(s) in the reference data",
            why="`citybrain up` and `citybrain build` refuse such files, and the tables keep what they hold",
            remedy="mend each row named above, then run it again",
        )
    for city in drafts():
        lacking = checker.faults(load.read(data or registry.DATA_DIR, draft=city))
        typer.echo(f"draft {city}: {len(lacking)} fault(s) before it can be switched on")
        for fault in lacking:
            typer.echo(f"  {fault}")
    for table, rows in found.items():
        typer.echo(f"{table:<16} {len(rows):>6,}")
    typer.echo(f"{len(found)} tables: all well")
