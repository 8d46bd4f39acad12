"""Verbs of the warehouse: build, gate, publish, sql."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.page import plain_errors
from streams.errors import CityBrainError

if TYPE_CHECKING:
    from rich.console import Console

    from streams.publications.sql import Answer

PIPED_WIDTH = 4_000
"""Columns of a table that goes to a file or a pipe: no line of an answer is folded there."""

RunId = Annotated[str, typer.Option("--run-id", help="Name of the run; Airflow gives its own.")]


def register(app: typer.Typer) -> None:
    app.command()(build)
    app.command()(gate)
    app.command()(publish)
    app.command()(sql)


def build(
    run_id: RunId,
    test_rules: Annotated[
        bool, typer.Option("--test-rules", help="Run dbt's unit tests even if this code passed them before.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Make every case anew, not only those that something has landed of.")
    ] = False,
) -> None:
    """Build the hidden schema wap_<run> from what has landed (dbt)."""
    from streams.builds.build import build as run
    from streams.settings import Settings

    console = _console()
    with console.status("building") as status:

        def show(line: str) -> None:
            status.update(line)
            if not console.is_terminal:
                console.print(line, markup=False, soft_wrap=True)

        with plain_errors():
            done = run(Settings.load(), run_id, progress=show, test_rules=test_rules, full=full)
    counted = ", ".join(f"{count} {kind}s" for kind, count in sorted(done.counts.items()))
    rules = "rules tested" if done.rules_tested else "rules unchanged since they were tested"
    for fault in done.faults:
        typer.echo(f"{fault.rule} found {fault}; the gate will hold it back", err=True)
    if done.awaiting:
        typer.echo(
            f"{done.awaiting} of {done.reports} reports have not been fused; until then each is an incident of its own,"
            " unless its source says otherwise: `citybrain fuse`, then build again",
            err=True,
        )
    made = "all cases made anew" if done.touched is None else f"{done.touched} entities touched"
    typer.echo(f"built {done.schema}: {counted}; {made}; {rules}; {done.seconds:.1f} s")


def gate(run_id: RunId) -> None:
    """Judge a build; exit code 3 when a critical rule is broken and nothing may be published."""
    from streams.quality.gate import judge
    from streams.settings import Settings

    console = _console()
    with console.status("judging"), plain_errors():
        verdict = judge(Settings.load(), run_id)
    for result in verdict.failures:
        mark = "[bold red]red    [/]" if result.severity == "critical" else "[yellow]warning[/]"
        console.print(mark, end=" ")
        place = f"{result.city_code}/{result.source or '*'}: " if result.city_code else ""
        console.print(
            f"{place}{result.dataset}.{result.rule}  {result.title_zh}：{result.detail}", markup=False, soft_wrap=True
        )
    figures = f"{verdict.evaluated} rules on {verdict.rows} rows, {verdict.seconds:.1f} s"
    if not verdict.passed:
        raise CityBrainError(
            f"the gate is red for run {run_id}: nothing will be published, the last publication stays",
            why=f"{verdict.critical} critical rules failed, named above ({figures})",
            remedy="mend the source or the model, build again; published.data_health shows the same reasons",
            exit_code=3,
        )
    for one in verdict.held:
        typer.echo(f"held back, as published last: {one.city_code}/{one.source or '*'}: {one.reason_zh}", err=True)
    kept = f", {len(verdict.held)} cities or sources held back" if verdict.held else ""
    typer.echo(f"green: {figures}, {len(verdict.failures) - verdict.critical} warnings{kept}")


def publish(
    run_id: RunId,
    cause: Annotated[
        str | None,
        typer.Option(
            help="Why those final figures change for which comparing finds no cause: late_data, reopened, definition,"
            " reference_data, correction. Default: late_data; correction where no new data came.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Publish even if the latest publication has the same content and code.")
    ] = False,
) -> None:
    """Freeze a build that the gate has passed as the next numbered publication."""
    from streams.publications.publish import publish as run
    from streams.settings import Settings

    with plain_errors():
        done = run(Settings.load(), run_id, cause=cause, force=force)
    words = {
        "published": f"published as number {done.publication_id}: {done.value_rows} values,"
        f" {done.changed_rows} rows written or ended, {done.restated_cells} final cells restated, {done.seconds:.1f} s",
        "repeated": f"this run is publication {done.publication_id} already; nothing was written",
        "unchanged": f"same content and code as publication {done.publication_id}"
        f" (run {done.run_id}); nothing was written, --force would",
    }
    typer.echo(words[done.state])


def sql(
    query: Annotated[str | None, typer.Argument(help="One select on published.* or live.*.", metavar="QUERY")] = None,
    format: Annotated[str, typer.Option("--format", "-f", help="table, csv or json.")] = "table",
    max_rows: Annotated[int, typer.Option("--max-rows", help="Rows shown at most.")] = 10_000,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds the query may take.")] = 60,
    list_tables: Annotated[bool, typer.Option("--list", help="Show what may be asked about.")] = False,
    list_questions: Annotated[bool, typer.Option("--questions", help="Show the ready questions.")] = False,
    named: Annotated[str | None, typer.Option("--named", help="Ask a ready question.", metavar="NAME")] = None,
    show: Annotated[bool, typer.Option("--show", help="With --named: print its SQL, to change it.")] = False,
    login: Annotated[
        bool, typer.Option("--login", help="Role, address and place of the password for a client of your own.")
    ] = False,
) -> None:
    """Ask the published figures and the live view; read-only, CSV in UTF-8 with LF, JSON with numbers as numbers."""
    from streams.publications import questions
    from streams.publications import sql as door
    from streams.settings import Settings

    if format not in ("table", "csv", "json"):
        raise CityBrainError(
            f"there is no format {format!r}", why="known: table, csv, json", remedy="--format csv", exit_code=2
        )
    if sum((list_tables, list_questions, named is not None, login, query is not None)) != 1:
        raise CityBrainError(
            "give one of a query, --named, --questions, --list and --login",
            remedy="citybrain sql 'select * from published.current_source_summary'",
            exit_code=2,
        )
    settings = Settings.load()
    if named is not None:
        query = questions.question(named).sql
        if show:
            typer.echo(f"{query};")
            return
    if list_questions:
        ready = tuple((one.name, one.title_zh, one.title_en) for one in questions.questions())
        answer = door.Answer(("name", "asks_zh", "asks_en"), (False,) * 3, ready, False)
    elif login:
        answer = door.Answer(("what", "value"), (False, False), tuple(door.login(settings)), False)
    elif query is None:
        found = door.relations(settings)
        answer = door.Answer(
            ("relation", "description"), (False, False), tuple((one.name, one.description) for one in found), False
        )
    else:
        answer = door.ask(settings, query, max_rows=max_rows, max_seconds=timeout)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]  # whatever the locale says
    if format == "csv":
        door.write_csv(answer, sys.stdout)
    elif format == "json":
        door.write_json(answer, sys.stdout)
    else:
        _print_table(answer)
    if answer.is_cut:
        typer.echo(f"cut after {len(answer.rows)} rows; there are more (--max-rows)", err=True)


def _print_table(answer: Answer) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from streams.publications.sql import text_rows

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, is_number in zip(answer.columns, answer.numeric, strict=True):
        table.add_column(Text(name), justify="right" if is_number else "left", overflow="fold")
    for row in text_rows(answer):
        table.add_row(*(Text(value) for value in row))
    _console(stderr=False).print(table)
    typer.echo(f"{len(answer.rows)} rows", err=True)


def _console(*, stderr: bool = True) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console
