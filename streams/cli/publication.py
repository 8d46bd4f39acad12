"""`citybrain publication`: what was frozen, what the next one would change, and how far figures moved afterwards."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.page import AsJson, plain_errors, print_json, print_table
from streams.errors import CityBrainError

if TYPE_CHECKING:
    from streams.publications.compare import Difference

MOVES = 20
"""Rank moves that are printed for people; --json has them all."""

Number = Annotated[int, typer.Argument(metavar="ID", min=1)]

publication = typer.Typer(
    help="Frozen publications: list, show, compare, plan, verify, restore; how far figures moved.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    app.add_typer(publication, name="publication")


@publication.command("list")
def list_publications(as_json: AsJson = False) -> None:
    """All publications, newest first."""
    rows = _rows(
        "select publication_id, run_id, published_at_utc, data_as_of_utc, cause, value_rows, restated_cells,"
        " held_back_zh, code_version from published.publication order by publication_id desc"
    )
    if as_json:
        print_json(rows)
    else:
        print_table(
            ("publication_id", "run_id", "published_at_utc", "data_as_of_utc", "value_rows", "restated_cells"), rows
        )


@publication.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """One publication: what it was made from, its cells by state, and what it restated, by cause."""
    found = _rows(f"select * from published.publication where publication_id = {number}")
    if not found:
        raise CityBrainError(
            f"there is no publication {number}", remedy="see `citybrain publication list`", exit_code=2
        )
    cells = _rows(
        "select city_code, status, count(*) as cells, count(*) filter (where suppressed) as masked"
        f" from published.indicator_value where publication_id = {number} group by 1, 2 order by 1, 2"
    )
    restated = _rows(
        "select city_code, indicator_id, cause, count(*) as cells from published.restatement"
        f" where publication_id = {number} group by 1, 2, 3 order by 1, 2, 3"
    )
    if as_json:
        print_json({"publication": found[0], "cells": cells, "restated": restated})
        return
    for name, value in found[0].items():
        if value is not None:
            typer.echo(f"{name}  {value}")
    print_table(("city_code", "status", "cells", "masked"), cells)
    print_table(("city_code", "indicator_id", "cause", "cells"), restated)


@publication.command()
def plan(
    run_id: Annotated[str, typer.Option("--run-id", help="A run that the gate has judged.")],
    as_json: AsJson = False,
) -> None:
    """What publishing a judged run would change, before anything is written: cells by kind, masks, ranks that move."""
    from streams.publications.publish import plan as run
    from streams.settings import Settings

    with plain_errors():
        planned = run(Settings.load(), run_id)
    if as_json:
        print_json({"planned": asdict(planned.published), **asdict(planned.difference)})
        return
    done = planned.published
    if done.state != "published":
        typer.echo(f"nothing would be written: {done.state}, as publication {done.publication_id}")
        return
    typer.echo(f"would be publication {done.publication_id}: {done.changed_rows} rows written or ended")
    _print_difference(planned.difference)


@publication.command()
def diff(earlier: Number, later: Number, as_json: AsJson = False) -> None:
    """What a reader of a later publication finds changed since an earlier one."""
    from streams.publications.compare import diff as run
    from streams.settings import Settings

    with plain_errors():
        found = run(Settings.load(), earlier, later)
    if as_json:
        print_json(asdict(found))
    else:
        _print_difference(found)


@publication.command()
def revisions(
    indicator: Annotated[str, typer.Option("--indicator", help="Only this one, e.g. T03a.")] = "",
    members: Annotated[bool, typer.Option("--members", help="By unit and area as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """How monthly figures moved from their first release to the final value, and how long that took."""
    from streams.publications.compare import revisions as run
    from streams.settings import Settings

    with plain_errors():
        found = run(Settings.load(), by_member=members)
    rows = [asdict(one) for one in found if indicator in ("", one.indicator_id)]
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("no cell was released before it matured and is final now: there is nothing to compare yet")
        return
    print_table(tuple(rows[0]), [{name: _short(value) for name, value in row.items()} for row in rows])


@publication.command()
def verify(
    number: Annotated[int | None, typer.Argument(help="One publication; default: all.", metavar="ID", min=1)] = None,
) -> None:
    """Take the checksums again, of the warehouse's rows and of the lake's copy; exit code 1 if one differs."""
    from streams.publications.second_copy import verify as run
    from streams.settings import Settings

    with plain_errors():
        found = run(Settings.load(), number)
    broken = [one for one in found if one.problem]
    for one in broken:
        typer.echo(f"publication {one.publication_id}: {one.what}: {one.problem}", err=True)
    if broken:
        raise CityBrainError(
            f"{len(broken)} of {len(found)} checks failed",
            why="what was frozen is not what was published",
            remedy="`citybrain publication restore` brings lost publications back; a damaged lake copy comes back"
            " when the folder is removed and the run is published again",
        )
    count = len({one.publication_id for one in found})
    typer.echo(f"{count} publications whole in the warehouse and in the lake, {len(found)} checks")


@publication.command()
def restore() -> None:
    """Bring publications that the warehouse lost back from the lake; others are not touched."""
    from streams.publications.second_copy import restore as run
    from streams.settings import Settings
    from streams.warehouse import ddl

    settings = Settings.load()
    with plain_errors():
        ddl.apply(settings)
        numbers = run(settings)
    typer.echo(f"restored: {', '.join(map(str, numbers))}" if numbers else "nothing to restore: none is missing")


def _print_difference(found: Difference) -> None:
    from streams.publications.compare import KINDS

    totals = [f"{word} {found.count(kind)}" for kind, word in KINDS.items() if found.count(kind)]
    masked = sum(one.newly_masked for one in found.cells)
    typer.echo(f"{'，'.join(totals) or '无变化'}；新隐去 {masked}；名次变动 {len(found.ranks)}")
    columns = ("city_code", "indicator_id", "indicator_version", "kind", "cause", "cells", "newly_masked")
    print_table(columns, [asdict(one) for one in found.cells])
    moves = [asdict(one) for one in found.ranks[:MOVES]]
    print_table(("city_code", "indicator_id", "variant", "month_zh", "member_name_zh", "old_rank", "new_rank"), moves)
    if len(found.ranks) > MOVES:
        typer.echo(f"the first {MOVES} of {len(found.ranks)} moves; --json has them all", err=True)


def _short(value: Any) -> Any:
    return f"{value:.4g}" if isinstance(value, float) else value


def _rows(query: str) -> list[dict[str, Any]]:
    from streams.publications.sql import ask
    from streams.settings import Settings

    return ask(Settings.load(), query).records()
