"""Questions of people: read-only, limited in rows and time, on `published` and `live` alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import urlsplit

from streams.errors import CityBrainError
from streams.settings import ROLES, Settings
from streams.warehouse.connection import connect

if TYPE_CHECKING:
    import psycopg

MAX_ROWS = 10_000

MAX_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """`rows` in the query's order; `is_cut` when there were more than the limit. `numeric[i]`: column i is a number."""

    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool

    def records(self) -> list[dict[str, Any]]:
        """The rows by the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Relation:
    """A table or view that may be asked about."""

    name: str
    description: str


def ask(settings: Settings, query: str, *, max_rows: int = MAX_ROWS, max_seconds: float = MAX_SECONDS) -> Answer:
    """Run one statement as the reader in a read-only transaction; PostgreSQL itself refuses whatever writes.

    Raises CityBrainError: not one statement, a syntax error, no right, out of time, or nothing that returns rows.
    """
    import psycopg

    if max_rows < 1 or max_seconds <= 0:
        raise CityBrainError(
            "the limits must be above zero", remedy="leave --max-rows and --timeout out for the defaults", exit_code=2
        )
    if not query.strip():
        raise CityBrainError("the query is empty", remedy="ask with select …", exit_code=2)
    with connect(settings, "reader") as connection:
        _show_every_time(connection)
        connection.read_only = True
        try:
            connection.execute("select set_config('statement_timeout', %s, true)", (f"{int(max_seconds * 1000)}ms",))
            with connection.cursor() as cursor:
                # One statement at a time over the extended protocol, row by row: a cut answer stops the server too.
                rows = cursor.stream(query.encode(), size=200 if max_rows > 200 else 1)
                found = tuple(islice(rows, max_rows))
                is_cut = next(rows, None) is not None
                rows.close()  # type: ignore[attr-defined]  # it is a generator
                described = tuple(cursor.description or ())
        except psycopg.Error as error:
            raise _refused(error, max_seconds) from error
        finally:
            connection.close()  # nothing to commit, and after an odd statement nothing to tidy up
    return Answer(
        tuple(column.name for column in described),
        tuple(column.type_code in NUMBERS for column in described),
        found,
        is_cut,
    )


def _show_every_time(connection: psycopg.Connection[Any]) -> None:
    """Times that Python can't hold (infinity, 24:00, before the year 1) come as PostgreSQL writes them.

    So do all intervals: a month is no 30 days.
    """
    import psycopg
    from psycopg.types import datetime as times
    from psycopg.types.string import TextLoader

    for name in ("date", "time", "timetz", "timestamp", "timestamptz"):
        kind = getattr(times, f"{name.capitalize()}Loader")

        def load(loader: Any, data: Any, kind: Any = kind) -> Any:
            try:
                return kind.load(loader, data)
            except (psycopg.DataError, ValueError, OverflowError):
                return bytes(data).decode()

        connection.adapters.register_loader(name, type("OrText", (kind,), {"load": load}))
    connection.adapters.register_loader("interval", TextLoader)


NUMBERS = {20, 21, 23, 26, 700, 701, 1700}
"""Type ids of PostgreSQL's numbers (int8, int2, int4, oid, float4, float8, numeric)."""


def relations(settings: Settings) -> list[Relation]:
    """What the reader may ask about, with the Chinese and English description."""
    with connect(settings, "reader") as connection:
        rows = connection.execute(
            "select n.nspname || '.' || c.relname, coalesce(obj_description(c.oid, 'pg_class'), '')"
            " from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'v', 'm', 'p') and n.nspname !~ '^(pg_|information_schema)'"
            " and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') order by 1"
        ).fetchall()
    return [Relation(name, " ".join(description.split())) for name, description in rows]


def login(settings: Settings) -> list[tuple[str, str]]:
    """What a client needs to ask as the reader; of the password only the place."""
    url = urlsplit(settings.role_url("reader"))
    return [
        ("role", ROLES["reader"]),
        ("host", url.hostname or ""),
        ("port", str(url.port or 5432)),
        ("database", url.path.removeprefix("/")),
        ("password", f"{settings.home / 'secrets.json'}, member pg.reader"),
        ("may read", "schemas published and live"),
    ]


def write_csv(answer: Answer, out: TextIO) -> None:
    """Header and rows, UTF-8, LF; null is nothing, empty text is `\"\"`. Values are as in the database, unescaped."""
    for row in (answer.columns, *answer.rows):
        out.write(",".join(_csv_field(value) for value in row) + "\n")


def write_json(answer: Answer, out: TextIO) -> None:
    """An array of objects, one per line; numbers are numbers, instants ISO 8601 text as in the column (`_utc`: UTC)."""
    if len(set(answer.columns)) < len(answer.columns):
        twice = sorted({name for name in answer.columns if answer.columns.count(name) > 1})
        raise CityBrainError(
            "the answer can't be written as JSON",
            why=f"two columns have the same name: {', '.join(twice)}",
            remedy="name them apart with `as`",
        )
    out.write("[")
    for number, row in enumerate(answer.rows):
        out.write(",\n " if number else "\n ")
        values = {name: _json(value) for name, value in zip(answer.columns, row, strict=True)}
        out.write(json.dumps(values, ensure_ascii=False, allow_nan=False))
    out.write("\n]\n" if answer.rows else "]\n")


def text_rows(answer: Answer) -> Iterator[Sequence[str]]:
    """Rows as text for a table on the screen; null is `null`."""
    for row in answer.rows:
        yield ["null" if value is None else str(_text(value)) for value in row]


def _csv_field(value: Any) -> str:
    if value is None:
        return ""
    text = str(_text(value))
    if text == "" or any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(_json(value), ensure_ascii=False)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value


def _json(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # JSON has no NaN and no infinity
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, list):
        return [_json(one) for one in value]
    if isinstance(value, dict):
        return {name: _json(one) for name, one in value.items()}
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def _refused(error: psycopg.Error, max_seconds: float) -> CityBrainError:
    import psycopg

    why = str(error).splitlines()[0] if str(error) else type(error).__name__
    for more in (error.diag.message_detail, error.diag.message_hint):
        why += f" ({' '.join(more.split())})" if more else ""
    known: list[tuple[type[psycopg.Error], str, str]] = [
        (
            psycopg.errors.QueryCanceled,
            f"the query took longer than {max_seconds:g} s and was stopped",
            "ask for less (where …, one publication), or give a longer --timeout",
        ),
        (
            psycopg.errors.ReadOnlySqlTransaction,
            "the statement would change data, and this door only reads",
            "ask with select; figures change only by publishing",
        ),
        (
            psycopg.errors.InsufficientPrivilege,
            "the statement asks for what this login may not see",
            "`citybrain sql --list` shows what may be asked: published and live",
        ),
        (
            psycopg.errors.UndefinedTable,
            "there is no such table",
            "`citybrain sql --list` shows what may be asked",
        ),
    ]
    for kind, what, remedy in known:
        if isinstance(error, kind):
            return CityBrainError(what, why=why, remedy=remedy)
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return CityBrainError(
            "the statement is not a question", why="it returns no rows", remedy="ask with select …, one statement"
        )
    if isinstance(error, psycopg.OperationalError):
        return CityBrainError("the warehouse went away", why=why, remedy="`citybrain status`, then ask again")
    return CityBrainError("PostgreSQL refused the statement", why=why, remedy="correct the statement")
