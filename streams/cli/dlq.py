"""`citybrain dlq`: what was rejected, why, and sending it again. Nothing here shows personal data."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

dlq = typer.Typer(no_args_is_help=True, help="Dead letters: what was rejected and why; send it again after a repair.")

Rule = Annotated[str | None, typer.Option("--rule", help="Only those that broke this rule.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Only those of this topic.")]


class Format(StrEnum):
    """How `dlq list` answers."""

    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.add_typer(dlq, name="dlq")


@dlq.command("list")
def list_(
    rule: Rule = None,
    topic: Topic = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Newest so many; 0 for all.")] = 50,
    form: Annotated[Format, typer.Option("--format", help="table for people, json for programs.")] = Format.TABLE,
) -> None:
    """List dead letters, newest last: where they stood, the rule, the reason, what became of them."""
    import json
    from dataclasses import asdict

    from streams.settings import Settings
    from streams.warehouse.dead_letters import find

    found = find(Settings.load(), rule=rule, topic=topic)
    shown = found[-limit:] if limit else found
    if form is Format.JSON:
        typer.echo(json.dumps([{"id": one.id, **asdict(one)} for one in shown], default=str, ensure_ascii=False))
        return
    if not found:
        typer.echo("no dead letters")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("topic", "partition", "offset", "rule", "reason", "city", "state", "replays", "dead at (UTC)")
    for one in shown:
        place = (one.topic, str(one.partition), str(one.offset))
        state = one.state if one.state == "new" else f"{one.state}: {one.state_reason}"
        when = f"{one.dead_at_utc:%Y-%m-%d %H:%M:%S}"
        table.add_row(*place, one.rule_id, one.reason, one.city_code or "", state, str(one.replay_count), when)
    Console().print(table)
    typer.echo(f"{len(shown)} of {len(found)} shown; {sum(one.state == 'new' for one in found)} wait")


@dlq.command()
def show(topic: str, partition: int, offset: int) -> None:
    """Show one dead letter by where it first stood; its content is scrubbed, unknown members are masked."""
    from rich.console import Console

    from streams.contracts.validate import RULES
    from streams.settings import Settings
    from streams.warehouse.dead_letters import show as read

    entry, key, value = read(Settings.load(), topic, partition, offset)
    console = Console(highlight=False)
    for name, text in {
        "rule": f"{entry.rule_id} {RULES[entry.rule_id][0]}",
        "reason": entry.reason,
        "city": entry.city_code or "unknown",
        "source": entry.event_source or "unknown",
        "state": f"{entry.state}: {entry.state_reason} ({entry.state_at_utc:%Y-%m-%d %H:%M:%S} UTC)",
        "replays": str(entry.replay_count),
        "key": key,
        "value": value,
    }.items():
        console.print(f"{name:8}", style="bold", end=" ")
        console.print(text, markup=False, soft_wrap=True)


@dlq.command()
def replay(
    only: Annotated[str | None, typer.Argument(metavar="[TOPIC]", help="The same as --topic.")] = None,
    rule: Rule = None,
    topic: Topic = None,
    ids: Annotated[str, typer.Option("--ids", help="Only these: topic/partition/offset, with commas between.")] = "",
) -> None:
    """Send waiting dead letters back to their topics, bytes unchanged; a record that gets there twice lands once."""
    from streams.settings import Settings
    from streams.warehouse.dead_letters import replay as send_again

    chosen = [one for one in ids.split(",") if one]
    done = send_again(Settings.load(), rule=rule, topic=topic or only, ids=chosen)
    typer.echo(f"sent again: {done.sent}; still waiting: {done.waiting}; without payload, never sent: {done.dropped}")
