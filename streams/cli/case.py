"""`citybrain case`: one case's whole life, for the engineer who is asked why a figure is what it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from streams.cli.page import AsJson, plain_errors, print_json, print_table

Row = dict[str, Any]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="A single case: what the newest build knows of it.")
    app.add_typer(group, name="case")
    group.command()(show)


def show(
    case_id: Annotated[str, typer.Argument(help="Its key /<city>/<system>/<number>, or its number alone.")],
    as_json: AsJson = False,
) -> None:
    """Its stages, clocks, pauses, extensions, due times (ours and the source's), findings, and why its incident."""
    from streams.builds.case_life import case_life
    from streams.settings import Settings

    with plain_errors():
        life = case_life(Settings.load(), case_id)
    if as_json:
        print_json(life)
        return
    _print(life)


def _print(life: Row) -> None:
    zone = ZoneInfo(life["time_zone"])
    case, clock = life["case"], life["clock"]
    typer.echo(f"{case['case_id']} ({case['source']}), {case['state']}, as known by {_at(life['as_of_utc'], zone)}")
    typer.echo(f"  in {life['schema']}; times are those of {life['time_zone']}")
    kind = ", ".join(case[name] for name in ("request_kind", "urgency", "channel", "category_code") if case[name])
    place = case["grid_code"] or case["community_code"] or case["street_code"] or "nowhere"
    typer.echo(f"  {kind or 'of no kind'}; unit {case['unit_code'] or 'none'}; {place} ({case['locate_method']})")
    typer.echo(f"  received {_at(case['received_at_utc'], zone)}, closed {_at(case['closed_at_utc'], zone)}")
    if case["parent_case_id"]:
        typer.echo(f"  repeats {case['parent_case_id']}")
    _print_clock(clock, zone)
    _print_part("stages", life["stages"], zone, {
        "event_at_utc": "at", "stage": "stage", "native_stage": "native", "transition": "transition",
        "unit_code": "unit", "due_at_utc": "source's due", "until_utc": "until",
        "elapsed_minutes": "minutes", "worked_minutes": "working",
    })  # fmt: skip
    _print_part("pauses", life["pauses"], zone, {
        "paused_at_utc": "paused", "resumed_at_utc": "resumed", "worked_minutes": "working minutes",
    })  # fmt: skip
    _print_part("extensions", life["extensions"], zone, {
        "event_at_utc": "at", "stage": "stage", "due_at_utc": "source's due",
    })  # fmt: skip
    _print_part("supervision notices", life["notices"], zone, {
        "notice_no": "no", "notice_colour": "colour", "unit_code": "unit", "issued_at_utc": "issued",
        "answered_at_utc": "answered", "closed_at_utc": "closed",
    })  # fmt: skip
    _print_part("escalation", life["escalation"], zone, {
        "from_level": "from", "to_level": "to", "due_at_utc": "since", "latest_at_utc": "at the latest",
        "escalated_at_utc": "escalated", "outcome": "outcome",
    })  # fmt: skip
    _print_part("findings", life["findings"], zone, {
        "finding": "finding", "stage": "stage", "told_at_utc": "told", "recorded_at_utc": "recorded",
    })  # fmt: skip
    _print_incident(life["incident"], zone)


def _print_clock(clock: Row | None, zone: ZoneInfo) -> None:
    if clock is None:
        typer.echo("  no limit of ours: none holds for it, or the stage that starts its clock has not come")
        return
    length = f"{clock['time_limit']} {clock['clock']}, {clock['extensions']} extensions in it"
    typer.echo(f"  limit {length}, since {_at(clock['started_at_utc'], zone)}: {clock['clause_zh']}")
    provisional = " (provisional: that year's calendar is not announced)" if clock["is_provisional"] else ""
    on_time = {True: "on time", False: "late", None: "not yet judged"}[clock["is_on_time"]]
    typer.echo(
        f"  due by our clock {_at(clock['due_at_utc'], zone)}{provisional}; clock {clock['clock_state']}; {on_time}"
    )
    later = clock["due_later_minutes"]
    apart = "" if later is None else f", ours is {abs(later):.0f} minutes {'later' if later >= 0 else 'earlier'}"
    typer.echo(f"  due by its source {_at(clock['declared_due_at_utc'], zone)}{apart}")
    if clock["worked_minutes"] is not None:
        typer.echo(
            f"  worked {clock['worked_minutes']:.0f} minutes of working time, {clock['paused_minutes']:.0f} paused"
        )


def _print_incident(incident: Row | None, zone: ZoneInfo) -> None:
    if incident is None:
        typer.echo("incident: it tells of none")
        return
    typer.echo(
        f"incident {incident['incident_id']}, {incident['state']}: {incident['cases_count']} cases and"
        f" {incident['detections_count']} detections of {incident['sources_count']} sources"
    )
    for one in incident["former_ids"]:
        typer.echo(f"  was {one['old_id']} ({one['cause']})")
    rows = [
        one
        | {
            "subject": one["subject"] or "(a petition; its number is told of itself only)",
            "told_at_utc": _at(one["told_at_utc"], zone),
            "is": "owner" if one["owns_incident"] else "not counted" if not one["is_counted"] else "",
            "reasons_zh": one["reasons_zh"] or ("awaits fusion" if one["awaits_fusion"] else ""),
        }
        for one in incident["reports"]
    ]
    print_table(("source", "subject", "told_at_utc", "is", "score", "metres_off", "hours_after", "reasons_zh"), rows)


def _print_part(title: str, rows: list[Row], zone: ZoneInfo, columns: dict[str, str]) -> None:
    """A table of the named members under their headings; nothing where there is no row."""
    if not rows:
        return
    typer.echo(title)
    shown = [{heading: _cell(row[name], zone) for name, heading in columns.items()} for row in rows]
    print_table(tuple(columns.values()), shown)


def _cell(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return _at(value, zone)
    if isinstance(value, float):
        return f"{value:,.1f}"
    return "" if value is None else str(value)


def _at(instant: datetime | None, zone: ZoneInfo) -> str:
    """Wall clock of the city; `none` where there is no such time."""
    if instant is None:
        return "none"
    return instant.replace(tzinfo=UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
