"""`citybrain maintain`: what keeps the platform's own data small; Airflow runs it weekly."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    app.command()(maintain)


def maintain() -> None:
    """Take out what is older than RAW_RETENTION_DAYS, booked; compact and tidy the lake. Safe to run again."""
    from datetime import UTC, datetime

    from streams.books.removal import retire
    from streams.contracts.registry import contracts
    from streams.lake.upkeep import compact
    from streams.settings import Settings
    from streams.warehouse import ddl

    settings = Settings.load()
    ddl.apply(settings)
    removed = retire(settings, datetime.now(UTC).date())
    events, rows = sum(sum(one.events.values()) for one in removed), sum(one.in_silver for one in removed)
    joined = sum(compact(settings, topic) for topic in contracts())
    typer.echo(
        f"{events} events older than {settings.raw_retention_days} days taken out of the event log, {rows} of the "
        f"lake; {joined} small files of the lake joined"
    )
