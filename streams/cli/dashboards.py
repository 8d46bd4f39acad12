"""`citybrain dashboards`: render, check and apply what Superset shows."""

from __future__ import annotations

import typer

from streams.errors import CityBrainError

dashboards = typer.Typer(no_args_is_help=True, help="Dashboards as code: render, check, apply.")


@dashboards.command()
def render() -> None:
    """Write the dataset files that the published contracts and superset/semantics ask for."""
    from streams.stack import dashboards as room

    changed = room.write_rendered()
    typer.echo(f"{len(changed)} dataset files changed" + "".join(f"\n  {path.name}" for path in changed))


@dashboards.command()
def check() -> None:
    """Follow dashboard -> chart -> dataset -> contract -> column; exit 1 with every break. Needs no Superset."""
    from streams.stack import dashboards as room

    faults = room.check()
    if faults:
        raise CityBrainError(
            f"the dashboards have {len(faults)} faults",
            why="\n       ".join(faults),
            remedy="mend the named files; datasets are rendered by `citybrain dashboards render`",
        )
    assets = room.read_assets()
    typer.echo(
        f"whole: {len(assets.dashboards)} dashboard, {len(assets.charts)} charts, {len(assets.datasets)} datasets"
    )


@dashboards.command()
def apply() -> None:
    """Check, then import everything into Superset; safe to repeat."""
    from streams.settings import Settings
    from streams.stack import dashboards as room

    typer.echo(room.apply(Settings.load()))


def register(app: typer.Typer) -> None:
    app.add_typer(dashboards, name="dashboards")
