"""`citybrain source new|codes|on|pull`: a new city's file or server, step by step, without Python."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.page import AsJson, print_json
from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings

if TYPE_CHECKING:
    from streams.sources.codes import Missing

HOTLINE = "city.hotline.ticket.v1"
DAY_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
SHOWN_CODES = 12
INCOMPLETE = 3
"""Exit code of a pull whose file is good but may lack something."""


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Connect a new city: draft its files, add its codes, pull Open311.")
    app.add_typer(group, name="source")
    group.command()(new)
    group.command()(codes)
    group.command("on")(switch_on)
    group.command()(pull)


def new(
    city: Annotated[
        str, typer.Argument(help="Code of the city: small letters, as in a file name.", show_default=False)
    ],
    file: Annotated[
        str, typer.Argument(help="A file of the source, or the address of its Open311 server.", show_default=False)
    ],
    system: Annotated[str, typer.Option(help="Name of the source system.")] = "311",
    topic: Annotated[str, typer.Option(help="Topic that its events go to.")] = HOTLINE,
    name_zh: Annotated[str, typer.Option(help="Chinese name of a new city.")] = "",
    name_en: Annotated[str, typer.Option(help="English name of a new city.")] = "",
    admin_code: Annotated[str, typer.Option(help="Official code of a new city.")] = "",
    time_zone: Annotated[str, typer.Option(help="Its IANA time zone.")] = "Asia/Shanghai",
    is_live: Annotated[
        bool, typer.Option("--live", help="It sends day by day; else what it sends is history.")
    ] = False,
    encoding: Annotated[str | None, typer.Option(help="Of a text file, if not as it looks.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Of a workbook, if not the first.")] = None,
    skip_rows: Annotated[int, typer.Option(help="Rows above the header.")] = 0,
    header_rows: Annotated[int, typer.Option(help="Rows that the header takes.")] = 1,
) -> None:
    """Draft what a new source needs: mapping, city file, first reference rows. Nothing that exists is changed."""
    from streams.contracts.registry import CITIES_DIR, cities, contract, drafts
    from streams.sources import codes as reference
    from streams.sources import scaffold, sniff
    from streams.sources.mapping import MAPPINGS_DIR
    from streams.sources.readers import read_table

    target = contract(topic)
    mapping_path = MAPPINGS_DIR / f"{city}_{system}.yaml"
    scheme = f"{city}-{system}"
    scaffold.check_names(city, system, time_zone, mapping_path)
    is_server = file.startswith(("http://", "https://"))
    if is_server:
        text, levels = scaffold.open311_text(city=city, system=system, endpoint=file, scheme=scheme), "community, city"
        bounds, own_scheme = None, scheme
    else:
        given = {"encoding": encoding, "sheet": sheet, "skip_rows": skip_rows}
        options, doubts = sniff.sniffed(Path(file), given | {"header_rows": header_rows if header_rows > 1 else None})
        table = read_table(Path(file), options)
        for note in table.notes:
            typer.echo(f"note: {note}", err=True)
        draft = scaffold.drafted(table, target, scheme)
        title = f"TODO what {Path(file).name} is"
        text = scaffold.mapping_text(draft, title=title, topic=topic, city=city, system=system, reader=options | doubts)
        levels, bounds = draft.area_levels, draft.bounds
        own_scheme = scheme if "category_code" in draft.fields else ""
    is_new_city = city not in cities() and city not in drafts()
    if is_new_city:
        names = scaffold.needed(name_zh=name_zh, name_en=name_en, admin_code=admin_code)
        body = scaffold.city_text(
            code=city,
            **names,
            time_zone=time_zone,
            is_live=is_live,
            scheme=own_scheme,
            levels=levels,
            bounds=bounds,
        )
        _write(CITIES_DIR / f"{city}.yaml", body)
        _say_added(reference.add_rows(reference.city_rows(city, admin_code, name_zh, name_en)))
    _write(mapping_path, text)
    name, shown = mapping_path.stem, "FILE" if is_server else file
    steps = [(f"source pull {name} --since 2026-01-01", "fetch its requests into FILE")] if is_server else []
    steps += [
        (f"ingest {shown} --mapping {name} --dry-run", "what each column becomes, what is rejected"),
        (f"source codes {shown} --mapping {name} --add", "reference rows for codes that are new"),
    ]
    if is_new_city:
        steps += [
            (f"source on {city}", "checks its reference data and switches it on"),
            ("down; citybrain up", "running streams learn of it"),
        ]
    steps += [(f"ingest {shown} --mapping {name}", "take it in")]
    typer.echo(f"{text.count('TODO')} places of the mapping are marked TODO; decide them, then")
    for call, what in steps:
        typer.echo(f"  citybrain {call}   # {what}")


def codes(
    file: Annotated[Path, typer.Argument(help="A file of the source.", show_default=False)],
    mapping: Annotated[str, typer.Option(help="Name of a mapping, or path of a YAML file.")],
    add: Annotated[bool, typer.Option("--add", help="Append a row for each to the reference data.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the areas, units and categories of a file that the reference data doesn't know; `--add` makes rows."""
    from streams.privacy.tokens import TokenKeys
    from streams.sources import codes as reference
    from streams.sources.adapter import adapt
    from streams.sources.mapping import load_mapping
    from streams.sources.readers import read_table

    rules = replace(load_mapping(mapping), unknown_columns="warn")
    keys = TokenKeys.from_secrets(Settings.load().secrets)
    adapted = adapt(read_table(file, rules.reader), rules, keys, datetime.now(UTC))
    missing = reference.missing_codes(adapted.events, rules)
    lines = missing_lines(missing, limit=None) or ["every code of the file is in the reference data"]
    if as_json:
        print_json([asdict(one) for one in missing])
    else:
        typer.echo("\n".join(lines))
    if not add:
        return
    _say_added(reference.add_rows(reference.rows_for(missing, rules.city_code)), err=as_json)
    if any(one.table == "category" for one in missing):
        typer.echo(f"new categories are in the family {reference.FAMILY_TO_DECIDE}; give each its own", err=as_json)
    by_hand = sorted({one.table for one in missing} - set(reference.ADDABLE))
    if by_hand:
        typer.echo(f"not added, as a code alone doesn't make one: {', '.join(by_hand)}", err=as_json)


def switch_on(
    city: Annotated[str, typer.Argument(help="Code of a city under construction.", show_default=False)],
) -> None:
    """Switch a drafted city on, if its reference data and mappings are whole; until then it holds nobody up."""
    from streams.contracts import registry
    from streams.reference import check, load
    from streams.sources.mapping import MAPPINGS_DIR, load_mapping

    if city in registry.drafts():
        faults = check.faults(load.read(draft=city))
        for fault in faults:
            typer.echo(fault, err=True)
        if faults:
            raise CityBrainError(
                f"{city} stays a draft: {len(faults)} fault(s) in its reference data",
                why="a city that is switched on is built and judged with all others",
                remedy="mend each row named above (`citybrain source codes FILE --mapping NAME --add` adds codes)",
            )
        for path in sorted(MAPPINGS_DIR.glob(f"{city}_*.yaml")):
            load_mapping(str(path))  # says what is not yet decided
    registry.switch_on(city)
    typer.echo(f"{city} is switched on; `citybrain down; citybrain up` lets running streams know it")


def pull(
    mapping: Annotated[str, typer.Argument(help="Mapping with an `open311` block.", show_default=False)],
    since: Annotated[datetime, typer.Option(help="First day, UTC.", formats=DAY_FORMATS, show_default=False)],
    until: Annotated[
        datetime | None, typer.Option(help="First day no longer, UTC; now if not given.", formats=DAY_FORMATS)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write (JSON lines).", show_default=False)] = None,
) -> None:
    """Fetch service requests from an Open311 GeoReport v2 server into a file for `citybrain ingest`.

    Fields that tell of a person are never written. Fetch the last weeks again at any time: only new stages are sent.
    Exit code 3: the file is good, but lacks requests of times that the server failed on or could not be shown to have
    given whole; they are listed beside it in FILE.gaps.csv.
    """
    import csv
    import time

    from rich.console import Console

    from streams.sources.mapping import load_mapping
    from streams.sources.open311 import pull as fetch

    rules = load_mapping(mapping)
    if rules.open311 is None:
        raise CityBrainError(
            f"mapping {rules.name} names no server",
            why="it has no `open311` block",
            remedy="`citybrain source new` with the server's address drafts one",
            exit_code=2,
        )
    start, end = since.replace(tzinfo=UTC), (until or datetime.now(UTC)).replace(tzinfo=UTC, microsecond=0)
    if start >= end:
        raise CityBrainError("there is no time between --since and --until", exit_code=2)
    path = out or Settings.load().home / "pulled" / f"{rules.name}_{start:%Y%m%d%H%M}_{end:%Y%m%d%H%M}.jsonl"
    with Console(stderr=True).status("asking") as line:
        done = fetch(
            rules.open311,
            start,
            end,
            path,
            time.sleep,
            lambda reached, count: line.update(f"{count} requests received before {reached:%Y-%m-%d}"),
        )
    quiet = "" if done.n_requests else "; nothing was received in this time"
    typer.echo(
        f"{done.n_requests} requests in {done.n_calls} calls{quiet}\ncitybrain ingest {path} --mapping {mapping}"
    )
    gaps = path.with_name(path.name + ".gaps.csv")
    gaps.unlink(missing_ok=True)
    if not done.gaps:
        return
    with gaps.open("w", encoding="utf-8", newline="") as file:
        rows = ((f"{one.since:%Y-%m-%dT%H:%M:%S}", f"{one.until:%Y-%m-%dT%H:%M:%S}", one.why) for one in done.gaps)
        csv.writer(file, lineterminator="\n").writerows([("since_utc", "until_utc", "reason"), *rows])
    first = done.gaps[0]
    raise CityBrainError(
        f"{path} may lack requests of {len(done.gaps)} time(s), listed in {gaps}",
        why=f"{first.since:%Y-%m-%d %H:%M:%S} to {first.until:%Y-%m-%d %H:%M:%S} UTC: {first.why}",
        remedy=f"take the file in; later `citybrain source pull {mapping} --since {first.since:%Y-%m-%dT%H:%M:%S}"
        f" --until {first.until:%Y-%m-%dT%H:%M:%S}` asks for the first of them again",
        exit_code=INCOMPLETE,
    )


def missing_lines(missing: list[Missing], limit: int | None = SHOWN_CODES) -> list[str]:
    """One line per code that the reference data lacks, the most frequent first."""
    ranked = sorted(missing, key=lambda one: (-one.n_events, one.table, one.code))
    lines = [f"no reference row: {one.table} {one.code} ({one.n_events} events)" for one in ranked[:limit]]
    return lines + ([f"… and {len(ranked) - len(lines)} more"] if len(ranked) > len(lines) else [])


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    typer.echo(f"wrote {path.relative_to(CHECKOUT)}")


def _say_added(added: dict[str, int], *, err: bool = False) -> None:
    for name, n in added.items():
        typer.echo(f"added {n} row(s) to streams/reference/data/{name}", err=err)
