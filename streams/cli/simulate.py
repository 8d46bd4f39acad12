"""`citybrain simulate`: play a seeded city into Kafka, at once or by the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.errors import CityBrainError
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.simulators.feed.assembly import Play
    from streams.simulators.town.world import Parameters

    Message = tuple[str, bytes | None, bytes | None]

LIVE_SPAN = timedelta(days=1)
"""What is played with `--rate live` when no end is given."""

NAP_SECONDS = 0.5


class Rate(StrEnum):
    """At once, or by the wall clock."""

    max = "max"
    live = "live"


def register(app: typer.Typer) -> None:
    app.command()(simulate)


def simulate(
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 42,
    first: Annotated[
        str | None,
        typer.Option("--from", help="First local day or time, e.g. 2025-07-01 (the default; with live: now)."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="End, exclusive; default 2026-10-01 (with live: a day after the start)."),
    ] = None,
    rate: Annotated[
        Rate, typer.Option(help="max: all at once; live: each event when the clock reaches its recorded time.")
    ] = Rate.max,
    scale: Annotated[float, typer.Option(help="Share of the full volume (1: about 2,200 events a day).")] = 1.0,
    noise: Annotated[
        float, typer.Option(help="How far tellings of one incident stray in place, time and category: 0.5, 1 or 2.")
    ] = 1.0,
) -> None:
    """Play the simulated city 水富 (all its sources) into Kafka; run again, it adds nothing.

    The truth about what was sent is kept in $CITYBRAIN_HOME/truth, outside of the pipeline.
    """
    from streams.bus.producer import produce_run
    from streams.cli import page
    from streams.simulators.feed import truth
    from streams.simulators.feed.assembly import play
    from streams.simulators.town.world import CITY

    console, settings = page.console(), Settings.load()
    parameters = _parameters(seed, first, to, rate, scale, noise)
    directory = settings.home / "truth" / (f"{CITY}-{seed}" + ("-live" if rate is Rate.live else ""))
    with console.status("making the city"):
        made = play(parameters)
    if _played_otherwise(truth.read(directory), made):
        console.print(f"{parameters.run_name} was played before by another version of the simulator: nothing produced")
        return
    found = truth.write(made, directory)
    with console.status("producing") as status:

        def show(passed: int) -> None:
            status.update(f"producing {passed:,} of {made.records.height:,} records")

        messages = made.messages() if rate is Rate.max else _by_the_clock(made)
        try:
            done = produce_run(settings, parameters.run_name, messages, show)
        except KeyboardInterrupt:
            typer.echo(f"stopped by Ctrl-C; to go on: {_command(parameters, rate)}", err=True)
            raise
    _mark_complete(directory)
    _print(console, found, directory)
    if done.produced:
        again = f" ({done.already_there:,} were there already)" if done.already_there else ""
        console.print(f"produced {done.produced:,} records in {done.seconds:.1f} s{again}", highlight=False)
    else:
        console.print(f"nothing to produce: all {done.already_there:,} records are there already", highlight=False)


def _command(parameters: Parameters, rate: Rate) -> str:
    """The command that means just this run, with no default that moves."""
    start, end = (instant.isoformat() for instant in (parameters.start, parameters.end))
    volume = f"--scale {parameters.scale:g}" + (f" --noise {parameters.noise:g}" if parameters.noise != 1 else "")
    return f"citybrain simulate --seed {parameters.seed} --from {start} --to {end} --rate {rate} {volume}"


def _parameters(seed: int, first: str | None, to: str | None, rate: Rate, scale: float, noise: float) -> Parameters:
    from streams.contracts.registry import city
    from streams.simulators.town.world import CITY, FIRST_DAY, LAST_DAY, Parameters

    zone = city(CITY).zone

    def instant(option: str, text: str) -> datetime:
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            raise CityBrainError(
                f"{option} {text!r} is no date",
                why="a day or a time is wanted, in ISO 8601",
                remedy=f"write it like {option} 2026-07-01",
                exit_code=2,
            ) from None
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)

    if first:
        start = instant("--from", first)
    elif rate is Rate.live:
        start = datetime.now(zone).replace(microsecond=0)
    else:
        start = instant("--from", FIRST_DAY.isoformat())
    if to:
        end = instant("--to", to)
    else:
        end = start + LIVE_SPAN if rate is Rate.live else instant("--to", LAST_DAY.isoformat())
    if rate is Rate.max and end > datetime.now(UTC):
        raise CityBrainError(
            "the span reaches into the future",
            why="the platform rejects events of the future",
            remedy="choose an earlier --to, or --rate live",
            exit_code=2,
        )
    return Parameters(seed=seed, start=start, end=end, scale=scale, noise=noise)


def _by_the_clock(made: Play) -> Iterator[Message]:
    """Each message when the wall clock reaches the moment of its sending."""
    for topic, key, value, sent in made.records.select("topic", "key", "value", "sent").iter_rows():
        due = sent.replace(tzinfo=UTC)
        while (left := (due - datetime.now(UTC)).total_seconds()) > 0:
            time.sleep(min(left, NAP_SECONDS))
        yield topic, key, value


def _played_otherwise(before: dict[str, Any] | None, made: Play) -> bool:
    """True where the run was completed with other bytes; raises CityBrainError where it was begun with others."""
    if before is None or before["run"] != made.parameters.run_name or before["sha256"] == made.sha256:
        return False
    if before.get("complete"):
        return True
    raise CityBrainError(
        f"{before['run']} was begun by another version of the simulator",
        why="the rest of its records would not fit to those that are in Kafka",
        remedy="choose another --seed, or start afresh with `citybrain clean-state`",
    )


def _mark_complete(directory: Path) -> None:
    import json

    from streams.settings import write_private
    from streams.simulators.feed import truth

    found = truth.read(directory) or {}
    write_private(directory / truth.TRUTH, json.dumps({**found, "complete": True}, ensure_ascii=False, indent=1) + "\n")


def _print(console: Any, found: dict[str, Any], directory: Path) -> None:
    from rich.table import Table

    table = Table(caption=f"truth: {directory}", title=found["run"])
    table.add_column("topic")
    for name in ("records", "distinct", "duplicates", "malformed", "late"):
        table.add_column(name, justify="right")
    for topic, n in found["topics"].items():
        cells = (n["produced"], n["landed"], n["duplicates"], n["rejected"], n["late"])
        table.add_row(topic, *(f"{cell:,}" for cell in cells))
    console.print(table)
