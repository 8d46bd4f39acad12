"""`citybrain demo`: two cities through the whole platform, by the same verbs that people and DAGs use."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings

if TYPE_CHECKING:
    from rich.console import Console

    from streams.publications.flow import Flow

CHICAGO_SAMPLE = CHECKOUT / "streams/sources/samples/chicago_311_data.csv"

DAG = "build_and_publish"

DRAIN_SECONDS = 1800.0

LOGINS = {
    "superset.leader": "Superset, as leadership sees it",
    "superset.admin": "Superset, administration",
    "airflow.admin": "Airflow",
}


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    seed: Annotated[int, typer.Option(help="Seed of the simulated city: the same seed, the same bytes.")] = 42,
    scale: Annotated[float, typer.Option(help="Share of the full volume (1: about 1,000,000 events).")] = 1.0,
) -> None:
    """Start everything, play two cities into it, publish by a DAG run, say where to look.

    Each step finds what is done already: run again, it finishes in seconds and changes nothing.
    """
    from streams.cli import ingest, page, simulate, stack
    from streams.jobs.drain import wait_drained
    from streams.publications.flow import flows

    console = page.console()
    started = time.monotonic()
    with _step(console, "1/5 start the stack"):
        stack.up()
    settings = Settings.load()  # `up` may have given the home its ports
    with _step(console, "2/5 play 水富 (simulated: all its sources, 15 months) into Kafka"):
        simulate.simulate(seed=seed, scale=scale)
    with _step(console, "3/5 ingest the Chicago 311 sample"):
        ingest.ingest(CHICAGO_SAMPLE, mapping="chicago_311")
    with _step(console, "4/5 wait until the streams have drained"), console.status("landing") as status:
        wait_drained(settings, timeout=DRAIN_SECONDS, progress=status.update)
    with _step(console, "5/5 publish by a DAG run"):
        _publish(console, settings)
    found = flows(settings)
    _print_flows(console, found)
    _print_logins(console, settings)
    console.print(f"\ndone in {_duration(time.monotonic() - started)}; `make down` stops it all", highlight=False)
    unbalanced = [topic for topic, flow in found.items() if not flow.is_balanced]
    if unbalanced:
        raise CityBrainError(
            f"the books don't balance: {', '.join(unbalanced)}",
            why="produced must be landed + dead-lettered + duplicate, and raw, lake, cases and publication agree",
            remedy="`citybrain status` and the logs in $CITYBRAIN_HOME/logs say which step is behind; run it again",
        )


def _publish(console: Console, settings: Settings) -> None:
    """Have Airflow run `build_and_publish`, unless all that landed is published by this code already."""
    from streams.publications.flow import is_published
    from streams.stack.airflow_client import Tasks, follow, trigger, unfinished_run

    if is_published(settings):
        console.print("  everything that landed is published already")
        return
    with console.status(DAG) as status:

        def show(tasks: Tasks) -> None:
            line = "  ".join(f"{task} {state}" for task, state in tasks.items())
            status.update(line)
            if not console.is_terminal:
                console.print(f"  {line}", highlight=False)

        # A run that an interrupted demo left under way may have begun before the last event landed.
        run_id = unfinished_run(settings, DAG) or trigger(settings, DAG)
        follow(settings, DAG, run_id, show)
        if not is_published(settings):
            run_id = trigger(settings, DAG)
            follow(settings, DAG, run_id, show)
    console.print(f"  DAG run {run_id} succeeded", highlight=False)


def _print_flows(console: Console, found: dict[str, Flow]) -> None:
    from rich.table import Table

    table = Table(
        title="events per source",
        caption="info only: calls that ask for nothing, in the marts, not among published cases; –: no rows here",
        highlight=False,
    )
    table.add_column("topic")
    steps = (
        "produced",
        "landed",
        "dead-lettered",
        "duplicate",
        "in raw",
        "in lake",
        "in cases",
        "info only",
        "published",
    )
    for name in steps:
        table.add_column(name, justify="right")
    table.add_column("balance")
    for topic, flow in found.items():
        books = flow.books
        figures = (
            books.produced,
            books.landed,
            books.dead_lettered,
            books.duplicate,
            books.in_raw,
            books.in_silver,
            flow.in_cases,
            flow.information_only,
            flow.published,
        )
        cells = ("–" if figure is None else f"{figure:,}" for figure in figures)
        table.add_row(topic, *cells, "exact" if flow.is_balanced else "[red]off[/]")
    console.print(table)


def _print_logins(console: Console, settings: Settings) -> None:
    from rich.table import Table

    path = settings.home / "credentials.json"
    credentials = json.loads(path.read_text())
    table = Table(title="where to look", caption=f"passwords are in {path}")  # a terminal is logged and looked at
    for name in ("for", "address", "user"):
        table.add_column(name, overflow="fold")
    for key, purpose in LOGINS.items():
        login = credentials[key]
        url = login["url"].rstrip("/")
        if key == "superset.leader" and not url.endswith("overview"):
            url += "/superset/dashboard/overview/"
        table.add_row(purpose, url, login["user"])
    console.print(table)


@contextmanager
def _step(console: Console, title: str) -> Iterator[None]:
    console.print(f"[bold]{title}[/]", highlight=False)
    started = time.monotonic()
    yield
    console.print(f"  {_duration(time.monotonic() - started)}", style="dim", highlight=False)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
