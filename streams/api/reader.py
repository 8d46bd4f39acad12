"""The API's way to the warehouse: few sessions of the read-only login, each question bounded in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from streams.api.problems import ProblemError
from streams.api.resources import Statement
from streams.ownership import require_session
from streams.settings import Settings
from streams.warehouse.connection import SESSION

SESSIONS = 4

MAX_SECONDS = 20
"""Of one statement; whoever asks for more than that asks for less at once."""

AsOf = int | datetime | date
"""A publication by its number, by an instant at which it was the newest, or by the (UTC) day at whose end it was."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Publication:
    """A frozen publication, as answers name it."""

    publication_id: int
    published_at_utc: datetime
    data_as_of_utc: datetime


class Reader:
    """Sessions as the reader; opened when first asked, so that the API starts before its warehouse."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ConnectionPool(
            settings.role_url("reader"),
            min_size=0,
            max_size=SESSIONS,
            timeout=5,
            open=False,
            check=ConnectionPool.check_connection,
            configure=self._configure,
            kwargs={
                "options": f"{SESSION} -c statement_timeout={MAX_SECONDS}s",
                "application_name": "citybrain api",
                "connect_timeout": 5,
            },
        )

    def open(self) -> None:
        self._pool.open()

    def close(self) -> None:
        self._pool.close()

    def _configure(self, connection: psycopg.Connection[Any]) -> None:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        require_session(self._settings, connection)

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection[Any]]:
        """One read-only transaction: all that is read in it is of one moment."""
        with self._pool.connection() as connection:
            yield connection


def rows(connection: psycopg.Connection[Any], query: Statement) -> list[Row]:
    """The answer by column."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.sql.encode(), query.parameters).fetchall()


def publication(connection: psycopg.Connection[Any], as_of: AsOf | None = None) -> Publication:
    """The newest publication, or the one that `as_of` means; raises ProblemError (404) where there is none."""
    where, parameters = _in_force(as_of)
    row = connection.execute(
        "select publication_id, published_at_utc, data_as_of_utc from published.publication"
        f" where {where} order by publication_id desc limit 1".encode(),
        parameters,
    ).fetchone()
    if row is None:
        raise ProblemError(
            404,
            "there is no such publication",
            why="nothing is published yet" if as_of is None else f"none has this number or was out by {as_of}",
            remedy="/v1/publications lists them",
        )
    return Publication(*row)


def _in_force(as_of: AsOf | None) -> tuple[str, Mapping[str, Any]]:
    if as_of is None:
        return "true", {}
    if isinstance(as_of, int):
        return "publication_id = %(number)s", {"number": as_of}
    if not isinstance(as_of, datetime):
        if as_of >= date.max:
            return "true", {}
        as_of = datetime.combine(as_of + timedelta(days=1), time.min)
        return "published_at_utc < %(at)s", {"at": as_of}
    if as_of.tzinfo is not None:
        as_of = as_of.astimezone(UTC).replace(tzinfo=None)
    return "published_at_utc <= %(at)s", {"at": as_of}
