"""Connections to the warehouse: one login per job, every session on UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from streams.errors import CityBrainError
from streams.ownership import require_session
from streams.settings import Settings

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 10

SESSION = "-c TimeZone=UTC -c DateStyle=ISO,YMD -c extra_float_digits=1"
"""`*_at_utc` columns have no zone, and checksums are taken over text: sessions must agree on both."""


@contextmanager
def connect(settings: Settings, role: str, **options: Any) -> Iterator[psycopg.Connection[Any]]:
    """Open a session as a name of `settings.ROLES`; commits at the end, rolls back on an error, then closes.

    Raises CityBrainError when the server can't be reached, doesn't let the role in, or is another home's.
    """
    import psycopg

    try:
        connection = psycopg.connect(
            settings.role_url(role),
            connect_timeout=CONNECT_SECONDS,
            options=SESSION,
            application_name=f"citybrain {role}",
            **options,
        )
    except psycopg.OperationalError as error:
        why = " ".join(str(error).split())
        if "authentication failed" in why:
            raise CityBrainError(
                "the warehouse that answers does not let this home in",
                why=f"{why}; the passwords are those of {settings.home}",
                remedy="correct CITYBRAIN_HOME or WAREHOUSE_URL; `citybrain up` makes the logins of a new warehouse",
            ) from error
        raise CityBrainError(
            "the warehouse does not answer", why=why, remedy="run `citybrain status`; if it is down, `citybrain up`"
        ) from error
    with connection:
        require_session(settings, connection)
        yield connection


def one_row(connection: psycopg.Connection[Any], query: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
    """The first row of a query that always has one, such as an aggregate; raises LookupError if it has none."""
    row = connection.execute(query.encode(), parameters or None).fetchone()
    if row is None:
        raise LookupError("the query returned no row")
    return tuple(row)
