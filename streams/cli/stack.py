"""Verbs of the stack: up, down, status, logs, doctor, clean-state."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.page import AsJson, Yes, confirm, print_json
from streams.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from streams.stack.lifecycle import Listener
    from streams.stack.status import Status

COLOURS = {"healthy": "green", "starting": "yellow", "stopped": "dim", "failed": "bold red"}


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(logs)
    app.command()(doctor)
    app.command(name="clean-state")(clean_state)


def up(
    only: Annotated[
        str | None,
        typer.Option(help="Start only these, with what they need: kafka, warehouse, streams, airflow, superset, api."),
    ] = None,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="Take the broker and the warehouse that the settings name for this home's. After a move with all"
            " data alone: offsets and tables must be the ones that this home knows.",
        ),
    ] = False,
    new_warehouse: Annotated[
        bool,
        typer.Option(
            "--new-warehouse",
            help="Begin with an empty warehouse (and broker, if that is gone) where the home's own is lost for good;"
            " what hung on it is set aside. `citybrain publication restore` then brings the publications back.",
        ),
    ] = False,
) -> None:
    """Start the stack on loopback and wait until every part is healthy; what runs already is left alone."""
    from streams.stack import doctor as doctors
    from streams.stack import lifecycle, ports

    settings = ports.chosen()
    wanted = [name.strip() for name in only.split(",") if name.strip()] if only else None
    doctors.require(settings, wanted)
    with _board() as listen:
        lifecycle.up(settings, wanted, listen, adopt=adopt, new_warehouse=_set_lake_aside if new_warehouse else None)


def _set_lake_aside(settings: Settings, aside: Path) -> None:
    """Events only: `published` is what `citybrain publication restore` brings back."""
    import shutil

    from streams.errors import CityBrainError
    from streams.lake.tables import LAYERS
    from streams.publications.second_copy import lake

    files, root = lake(settings)
    there = [layer for layer in LAYERS if files.get_file_info(f"{root}/{layer}").type.name == "Directory"]
    if there and "://" in settings.lake_uri:
        raise CityBrainError(
            "the lake still holds the events of the lost warehouse",
            why=f"{' and '.join(there)} of LAKE_URI would take each of them a second time",
            remedy="move them away in the object store (leave `published`), then run the same command",
            exit_code=2,
        )
    for layer in there:
        shutil.move(f"{root}/{layer}", aside / f"lake-{layer}")


def down() -> None:
    """Stop everything of this home; state stays."""
    from streams.stack import lifecycle

    settings = Settings.load()
    with _board() as listen:
        ended = lifecycle.down(settings, listen)
    if not ended:
        typer.echo(f"nothing of {settings.home} was running; other homes are not touched")


def status(as_json: AsJson = False) -> None:
    """Show each part, the latest publication, backlog, disk, the last failure, and what needs somebody.

    Exit code 0: every part is healthy and nothing needs anybody; 1: something does; 4: a part is stopped or starting.
    """
    from streams.stack import status as statuses

    found = statuses.read(Settings.load())
    if as_json:
        print_json(found)
    else:
        _show(found)
    code = statuses.exit_code(found)
    if code:
        raise typer.Exit(code)


def _show(found: Status) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("component", "state", "version")
    for name, component in found["components"].items():
        colour = COLOURS[component["state"]]
        table.add_row(name, f"[{colour}]{component['state']}[/]", component["version"] or "")
    console = Console(highlight=False)
    console.print(table)
    for name, words in _lines(found):
        console.print(f"{name:12}", style="bold", end=" ")
        console.print(words, markup=False, soft_wrap=True)
    for fault in found["faults"]:
        console.print("fault", style="bold red", end="  ")
        console.print(fault["what"], markup=False, soft_wrap=True)
        console.print(f"  do   {fault['do']}", markup=False, soft_wrap=True)


def _lines(found: Status) -> Iterator[tuple[str, str]]:
    """What stands below the table: a name and its words."""
    unknown = "unknown while the warehouse does not answer"
    is_up = found["components"]["warehouse"]["state"] == "healthy"
    publication, backlog, failure = found["publication"], found["backlog"], found["last_failure"]
    if publication["id"] is not None:
        told = f"{publication['id']} of {publication['published_at_utc']}, run {publication['run_id']}"
        yield "publication", told
    else:
        yield "publication", "nothing is published yet" if is_up else unknown
    if backlog["to_land"] is None or backlog["lag_age_seconds"] is None:
        yield "backlog", "the streams have told nothing yet" if is_up else unknown
    else:
        yield (
            "backlog",
            f"{backlog['to_land']:,} records to land, {backlog['to_lake']:,} to the lake, told"
            f" {backlog['lag_age_seconds']:.0f} s ago; {backlog['dead_letters_waiting']:,} dead letters wait",
        )
    for disk in found["disks"]:
        yield "disk", f"{disk['free_gb']:.1f} GB free, {disk['used_share']:.0%} used at {', '.join(disk['paths'])}"
    if failure:
        mended = "well since" if failure["is_mended"] else "not mended yet"
        yield "last failure", f"{failure['at_utc']}  {failure['what']}: {failure['why']} ({mended})"
    else:
        yield "last failure", "none is known"


def logs(
    part: Annotated[
        str, typer.Argument(help="kafka, streams, warehouse, airflow, superset, api, watch or supervisord.")
    ],
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="Last so many of each file.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the last lines of a part's logs; the files are named above them."""
    from streams.stack import services

    files = [str(path) for path in services.log_files(Settings.load(), part)]
    options = ["--verbose", f"--lines={lines}", *(["--follow=name", "--retry"] if follow else [])]
    os.execvp("tail", ["tail", *options, *files])  # noqa: S606 - there is nothing left to do here


def doctor(as_json: AsJson = False) -> None:
    """Check machine, installation, settings and ports; each fault comes with the command that mends it."""
    from dataclasses import asdict

    from rich.console import Console

    from streams.stack import doctor as doctors
    from streams.stack import ports

    found = doctors.checks(ports.chosen())
    faults = sum(not check.is_ok for check in found)
    if as_json:
        print_json([asdict(check) for check in found])
        raise typer.Exit(bool(faults))
    console = Console(highlight=False)
    for check in found:
        console.print("[green]ok  [/]" if check.is_ok else "[bold red]fail[/]", end="  ")
        console.print(check.message, markup=False, soft_wrap=True)
        if not check.is_ok:
            console.print(f"      do  {check.remedy}", markup=False, soft_wrap=True)
    if faults:
        console.print(f"{faults} of {len(found)} checks failed")
        raise typer.Exit(1)
    console.print(f"all {len(found)} checks are well")


def clean_state(yes: Yes = False) -> None:
    """Stop the stack and remove all its state: events, warehouse, lake, publications, logins, logs."""
    from streams.stack import lifecycle

    settings = Settings.load()
    if not settings.home.exists():
        print(f"there is no state in {settings.home}")
        return
    question = f"Remove all state in {settings.home}, publications included?"
    confirm(question, yes=yes, remedy="citybrain clean-state --yes")
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
