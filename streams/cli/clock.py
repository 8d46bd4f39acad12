"""`citybrain clock`: a clerk's questions about working time, answered by the code that times every case."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.page import AsJson, print_json
from streams.errors import CityBrainError

if TYPE_CHECKING:
    from streams.clocks.calendars import WorkCalendar
    from streams.clocks.clock import Pauses

City = Annotated[str, typer.Option(help="City whose calendar and zone hold, e.g. shuifu.")]
PauseSpans = Annotated[
    list[str] | None,
    typer.Option("--pause", help="A pause FROM/TO; FROM/ is one that has not ended. Can be given several times."),
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, help="When is it due, how long was it worked on: working time by a calendar."
    )
    app.add_typer(group, name="clock")
    group.command()(due)
    group.command()(worked)


def due(
    city: City,
    clock: Annotated[str, typer.Option(help="urgent_hour, work_hour, work_day or natural_day.")],
    limit: Annotated[int, typer.Option(help="Whole hours or days, approved extensions included.")],
    start: Annotated[str, typer.Option("--from", help="ISO 8601; without an offset in the city's zone.")],
    pause: PauseSpans = None,
    as_json: AsJson = False,
) -> None:
    """When a limit that began at --from runs out."""
    from streams.clocks import calendars
    from streams.clocks import clock as clocks

    calendar = _calendar(city)
    found = clocks.due(calendar, clock, [limit], [_instant(start, calendar)], _pauses(pause or [], calendar))
    is_paused, provisional = bool(found.is_paused[0]), bool(found.is_provisional[0])
    due_at = None if is_paused else calendars.moment_of(int(found.due_us[0]), calendar.zone).isoformat()
    if as_json:
        print_json({"due_at": due_at, "provisional": provisional, "state": "paused" if is_paused else "running"})
    elif is_paused:
        typer.echo("no due time now: a pause that began before it has not ended")
    else:
        typer.echo(
            f"due before {due_at}"
            + ("; provisional, the calendar of that year is not published" if provisional else "")
        )


def worked(
    city: City,
    start: Annotated[str, typer.Option("--from", help="ISO 8601; without an offset in the city's zone.")],
    end: Annotated[str, typer.Option("--to", help="ISO 8601, exclusive.")],
    pause: PauseSpans = None,
    as_json: AsJson = False,
) -> None:
    """Working minutes in [--from, --to), whole ones, pauses taken out."""
    from streams.clocks import clock as clocks

    calendar = _calendar(city)
    first, last = _instant(start, calendar), _instant(end, calendar)
    if last < first:
        raise CityBrainError(
            "--to is before --from", why=f"{end} is earlier than {start}", remedy="exchange them", exit_code=2
        )
    minutes = int(clocks.worked_us(calendar, [first], [last], _pauses(pause or [], calendar))[0] // clocks.MINUTE_US)
    if as_json:
        print_json({"worked_minutes": minutes})
    else:
        typer.echo(f"{minutes} working minutes ({minutes // 60} h {minutes % 60} min)")


def _calendar(city: str) -> WorkCalendar:
    from streams.clocks.announcements import known_calendar
    from streams.settings import Settings

    return known_calendar(Settings.load().home, city)


def _instant(text: str, calendar: WorkCalendar) -> int:
    from streams.clocks.calendars import instant_us

    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CityBrainError(
            f"{text!r} is no time",
            why="times are ISO 8601",
            remedy="write e.g. 2026-09-28T10:00 or 2026-09-28T10:00+08:00",
            exit_code=2,
        ) from None
    return instant_us(moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone))


def _pauses(spans: list[str], calendar: WorkCalendar) -> Pauses:
    from streams.clocks.clock import OPEN, Pauses

    found: list[tuple[int, int]] = []
    for span in spans:
        start, slash, end = span.partition("/")
        if not slash:
            raise CityBrainError(
                f"{span!r} is no pause",
                why="a pause is FROM/TO",
                remedy="write e.g. 2026-09-28T10:00/2026-09-29T12:00",
                exit_code=2,
            )
        found.append((_instant(start, calendar), _instant(end, calendar) if end.strip(" .") else OPEN))
        if found[-1][1] < found[-1][0]:
            raise CityBrainError(f"the pause {span!r} ends before it begins", remedy="exchange its ends", exit_code=2)
    return Pauses.of_one(found)
