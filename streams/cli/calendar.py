"""`citybrain calendar`: which days are worked, and a new year's notice when it is out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.page import AsJson, print_json, print_table
from streams.errors import CityBrainError

if TYPE_CHECKING:
    from streams.builds.redate import Redated
    from streams.clocks.announcements import Notice

Code = Annotated[str, typer.Option("--calendar", help="A calendar of `citybrain calendar list`.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Working calendars: list, show, announce a new year's days off.")
    app.add_typer(group, name="calendar")
    group.command("list")(list_calendars)
    group.command()(show)
    group.command()(announce)


def announce(
    year: Annotated[int, typer.Argument(help="The year of the notice, e.g. 2027.")],
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV day,is_working[,name] of the days that differ from Monday to Friday (is_working: true or false);"
            " lines `# notice: …` and `# source: …` say which notice it is."
        ),
    ],
    calendar: Code = "china",
    amend: Annotated[
        bool, typer.Option("--amend", help="The year has a notice already; this one takes its place.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a year's notice count: open cases that depend on it get new due times, closed and published ones never do."""
    from streams.builds.redate import announce as run
    from streams.clocks.announcements import read_notice
    from streams.settings import Settings

    notice = read_notice(file, year, calendar)
    done = run(Settings.load(), notice, amends=amend)
    if as_json:
        print_json(_told(notice, done))
    elif done.is_known:
        typer.echo(f"{year} of {calendar} was announced with the same days before; nothing was changed")
    else:
        _say(notice, done)


def _told(notice: Notice, done: Redated) -> dict[str, Any]:
    from dataclasses import asdict

    off, made_up = _days(notice)
    return {"calendar": notice.calendar, "year": notice.year, "days_off": off, "make_up_days": made_up} | asdict(done)


def _days(notice: Notice) -> tuple[int, int]:
    """Weekdays that are off, and days of weekends that are worked."""
    off = sum(not worked and day.weekday() < 5 for day, worked in notice.days.items())
    return off, sum(worked and day.weekday() >= 5 for day, worked in notice.days.items())


def _say(notice: Notice, done: Redated) -> None:
    off, made_up = _days(notice)
    typer.echo(f"{notice.calendar} {notice.year}: {off} weekdays off, {made_up} make-up days ({notice.title})")
    line = f"{done.moved:,} of {done.examined:,} open cases moved"
    if done.shift_days:
        least, middle, most = done.shift_days
        line += (
            f": {done.later:,} later, {done.earlier:,} earlier;"
            f" by {least:+.1f} to {most:+.1f} days, the middle one by {middle:+.1f}"
        )
    typer.echo(f"{line}; {done.settled:,} are provisional no more; {done.seconds:.1f} s")
    typer.echo(
        "closed and published ones stay as they are; the next build counts by it, ops.redated_case names the moved"
    )


def list_calendars(as_json: AsJson = False) -> None:
    """Each calendar: up to when it is settled, which cities count by it, what was announced here."""
    from streams.clocks.announcements import announcements, newest
    from streams.contracts.registry import cities
    from streams.settings import Settings

    known = announcements(Settings.load().home)
    rows = [
        {
            "calendar": code,
            "name_zh": one.name_zh,
            "settled_to": one.settled_to.isoformat(),
            "cities": ", ".join(sorted(city.city_code for city in cities().values() if city.calendar == code)),
            "announced": ", ".join(str(said.notice.year) for said in known if said.notice.calendar == code),
        }
        for code, one in newest(known).items()
    ]
    print_json(rows) if as_json else print_table(list(rows[0]), rows)


def show(
    year: Annotated[int, typer.Argument(help="The year, e.g. 2026.")],
    calendar: Code = "china",
    as_json: AsJson = False,
) -> None:
    """The days of a year that differ from Monday to Friday."""
    from datetime import date, timedelta

    from streams.clocks.announcements import announcements, newest
    from streams.settings import Settings

    found = newest(announcements(Settings.load().home))
    if calendar not in found:
        raise CityBrainError(
            f"there is no calendar {calendar!r}",
            why=f"calendars are {', '.join(sorted(found))}",
            remedy="citybrain calendar list",
            exit_code=2,
        )
    one = found[calendar]
    if year not in one.years:
        raise CityBrainError(
            f"nobody has published the days off of {year} yet",
            why=f"{calendar} is settled to {one.settled_to}; later deadlines are provisional",
            remedy=f"when the notice is out: `citybrain calendar announce {year} FILE`",
        )
    rows = [
        {"day": day.isoformat(), "weekday": day.strftime("%A"), "is_working": worked}
        for day, worked in sorted(one.exceptions.items())
        if day.year == year
    ]
    days = [date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    if as_json:
        print_json({"calendar": calendar, "year": year, "working_days": sum(map(one.is_worked, days)), "days": rows})
    else:
        print_table(["day", "weekday", "is_working"], rows)
        typer.echo(f"{sum(map(one.is_worked, days))} working days")
