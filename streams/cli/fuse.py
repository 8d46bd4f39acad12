"""`citybrain fuse`: cases and detections of all channels become incidents."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.page import AsJson, plain_errors, print_json


def register(app: typer.Typer) -> None:
    app.command()(fuse)


def fuse(
    full: Annotated[
        bool, typer.Option("--full", help="Weigh all reports again instead of those that new ones may change.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find which cases and detections tell of one incident, and keep it in raw.incident_link. Safe to run again."""
    from dataclasses import asdict

    from streams.jobs.fuse import fuse as run
    from streams.settings import Settings
    from streams.warehouse import ddl

    settings = Settings.load()
    with plain_errors():
        ddl.apply(settings)
        done = run(settings, full=full)
    if as_json:
        print_json(asdict(done))
        return
    if done.behind:
        typer.echo(f"{done.behind} landed records are not in the lake yet; they get their links next time", err=True)
    if done.run_number is None:
        typer.echo(f"{done.reports} reports, nothing new; nothing was written")
        return
    seconds = ", ".join(f"{name} {value} s" for name, value in done.seconds.items())
    typer.echo(
        f"run {done.run_number} ({done.mode}): {done.reports} reports, {done.fresh} of them new; {done.changed} links"
        f" written, {done.gone} removed, {done.aliases} incidents renamed; {seconds}"
    )
