"""Hunt for planted personal data: does any of these strings survive anywhere it must not be?

Used by tests and drills. A string counts as found as it stands, in full-width digits, or spelt with gaps and
dashes; compressed and columnar files are read, not grepped.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

_WIDE = [chr(code) for code in range(0xFF10, 0xFF1A)]
_GAPS = [" ", "-", "－", "—", "\u3000", "\u00a0"]

_AT_ONCE = 64_000_000
"""Bytes searched in one go: making the automaton of 200,000 canaries costs as much as reading so many with it."""


@dataclass(frozen=True)
class Find:
    """One canary in one place; the place names file or table and column, never the record."""

    canary: str
    place: str


@dataclass
class Searched:
    """What a hunt has been through: files or tables, and their bytes as they were read."""

    places: int = 0
    size_bytes: int = 0

    def __str__(self) -> str:
        return f"{self.places:,} places, {self.size_bytes / 1e6:,.1f} MB"


def hunt_texts(texts: pl.Series, canaries: Sequence[str]) -> set[str]:
    """The canaries that occur in any of the texts."""
    spelt = _spellings(canaries)
    return {spelt[one] for one in _extracted(texts, spelt).explode().drop_nulls().unique()}


def hunt_bytes(data: bytes, canaries: Sequence[str]) -> set[str]:
    """The canaries in raw bytes, read as UTF-8 and as GBK, and behind JSON's \\u escapes."""
    return hunt_texts(pl.Series(list(_readings(data))), canaries)


def hunt_files(
    root: Path, canaries: Sequence[str], skip: Iterable[Path] = (), searched: Searched | None = None
) -> list[Find]:
    """Finds in a file or in every file below a directory, file names included; `skip` are paths left out."""
    left_out = {path.resolve() for path in skip}

    def texts() -> Iterator[tuple[str, str]]:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and not left_out & {path.resolve(), *path.resolve().parents}:
                yield str(path), path.name
                yield from ((str(path), text) for text in _file_texts(path))

    return _found(texts(), canaries, searched)


def hunt_postgres(
    connection: Any, canaries: Sequence[str], schemas: Sequence[str], searched: Searched | None = None
) -> list[Find]:
    """Finds in every row of every table and view of the schemas, whatever the column's type, as text.

    `connection` is a psycopg connection of a role that may read them; raises psycopg.Error when it may not.
    """
    tables = connection.execute(
        "select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.tables "
        "where table_schema = any(%s) order by 1",
        [list(schemas)],
    ).fetchall()
    return _found(((table, text) for (table,) in tables for text in _rows(connection, table)), canaries, searched)


def _spellings(canaries: Sequence[str]) -> dict[str, str]:
    """What to look for -> the canary that it is."""
    plain = {canary: canary for canary in canaries if canary}
    return {_tight(canary): canary for canary in plain} | plain


def _extracted(texts: pl.Series, spelt: Mapping[str, str]) -> pl.Series:
    """For each text a list of what was looked for and is there: as it stands, then once more without any gaps."""
    half = texts.cast(pl.String).fill_null("").str.replace_many(_WIDE, list("0123456789"))
    both = pl.concat([half, half.str.replace_many(_GAPS, [""] * len(_GAPS))])
    return both.str.extract_many(list(spelt), overlapping=True)


def _found(texts: Iterable[tuple[str, str]], canaries: Sequence[str], searched: Searched | None) -> list[Find]:
    """Finds in (place, text) pairs, in the order of the places."""
    finds: list[Find] = []
    places: list[str] = []
    waiting: list[str] = []
    size = 0
    seen, spelt = Searched() if searched is None else searched, _spellings(canaries)

    def hunt() -> None:
        found = _extracted(pl.Series(waiting, dtype=pl.String), spelt).to_list()
        for place, plain, tight in zip(places, found[: len(places)], found[len(places) :], strict=True):
            finds.extend(Find(canary, place) for canary in sorted({spelt[one] for one in (*plain, *tight)}))
        places.clear()
        waiting.clear()

    before = None
    for place, text in texts:
        places.append(place)
        waiting.append(text)
        seen.places += place != before
        before = place
        seen.size_bytes += len(text)
        size += len(text)
        if size > _AT_ONCE:
            hunt()
            size = 0
    hunt()
    return list(dict.fromkeys(finds))


def _tight(text: str) -> str:
    for gap in _GAPS:
        text = text.replace(gap, "")
    return text


def _readings(data: bytes) -> Iterator[str]:
    text = data.decode("utf-8", errors="replace")
    yield text
    if "\ufffd" in text:
        yield data.decode("gb18030", errors="replace")
    if b"\\u" in data:
        yield text.encode("latin-1", errors="replace").decode("unicode_escape", errors="replace")


def _file_texts(path: Path) -> Iterator[str]:
    if path.suffix == ".parquet":
        for column in pl.read_parquet(path).iter_columns():
            yield json.dumps(column.to_list(), default=str, ensure_ascii=False)
        return
    data = path.read_bytes()
    yield from _readings(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


def _rows(connection: Any, table: str) -> Iterator[str]:
    """A table's rows as text, some megabytes at a time, cut between rows."""
    with connection.cursor() as cursor, cursor.copy(f"copy (select t::text from {table} t) to stdout") as rows:
        block = bytearray()
        for part in rows:
            block += part
            if len(block) > _AT_ONCE // 8:
                yield block.decode()
                block.clear()
        yield block.decode()
