"""The books of what adapters did not take; kept in the home until the warehouse can be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from streams.errors import CityBrainError
from streams.settings import Settings
from streams.warehouse.connection import connect


@dataclass(frozen=True)
class RuleRows:
    """Rows of a file that a rule touched. `outcome`: rejected, left_out or told."""

    rule: str
    outcome: str
    title_zh: str
    rows: int


@dataclass(frozen=True)
class AdapterFile:
    """What became of the rows of one file under one mapping; counts only. `run_names`: as what it was sent."""

    file_id: str
    city_code: str
    topic: str
    event_source: str
    mapping: str
    rows_read: int
    rows_rejected: int
    taken_in_at_utc: datetime
    rules: Sequence[RuleRows] = ()
    run_names: Sequence[str] = ()


def book(settings: Settings, file: AdapterFile) -> str:
    """Book the file, and those that waited, each once; empty text, or why they wait in the home.

    A file that was booked before is overwritten: the books say what became of it last.
    """
    folder = settings.home / "books"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{file.file_id}.json"
    draft = kept.with_name(kept.name + ".new")
    naive = file.taken_in_at_utc.replace(tzinfo=None)
    draft.write_text(json.dumps(asdict(file) | {"taken_in_at_utc": naive.isoformat()}), encoding="utf-8")
    draft.replace(kept)
    return _settle(settings, sorted(folder.glob("*.json")))


def forget(settings: Settings, run_name: str) -> int:
    """Take a run that was undone off its files; a file of which no other run is left is in no book any more.

    Returns how many files went. Raises CityBrainError when the warehouse can't be told.
    """
    if why := _settle(settings, sorted((settings.home / "books").glob("*.json"))):
        raise CityBrainError(
            f"the adapters' books still hold run {run_name}", why=why, remedy="citybrain up, then run the same command"
        )
    with connect(settings, "loader") as connection:
        gone = connection.execute("delete from ops.adapter_file where run_names = array[%s]", (run_name,)).rowcount
        connection.execute(
            "update ops.adapter_file set run_names = array_remove(run_names, %(run)s) where %(run)s = any(run_names)",
            {"run": run_name},
        )
    return gone


def waiting(settings: Settings) -> int:
    """How many files are not booked yet."""
    return len(list((settings.home / "books").glob("*.json")))


def _settle(settings: Settings, kept: list[Path]) -> str:
    import psycopg

    entries = [{"run_names": [], **json.loads(path.read_text(encoding="utf-8"))} for path in kept]
    try:
        with connect(settings, "loader") as connection, connection.cursor() as cursor:
            cursor.executemany(_FILE, entries)
            cursor.executemany("delete from ops.adapter_rule where file_id = %(file_id)s", entries)
            rules = [rule | {"file_id": entry["file_id"]} for entry in entries for rule in entry["rules"]]
            cursor.executemany(_RULE, rules)
    except CityBrainError as error:
        return error.why
    except psycopg.Error as error:
        return " ".join(str(error).split())
    for path in kept:
        path.unlink()
    return ""


_FILE = """
    insert into ops.adapter_file as known (
        file_id, city_code, topic, event_source, mapping, rows_read, rows_rejected, taken_in_at_utc, run_names
    )
    values (
        %(file_id)s, %(city_code)s, %(topic)s, %(event_source)s, %(mapping)s, %(rows_read)s, %(rows_rejected)s,
        %(taken_in_at_utc)s, %(run_names)s
    )
    on conflict (file_id) do update set
        rows_read = excluded.rows_read, rows_rejected = excluded.rows_rejected,
        taken_in_at_utc = excluded.taken_in_at_utc,
        run_names = array(select distinct unnest(known.run_names || excluded.run_names) order by 1)
"""

_RULE = """
    insert into ops.adapter_rule values (%(file_id)s, %(rule)s, %(outcome)s, %(title_zh)s, %(rows)s)
"""
