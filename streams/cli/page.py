"""How commands answer: tables as wide as their reader, the same rows as JSON for programs, a question before harm, and
what PostgreSQL refuses as an error like all others."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.errors import CityBrainError

if TYPE_CHECKING:
    from rich.console import Console

LOG_COLUMNS = 160

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def console() -> Console:
    """Standard output as wide as the terminal; into a file or a pipe LOG_COLUMNS, where nothing needs to be folded."""
    from rich.console import Console

    made = Console()
    return made if made.is_terminal else Console(width=LOG_COLUMNS)


def print_json(value: Any) -> None:
    """One line of JSON in UTF-8; times and other values that JSON doesn't know as text."""
    import json

    typer.echo(json.dumps(value, default=str, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """The named members of each row as a table for people."""
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text("" if row[name] is None else str(row[name])) for name in columns))
    console().print(table)


def confirm(question: str, *, yes: bool, remedy: str) -> None:
    """Ask before something that can't be taken back; `yes` answers. Ends the command unless the answer is yes.

    Raises CityBrainError with exit code 2 and the `remedy` where nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise CityBrainError(
            "nothing was done",
            why="there is nobody to ask: the input is no terminal",
            remedy=remedy,
            exit_code=2,
        )
    typer.confirm(question, abort=True)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Say what PostgreSQL refused without a traceback; each verb here may simply be run again."""
    import psycopg

    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise CityBrainError(
            "the warehouse has no tables for this yet",
            why=str(error).splitlines()[0],
            remedy="run `citybrain up`, load data, then `citybrain build`",
        ) from error
    except psycopg.Error as error:
        raise CityBrainError(
            "PostgreSQL stopped the work; published figures are as they were",
            why=" ".join((str(error) or type(error).__name__).split()),
            remedy="run `citybrain status`, mend what it names, then run the same command again",
        ) from error
