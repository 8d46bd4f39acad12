"""`citybrain ingest`: a file of a source into Kafka, by its mapping."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.errors import CityBrainError
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.sources.adapter import Adapted
    from streams.sources.tables import Table

SHOWN_REJECTS = 10
TIME_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

REJECTED_OVER_THE_ALARM = 3
"""Exit code of a file of which more rows were rejected than the gate would let pass."""

SHARED_ROWS = 10
"""Rows from which it is judged whether most of them share their number."""


def register(app: typer.Typer) -> None:
    app.command()(ingest)


def ingest(
    file: Annotated[Path | None, typer.Argument(help="File to take in.", show_default=False)] = None,
    mapping: Annotated[
        str, typer.Option(help="Name of a shipped mapping, or path of a YAML file.", show_default=False)
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Where to write rejected rows (line, reason).", show_default=False)
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(help="When the file was made, UTC; when it was written if not given.", formats=TIME_FORMATS),
    ] = None,
    undo: Annotated[
        str, typer.Option(help="Take the events of this run out again, which ingest printed.", show_default=False)
    ] = "",
    reason: Annotated[str, typer.Option(help="With --undo: why, for the books.", show_default=False)] = "",
) -> None:
    """Take a file in: rows become events on Kafka; a row that can't be read is rejected, the rest is loaded.

    The same file taken in twice adds nothing, a later download of it only what is new: further stages, corrections,
    cases that were reopened. An interrupted one goes on where it stopped. Exit code 3: most rows were rejected, so that
    the source must have changed; what could be read was sent.
    """
    from streams.contracts.registry import drafts
    from streams.privacy.tokens import TokenKeys
    from streams.sources.adapter import adapt
    from streams.sources.mapping import load_mapping
    from streams.sources.readers import read_table

    settings = Settings.load()
    if undo:
        _undo(settings, undo, reason)
        return
    if file is None or not mapping:
        raise CityBrainError(
            "a file and its mapping are needed",
            remedy="citybrain ingest FILE --mapping NAME, or citybrain ingest --undo RUN --reason …",
            exit_code=2,
        )
    rules = load_mapping(mapping)
    is_strict = rules.unknown_columns == "refuse"
    if dry_run:
        rules = replace(rules, unknown_columns="warn")  # shown first, refused then
    table = read_table(file, rules.reader)
    for note in table.notes:
        typer.echo(f"note: {note}", err=True)
    makes_tokens = any(rule.token for rule in rules.fields.values())
    keys = TokenKeys.from_secrets(settings.secrets).overlap(datetime.now(UTC).date()) if makes_tokens else None
    now = datetime.now(UTC)
    adapted = adapt(table, rules, keys, now)
    if adapted.unknown_columns:
        names = ", ".join(adapted.unknown_columns)
        typer.echo(f"warning: new column(s) left out: {names}; add each to fields or drop in the mapping", err=True)
    if dry_run:
        adapted = adapted.judged_by_the_wire(now)
        _show(table, adapted)
        _refuse_shared_numbers(file, adapted)
        if is_strict and adapted.unknown_columns:
            raise CityBrainError(
                f"{len(adapted.unknown_columns)} column(s) of {file.name} are neither used nor dropped",
                why=f"mapping {rules.name} says unknown_columns: refuse",
                remedy="add each to fields or to drop; until then the file is not taken in",
                exit_code=2,
            )
        _judge_rejects(file, adapted, "the others would be sent")
        return
    if rules.city_code in drafts():
        raise CityBrainError(
            f"{rules.city_code} is a draft, so nothing is sent",
            why="a city under construction has no place yet in what is landed, built and published",
            remedy=f"citybrain source on {rules.city_code}",
            exit_code=2,
        )
    _refuse_shared_numbers(file, adapted)
    for line in _told(adapted):
        typer.echo(f"warning: {line}", err=True)
    _write_rejects(adapted, rejects or settings.home / "rejects" / f"{file.stem}-{adapted.fingerprint[:8]}.csv")
    if adapted.rows_read and not adapted.rows_adapted:
        _book(settings, file, adapted, now, "")
    else:
        sent, run_name = _produce(settings, file, adapted, now, as_of)
        _book(settings, file, sent, now, run_name)
    _judge_rejects(file, adapted, "the others were sent")


def _book(settings: Settings, file: Path, adapted: Adapted, now: datetime, run_name: str) -> None:
    """What the adapter did not take or has to tell, counted by rule into the warehouse's books."""
    import hashlib

    from streams.books.adapter_files import AdapterFile, RuleRows, book
    from streams.sources.findings import RULES

    rules = adapted.mapping
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:32]
    tally = adapted.tally().select("rule", "outcome", "rows").iter_rows()
    entry = AdapterFile(
        file_id=f"{digest}-{rules.name}",
        city_code=rules.city_code,
        topic=rules.contract.topic,
        event_source=rules.event_source,
        mapping=rules.name,
        rows_read=adapted.rows_read,
        rows_rejected=adapted.rows_rejected,
        taken_in_at_utc=now,
        rules=tuple(RuleRows(rule, outcome, RULES[rule].zh, rows) for rule, outcome, rows in tally),
        run_names=(run_name,) if run_name else (),
    )
    if why := book(settings, entry):
        typer.echo(f"note: the counts wait in {settings.home / 'books'} for the next ingest: {why}", err=True)


def _judge_rejects(file: Path, adapted: Adapted, fate_of_others: str) -> None:
    """Raise CityBrainError where more rows were rejected than the gate would let pass as records of a day."""
    from streams.quality.suites.arrivals import REJECT_ALARM

    if adapted.rows_read and not adapted.rows_adapted:
        raise CityBrainError(
            f"no row of {file.name} can be taken in",
            why=f"all {adapted.rows_read} are rejected, the first because: {adapted.rejects['reason'][0]}",
            remedy="look at the rejected rows, and try `--dry-run` with another mapping",
            exit_code=REJECTED_OVER_THE_ALARM,
        )
    if adapted.rows_rejected > adapted.rows_read * REJECT_ALARM:
        _, rule, rows, _, reason = adapted.tally().filter(outcome="rejected").row(0)
        raise CityBrainError(
            f"{adapted.rows_rejected} of {adapted.rows_read} rows of {file.name} are rejected; {fate_of_others}",
            why=f"{rule}: {rows} row(s); the first: {reason}",
            remedy="correct the mapping; a file taken in again sends only what is missing",
            exit_code=REJECTED_OVER_THE_ALARM,
        )


def _produce(
    settings: Settings, file: Path, adapted: Adapted, now: datetime, as_of: datetime | None
) -> tuple[Adapted, str]:
    """Send what is new; the file with the findings that only the comparison with earlier ones shows, and the run.

    The run is empty where nothing was new.
    """
    from rich.console import Console
    from rich.progress import Progress

    from streams.bus.admin import ensure_topics, topic_offsets
    from streams.bus.producer import produce_run
    from streams.sources.findings import lines_of
    from streams.sources.snapshots import Snapshots

    def ends() -> dict[int, int]:
        return {partition: end for partition, (_, end) in topic_offsets(settings, contract.topic).items()}

    contract = adapted.mapping.contract
    ensure_topics(settings)
    sent_before = Snapshots(settings.home / "sources", adapted.mapping, ends())
    written_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    made_at = as_of.replace(tzinfo=UTC) if as_of else sent_before.as_of(written_at, now)
    fresh = sent_before.fresh(adapted.events, made_at, is_sure=as_of is not None)
    new = replace(adapted, events=fresh.events)
    run_name = f"ingest/{adapted.mapping.name}/{new.fingerprint}"
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"sending {file.name}", total=new.events.height)
        done = produce_run(
            settings,
            run_name,
            new.records(),
            lambda count: bar.update(task, completed=count),
        )
    sent_before.remember(fresh.marks, ends(), made_at)
    stages = new.events.group_by("stage").len().sort("len", "stage", descending=[True, False])
    counted = ", ".join(f"{stage} {count}" for stage, count in stages.iter_rows())
    typer.echo(
        f"{file.name}: {adapted.rows_read} rows read, {adapted.rows_adapted} taken, "
        f"{adapted.rows_rejected} rejected\n"
        f"{contract.topic}: {done.produced} events sent{f' ({counted})' if counted else ''}, "
        f"{done.already_there + fresh.n_known} already there, in {done.seconds:.1f} s\n"
        f"run {run_name}"
    )
    for line in lines_of(fresh.findings, adapted.place, adapted.label):
        typer.echo(f"warning: {line}", err=True)
    if fresh.n_changed:
        typer.echo(
            f"warning: {fresh.n_changed} event(s) say something else than when they were sent first; the first stands, "
            "as the file is older than the last one or its topic knows no corrections",
            err=True,
        )
    return replace(adapted, findings=adapted.findings.vstack(fresh.findings)), run_name if new.events.height else ""


def _undo(settings: Settings, run_name: str, reason: str) -> None:
    from streams.books import adapter_files
    from streams.books.removal import undo
    from streams.bus.producer import forget_run, run_offsets
    from streams.sources.snapshots import forget

    if not reason.strip():
        raise CityBrainError(
            "--undo needs --reason",
            why="what is taken out again stands in the books for good, and so does why",
            remedy=f'citybrain ingest --undo {run_name} --reason "…"',
            exit_code=2,
        )
    removed = undo(settings, run_name, reason.strip(), run_offsets(settings, run_name))
    for one in removed:
        for source in one.events:
            forget(settings.home / "sources", source, one.topic)
        typer.echo(
            f"{one.topic}: {sum(one.events.values())} events taken out of the event log, {one.in_silver} of the lake"
        )
    adapter_files.forget(settings, run_name)
    forget_run(settings, run_name)
    typer.echo("published figures change with the next publication; the same file can be taken in again")


def _refuse_shared_numbers(file: Path, adapted: Adapted) -> None:
    """Raise CityBrainError where most rows share their number with another: the column is no case number."""
    rows, shared = adapted.n_cases + adapted.rows_sharing_a_number, adapted.rows_sharing_a_number
    if adapted.mapping.is_row_per_case and rows >= SHARED_ROWS and shared > rows / 2:
        where = " and ".join(adapted.mapping.fields[adapted.mapping.contract.subject_field].sources)
        raise CityBrainError(
            f"{rows} rows of {file.name} make only {adapted.n_cases} case(s)",
            why=f"mapping {adapted.mapping.name} takes {where} for the case's number, and most rows share one",
            remedy="map the column that differs from row to row; where each row is an event of a case, say rows: event",
            exit_code=2,
        )


def _told(adapted: Adapted) -> list[str]:
    """One line for each rule by which something was left out or is to be known, with its first places."""
    from streams.sources.findings import REJECTED, lines_of

    lines = lines_of(adapted.with_outcome(REJECTED, inverted=True), adapted.place, adapted.label)
    if adapted.absent_columns:
        lines.append(f"the file has no column {', '.join(adapted.absent_columns)}; what they give stays empty")
    return lines


def _show(table: Table, adapted: Adapted) -> None:
    from rich.table import Table as Grid

    from streams.cli import page
    from streams.cli.source import missing_lines
    from streams.sources.adapter import looks_personal, preview
    from streams.sources.codes import missing_codes

    console = page.console()
    grid = Grid("column", "becomes", "example", title=f"{adapted.mapping.name} -> {adapted.mapping.contract.topic}")
    for column, use, example in preview(table, adapted):
        grid.add_row(column, use, example[:60])
    console.print(grid)
    for place, reason in adapted.placed_rejects().head(SHOWN_REJECTS).iter_rows():
        typer.echo(f"{adapted.place} {place}: {reason}")
    if adapted.rejects.height > SHOWN_REJECTS:
        typer.echo(f"… and {adapted.rejects.height - SHOWN_REJECTS} more")
    for line in _told(adapted):
        typer.echo(line)
    for column, n in looks_personal(adapted):
        typer.echo(f"looks personal: {column} ({n} events); map it as scrubbed or token, or drop it")
    for line in missing_lines(missing_codes(adapted.events, adapted.mapping)):
        typer.echo(line)
    if adapted.mapping.contract.is_case_topic:
        typer.echo(f"{adapted.rows_adapted} rows make {adapted.n_cases} cases")
        if not adapted.mapping.closing_stages:
            typer.echo(
                "no stage of the mapping ends a case: each stays open for ever; say which time closes one (closed), "
                "also where it is the last answer's"
            )
    typer.echo(
        f"{adapted.rows_read} rows read, {adapted.rows_adapted} would be taken as {adapted.events.height} events, "
        f"{adapted.rows_rejected} rejected; nothing was sent"
    )


def _write_rejects(adapted: Adapted, path: Path) -> None:
    """Place and reason alone: the rows themselves may hold personal data and stay in the file they came in."""
    if adapted.rejects.is_empty():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    adapted.placed_rejects().write_csv(draft)
    draft.replace(path)
    typer.echo(f"warning: {adapted.rows_rejected} row(s) rejected, see {path}", err=True)
