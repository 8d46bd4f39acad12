"""`citybrain incident`: how good the fusion of reports into incidents is, measured on a city whose truth is known."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.page import AsJson, console, print_json

if TYPE_CHECKING:
    from streams.simulators.feed.assembly import Play

FIRST_DAY = date(2026, 1, 5)
DAYS = {1: 60, 5: 20, 20: 8}
"""Density (times the usual volume) -> days that are played: some thousand pairs each, and less than a minute."""


class Noise(StrEnum):
    """How far the tellings of one incident stray in place, time and category."""

    half = "half"
    default = "default"
    double = "double"


class Density(StrEnum):
    """How many times as much happens in the same streets."""

    usual = "1"
    five = "5"
    twenty = "20"


FACTORS = {Noise.half: 0.5, Noise.default: 1.0, Noise.double: 2.0}


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Incidents: what several cases and detections tell of.")
    app.add_typer(group, name="incident")
    group.command()(evaluate)


def evaluate(
    seed: Annotated[int, typer.Option(help="Of the simulated city; those of development tell less than others.")],
    noise: Annotated[Noise, typer.Option(help="How far tellings stray.")] = Noise.default,
    density: Annotated[Density, typer.Option(help="Times the usual volume in the same streets.")] = Density.usual,
    as_json: AsJson = False,
) -> None:
    """Make a fresh city, fuse what its sources tell, and compare with what really happened; needs no server.

    Pairs that sources declare are left out. Baselines: their thresholds are the best for this very city.
    """
    screen = console()
    with screen.status("making the city"):
        made = _city(seed, FACTORS[noise], int(density.value))
    with screen.status("fusing"):
        found = _measured(made)
    found = {"seed": seed, "noise": noise.value, "density": int(density.value), **found}
    if as_json:
        print_json(found)
    else:
        _print(screen, found)


def _city(seed: int, noise: float, density: int) -> Play:
    from streams.contracts.registry import city
    from streams.simulators.families import city_management, detections, grid_reports, hotline
    from streams.simulators.feed.assembly import play
    from streams.simulators.town.world import CITY, Parameters

    start = datetime.combine(FIRST_DAY, datetime.min.time(), city(CITY).zone)
    parameters = Parameters(seed, start, start + timedelta(days=DAYS[density]), float(density), noise)
    return play(parameters, (hotline.play, detections.play, city_management.play, grid_reports.play))


def _measured(made: Play) -> dict[str, Any]:
    from streams.contracts.registry import contract
    from streams.fusion.measure import evaluation
    from streams.fusion.reports import gathered, number
    from streams.simulators.feed.truth import landing

    reports, ties = gathered({contract(topic).source_key: frame for topic, frame in landing(made).items()})
    incident = {
        (contract(topic).source_key, subject): incident
        for topic, subject, incident in made.members.select("topic", "subject", "incident_id").iter_rows()
    }
    keys = reports.select("source", "subject", number()).iter_rows()
    truth = {(source, key): incident[source, told] for source, key, told in keys if (source, told) in incident}
    return evaluation(reports, ties, truth)


def _print(screen: Any, found: dict[str, Any]) -> None:
    from rich.table import Table

    title = f"seed {found['seed']}, noise {found['noise']}, {found['reports_per_km2_and_day']} reports per km² and day"
    table = Table(title=title, caption="pairs that sources declare are left out")
    table.add_column("pairs")
    for name in ("precision", "recall", "f1", "pairs_truth", "pairs_found"):
        table.add_column(name, justify="right")
    rows = {"all": found, **found["by_channel_pair"], **found["baselines"]}
    for name, one in rows.items():
        cells = [f"{one[part]:.4f}" for part in ("precision", "recall", "f1")]
        table.add_row(name, *cells, f"{one['pairs_truth']:,}", f"{one['pairs_found']:,}")
    screen.print(table)
