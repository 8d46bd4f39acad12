"""`citybrain dlq`: what was rejected, why, what to do; sending it again or giving it up. Shows no personal data."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.page import AsJson, Yes, confirm, console, print_json
from streams.errors import CityBrainError

if TYPE_CHECKING:
    from streams.books.dead_letters import Choice, Entry, Group

dlq = typer.Typer(no_args_is_help=True, help="Dead letters: what was rejected and why; send it again, or give it up.")

PAGE = "streams/contracts/generated/dead_letters.md"

Rule = Annotated[str | None, typer.Option("--rule", help="Only those that broke this rule.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Only those of this topic.")]
Source = Annotated[
    str | None,
    typer.Option("--source", help="Only those of this source: /shuifu/petition, petition.matter, or unknown."),
]
Ids = Annotated[str | None, typer.Option("--ids", help="Only these: topic/partition/offset, with commas between.")]


class Format(StrEnum):
    """How `dlq list` answers."""

    TABLE = "table"
    JSON = "json"


class State(StrEnum):
    """What became of a dead letter."""

    NEW = "new"
    REPLAYED = "replayed"
    DROPPED = "dropped"


def register(app: typer.Typer) -> None:
    app.add_typer(dlq, name="dlq")


@dlq.command("list")
def list_(
    rule: Rule = None,
    topic: Topic = None,
    source: Source = None,
    state: Annotated[State | None, typer.Option("--state", help="Only those in this state; new ones wait.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Newest so many; 0 for all.")] = 50,
    counted: Annotated[bool, typer.Option("--summary", help="Count them by topic, rule, source and state.")] = False,
    form: Annotated[Format, typer.Option("--format", help="table for people, json for programs.")] = Format.TABLE,
    as_json: AsJson = False,
) -> None:
    """List dead letters, newest last: where they stood, the rule, the source, the reason, what became of them."""
    from dataclasses import asdict

    from streams.books.dead_letters import find, summary
    from streams.settings import Settings

    settings, choice = Settings.load(), _choice(rule, topic, source)
    groups = summary(settings, choice, state=state)
    if counted:
        found = [asdict(one) for one in groups]
    else:
        entries = find(settings, choice, state=state, limit=limit)
        found = [{"id": one.id, **asdict(one)} for one in entries]
    if as_json or form is Format.JSON:
        print_json(found)
        return
    if not groups:
        typer.echo("no dead letters")
        return
    _show_groups(groups) if counted else _show_entries(entries)
    waiting = sum(one.letters for one in groups if one.state == "new")
    shown = "" if counted else f"{len(found)} of "
    typer.echo(f"{shown}{sum(one.letters for one in groups)} dead letters; {waiting} wait. What to do: {PAGE}")


@dlq.command()
def show(topic: str, partition: int, offset: int) -> None:
    """Show one dead letter by where it first stood: content scrubbed, unknown members masked, history, what to do."""
    from rich.console import Console

    from streams.books.dead_letters import show as read
    from streams.contracts.validate import RULES
    from streams.settings import Settings

    entry, key, value, history = read(Settings.load(), topic, partition, offset)
    rule = RULES[entry.rule_id]
    became = [f"{one.at_utc:%Y-%m-%d %H:%M:%S} UTC  {one.state}: {one.state_reason}" for one in history]
    console = Console(highlight=False)
    for name, text in {
        "rule": f"{entry.rule_id} {rule.zh}",
        "reason": entry.reason,
        "do": f"{rule.do_zh}\n         {rule.do_en}\n         {PAGE}",
        "city": entry.city_code or "unknown",
        "source": entry.event_source or "unknown",
        "replays": str(entry.replay_count),
        "history": "\n         ".join(became),
        "key": key,
        "value": value,
    }.items():
        console.print(f"{name:8}", style="bold", end=" ")
        console.print(text, markup=False, soft_wrap=True)


@dlq.command()
def replay(
    rule: Rule = None,
    topic: Topic = None,
    source: Source = None,
    ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait, of every topic and rule.")] = False,
    yes: Yes = False,
) -> None:
    """Send waiting dead letters back to their topics, bytes unchanged; a record that gets there twice lands once.

    Says first what it would send, and asks. One whose bytes the broker has deleted since is dropped with that reason;
    the others are sent.
    """
    from streams.books.dead_letters import replay as send_again
    from streams.books.dead_letters import summary
    from streams.settings import Settings

    settings, choice = Settings.load(), _choice(rule, topic, source, ids)
    if choice.is_everything != everything:
        raise CityBrainError(
            "nothing says which dead letters to send again" if not everything else "--all and a filter exclude another",
            why="what was rejected is rejected again unless its cause was mended",
            remedy="add --rule, --topic, --source or --ids (`citybrain dlq list --summary` shows what waits), or --all",
            exit_code=2,
        )
    waiting = summary(settings, choice, state=State.NEW)
    letters = sum(group.letters for group in waiting)
    if waiting:
        _show_groups(waiting)
        shown = " ".join(_given(rule=rule, topic=topic, source=source, ids=ids) or ["--all"])
        confirm(f"Send these {letters} again?", yes=yes, remedy=f"citybrain dlq replay {shown} --yes")
    done = send_again(settings, choice)
    expired = f" ({done.expired} found expired now)" if done.expired else ""
    typer.echo(f"sent again: {done.sent}; still waiting: {done.waiting}; never to be sent: {done.dropped}{expired}")


@dlq.command()
def drop(
    reason: Annotated[str, typer.Option("--reason", help="Why nobody will need them; it stays in the books.")],
    rule: Rule = None,
    topic: Topic = None,
    source: Source = None,
    ids: Ids = None,
) -> None:
    """Give waiting dead letters up for good: they are not replayed any more, and stay counted with the reason."""
    from streams.books.dead_letters import drop as give_up
    from streams.settings import Settings

    dropped = give_up(Settings.load(), _choice(rule, topic, source, ids), reason)
    typer.echo(f"dropped: {dropped}")


def _given(**filters: str | None) -> list[str]:
    """The filters as they were typed."""
    import shlex

    return [f"--{name} {shlex.quote(value)}" for name, value in filters.items() if value is not None]


def _choice(rule: str | None, topic: str | None, source: str | None, ids: str | None = None) -> Choice:
    from streams.books.dead_letters import Choice

    chosen = None if ids is None else tuple(one.strip() for one in ids.split(",") if one.strip())
    return Choice(rule, topic, source, chosen)


def _show_groups(groups: list[Group]) -> None:
    from rich.table import Table

    table = Table("topic", "rule", "source", "state", "letters", "replays", "first dead (UTC)", "last dead (UTC)")
    for one in groups:
        when = [f"{at:%Y-%m-%d %H:%M:%S}" for at in (one.first_dead_at_utc, one.last_dead_at_utc)]
        counts = (str(one.letters), str(one.replays))
        table.add_row(one.topic, one.rule_id, one.event_source or "unknown", one.state, *counts, *when)
    console().print(table)


def _show_entries(entries: list[Entry]) -> None:
    from rich.table import Table

    columns = ("topic", "partition", "offset", "rule", "source", "reason", "city", "state", "replays", "dead at (UTC)")
    table = Table(*columns)
    for one in entries:
        place = (one.topic, str(one.partition), str(one.offset))
        state = one.state if one.state == "new" else f"{one.state}: {one.state_reason}"
        about = (one.rule_id, one.event_source or "unknown", one.reason, one.city_code or "")
        table.add_row(*place, *about, state, str(one.replay_count), f"{one.dead_at_utc:%Y-%m-%d %H:%M:%S}")
    console().print(table)
