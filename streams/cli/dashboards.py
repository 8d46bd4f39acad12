"""`citybrain dashboards`: check what Superset is to show, render it to look at, apply it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.errors import CityBrainError

dashboards = typer.Typer(no_args_is_help=True, help="Dashboards as code: check, render, apply.")


@dashboards.command()
def check() -> None:
    """Follow dashboard -> chart -> dataset -> contract -> column; exit 1 with every break. Needs no Superset."""
    from streams.dashboards.check import check as faults_of
    from streams.dashboards.written import read

    room = read()
    if faults := faults_of(room):
        raise CityBrainError(
            f"the dashboards have {len(faults)} faults",
            why="\n       ".join(faults),
            remedy="mend the named files under superset/, then run `citybrain dashboards check` again",
        )
    typer.echo(
        f"whole: {len(room.dashboards)} dashboards, {len(room.all_charts)} charts, {len(room.semantics)} datasets"
    )


@dashboards.command()
def render(folder: Annotated[Path, typer.Argument(help="Where to write; made when missing.")]) -> None:
    """Write what Superset will import into a folder, to look at; `apply` renders by itself."""
    from streams.dashboards.render import write
    from streams.dashboards.written import read

    write(read(), folder)
    typer.echo(f"rendered into {folder}")


@dashboards.command()
def apply() -> None:
    """Check, then import everything into Superset; safe to repeat."""
    from streams.dashboards.apply import apply as apply_all
    from streams.settings import Settings

    typer.echo(apply_all(Settings.load()))


def register(app: typer.Typer) -> None:
    app.add_typer(dashboards, name="dashboards")
