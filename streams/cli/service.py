"""`citybrain service`: the long-running programs; the supervisor starts them, people seldom do."""

from __future__ import annotations

from typing import Annotated

import typer

service = typer.Typer(no_args_is_help=True, help="Long-running programs that the supervisor keeps alive.")


def register(app: typer.Typer) -> None:
    app.add_typer(service, name="service", hidden=True)


@service.command("land-and-lake")
def land_and_lake(
    drain: Annotated[bool, typer.Option("--drain", help="Return when every topic is in raw and in the lake.")] = False,
) -> None:
    """Read all topics into the event log (raw) and the lake, until SIGTERM."""
    from streams.jobs.service import run
    from streams.settings import Settings

    run(Settings.load(), until_drained=drain)


@service.command()
def api() -> None:
    """Answer programs over HTTP with what is published, until SIGTERM."""
    from streams.api.server import run
    from streams.settings import Settings

    run(Settings.load())


@service.command()
def watch() -> None:
    """Ask every part whether it lives, and have the warehouse tell of one that doesn't, until SIGTERM."""
    from streams.settings import Settings
    from streams.stack.watch import run

    run(Settings.load())
