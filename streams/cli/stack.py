"""Verbs of the stack: up, down, status, doctor, clean-state."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from streams.errors import CityBrainError
from streams.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table

    from streams.stack.lifecycle import Listener

COLOURS = {"healthy": "green", "starting": "yellow", "stopped": "dim", "failed": "bold red"}


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(doctor)
    app.command(name="clean-state")(clean_state)


def up(
    only: Annotated[
        str | None,
        typer.Option(help="Start only these, with what they need: kafka, warehouse, streams, airflow, superset."),
    ] = None,
) -> None:
    """Start the stack on loopback and wait until every part is healthy; what runs already is left alone."""
    from streams.stack import doctor as doctors
    from streams.stack import lifecycle

    settings = Settings.load()
    wanted = [name.strip() for name in only.split(",") if name.strip()] if only else None
    doctors.require(settings, wanted)
    with _board() as listen:
        lifecycle.up(settings, wanted, listen)


def down() -> None:
    """Stop everything; state stays."""
    from streams.stack import lifecycle

    with _board() as listen:
        lifecycle.down(Settings.load(), listen)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show the state and version of each part, and the latest publication."""
    from rich.console import Console
    from rich.table import Table

    from streams.stack import status as statuses

    found = statuses.read(Settings.load())
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    table = Table("component", "state", "version")
    for name, component in found["components"].items():
        colour = COLOURS[component["state"]]
        table.add_row(name, f"[{colour}]{component['state']}[/]", component["version"] or "")
    console = Console(highlight=False)
    console.print(table)
    publication = found["publication"]
    if publication["id"] is None:
        console.print("nothing is published yet")
    else:
        console.print(
            f"publication {publication['id']} of {publication['published_at_utc']}, run {publication['run_id']}",
            markup=False,
        )


def doctor() -> None:
    """Check machine, installation, settings and ports; each fault comes with the command that mends it."""
    from rich.console import Console

    from streams.stack import doctor as doctors

    console = Console(highlight=False)
    found = doctors.checks(Settings.load())
    for check in found:
        console.print("[green]ok  [/]" if check.is_ok else "[bold red]fail[/]", end="  ")
        console.print(check.message, markup=False, soft_wrap=True)
        if not check.is_ok:
            console.print(f"      do  {check.remedy}", markup=False, soft_wrap=True)
    faults = sum(not check.is_ok for check in found)
    if faults:
        console.print(f"{faults} of {len(found)} checks failed")
        raise typer.Exit(1)
    console.print(f"all {len(found)} checks are well")


def clean_state(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop the stack and remove all its state: events, warehouse, lake, publications, logins, logs."""
    from streams.stack import lifecycle

    settings = Settings.load()
    if not settings.home.exists():
        print(f"there is no state in {settings.home}")
        return
    if not yes:
        if not sys.stdin.isatty():
            raise CityBrainError(
                "nothing was removed",
                why="there is nobody to ask: the input is no terminal",
                remedy="citybrain clean-state --yes",
                exit_code=2,
            )
        typer.confirm(f"Remove all state in {settings.home}, publications included?", abort=True)
    with _board() as listen:
        lifecycle.clean(settings, listen)
    print(f"removed {settings.home}")


@contextmanager
def _board() -> Iterator[Listener]:
    """Progress of all components with their seconds: a living table on a terminal, else one line per change."""
    from rich.console import Console
    from rich.live import Live

    start, lock = time.monotonic(), threading.Lock()
    rows: dict[str, tuple[str, float]] = {}
    console = Console(highlight=False)

    def seconds() -> float:
        return time.monotonic() - start

    if not console.is_terminal:

        def tell(component: str, words: str) -> None:
            print(f"{seconds():6.1f} s  {component:<10} {words}", flush=True)

        yield tell
        return

    with Live(console=console, get_renderable=lambda: _rows(rows, lock, seconds()), refresh_per_second=8):

        def show(component: str, words: str) -> None:
            with lock:
                rows[component] = (words, seconds())

        yield show


def _rows(rows: dict[str, tuple[str, float]], lock: threading.Lock, now: float) -> Table:
    from rich.spinner import Spinner
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    with lock:
        for name, (words, since) in rows.items():
            is_over = words in ("healthy", "stopped")
            mark = "[green]✓[/]" if is_over else Spinner("dots")
            table.add_row(mark, name, words, f"{since if is_over else now:.1f} s")
    return table
