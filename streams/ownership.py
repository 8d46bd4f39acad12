"""A home owns its broker and its warehouse: it keeps their ids, and no command takes another server for them.

What a home makes itself (the embedded servers) is its own from the start. An existing cluster or server that
KAFKA_BOOTSTRAP_SERVERS or WAREHOUSE_URL names is adopted by the first command that reaches it, and kept to since.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.errors import CityBrainError
from streams.settings import Settings, write_private

KAFKA, WAREHOUSE = "kafka", "warehouse"

SYSTEM_IDENTIFIER = "select system_identifier::text from pg_control_system()"
"""What PostgreSQL calls itself: made by initdb, kept by its standbys and by a restored copy of its files."""

STATE_IS_MISSING = 5
"""Exit code: a directory that belongs to the home's state is gone, or another one stands in its place."""

_WORDS = {KAFKA: ("broker", "KAFKA_BOOTSTRAP_SERVERS"), WAREHOUSE: ("warehouse", "WAREHOUSE_URL")}


@dataclass(frozen=True)
class Server:
    """What a home knows of a server of its own: `id` is a cluster id or a system identifier."""

    id: str
    is_embedded: bool


def known(settings: Settings, name: str) -> Server | None:
    """The broker (KAFKA) or warehouse (WAREHOUSE) of this home; None before it has one."""
    try:
        return Server(**json.loads(_file(settings, name).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise CityBrainError(
            f"{_file(settings, name)} can't be read", why=str(error), remedy="citybrain up --adopt"
        ) from error


def require(settings: Settings, name: str, found: str) -> None:
    """Raise CityBrainError unless the server that answered as `found` is this home's; adopt a first outside one."""
    own, is_embedded = known(settings, name), _is_embedded(settings, name)
    word, variable = _WORDS[name]
    if own is None and not is_embedded:
        write_private(_file(settings, name), json.dumps({"id": found, "is_embedded": False}) + "\n")
    elif own is None:
        raise CityBrainError(
            f"a {word} answers that is not this home's",
            why=f"{settings.home} has made none yet; the one at {_address(settings, name)} belongs to another home",
            remedy="start this home's own with `citybrain up`, or set CITYBRAIN_HOME to the other home",
        )
    elif own.id != found:
        raise CityBrainError(
            f"a {word} answers that is not this home's",
            why=f"{settings.home} belongs to {own.id}, at {_address(settings, name)} answers {found}",
            remedy=f"correct CITYBRAIN_HOME or {variable}; after a move with all data: citybrain up --adopt",
        )


def require_session(settings: Settings, connection: Any) -> None:
    """`require` for an open session of psycopg; leaves no transaction open."""
    row = connection.execute(SYSTEM_IDENTIFIER).fetchone()
    connection.rollback()
    require(settings, WAREHOUSE, str(row[0]))


def require_none_known(settings: Settings, name: str, directory: Path) -> None:
    """Raise CityBrainError where the home has a server already, and an empty one would be made in `directory`."""
    own = known(settings, name)
    if own is None:
        return
    _require_embedded(name, own)
    word, _ = _WORDS[name]
    more = "" if name == WAREHOUSE else " (with an empty warehouse: the present one, which counts by it, is set aside)"
    raise CityBrainError(
        f"the {word} of this home is gone",
        why=f"{settings.home} knows {word} {own.id}, but nothing of it is in {directory}; an empty one would not hold"
        " what the home knows of, so none was made",
        remedy=f"put {directory} back from the backup (infra/runbooks/restore.md), then `citybrain up`; where it is"
        f" lost for good, `citybrain up --new-warehouse` begins anew{more}",
        exit_code=STATE_IS_MISSING,
    )


def record_made(settings: Settings, name: str, made: str) -> None:
    """Keep the id of a server that lives in this home; CityBrainError where the home has another one."""
    own = known(settings, name)
    word, _ = _WORDS[name]
    if own is None:
        write_private(_file(settings, name), json.dumps({"id": made, "is_embedded": True}) + "\n")
        return
    _require_embedded(name, own)
    if own.id != made:
        raise CityBrainError(
            f"the {word} in this home is not the one that it had",
            why=f"{settings.home} knows {own.id}, its directory holds {made}",
            remedy="put the right directory back (infra/runbooks/restore.md); if all data is in this one:"
            " citybrain up --adopt",
            exit_code=STATE_IS_MISSING,
        )


def _require_embedded(name: str, own: Server) -> None:
    word, variable = _WORDS[name]
    if not own.is_embedded:
        raise CityBrainError(
            f"this home works with a {word} elsewhere",
            why=f"it has adopted {own.id}; an empty one of its own would not hold what it knows of",
            remedy=f"set {variable} as before; after a move with all data: citybrain up --adopt",
            exit_code=2,
        )


def forget(settings: Settings, *names: str) -> None:
    """The next servers that answer or are made are this home's (all by default).

    Only for a person who has moved them with all their data, or who has said that they are lost.
    """
    for name in names or _WORDS:
        _file(settings, name).unlink(missing_ok=True)


def _is_embedded(settings: Settings, name: str) -> bool:
    return settings.embedded_kafka if name == KAFKA else settings.embedded_warehouse


def _address(settings: Settings, name: str) -> str:
    """Where it answers; of a URL neither login nor password."""
    if name == KAFKA:
        return settings.kafka_bootstrap_servers
    return settings.warehouse_url.rpartition("@")[2].partition("/")[0]


def _file(settings: Settings, name: str) -> Path:
    return settings.home / "servers" / f"{name}.json"
