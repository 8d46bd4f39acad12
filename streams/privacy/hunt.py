"""Hunt for planted personal data: does any of these strings survive anywhere it must not be?

Used by tests and drills. A string counts as found as it stands, in full-width digits, or spelt with gaps and
dashes; compressed and columnar files are read, not grepped.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

_WIDE = [chr(code) for code in range(0xFF10, 0xFF1A)]
_GAPS = [" ", "-", "－", "—", "\u3000", "\u00a0"]


@dataclass(frozen=True)
class Find:
    """One canary in one place; the place names file or table and column, never the record."""

    canary: str
    place: str


def hunt_texts(texts: pl.Series, canaries: Sequence[str]) -> set[str]:
    """The canaries that occur in any of the texts."""
    if not canaries or texts.is_empty():
        return set()
    plain = [canary for canary in dict.fromkeys(canaries) if canary]
    tight = {_tight(canary): canary for canary in plain}
    half = texts.cast(pl.String).drop_nulls().str.replace_many(_WIDE, list("0123456789"))
    found = set(half.str.extract_many(plain, overlapping=True).explode().drop_nulls().unique())
    packed = half.str.replace_many(_GAPS, [""] * len(_GAPS))
    return found | {tight[t] for t in packed.str.extract_many(list(tight), overlapping=True).explode().drop_nulls()}


def hunt_bytes(data: bytes, canaries: Sequence[str]) -> set[str]:
    """The canaries in raw bytes, read as UTF-8 and as GBK, and behind JSON's \\u escapes."""
    texts = [data.decode("utf-8", errors="replace"), data.decode("gb18030", errors="replace")]
    if b"\\u" in data:
        texts.append(texts[0].encode("latin-1", errors="replace").decode("unicode_escape", errors="replace"))
    return hunt_texts(pl.Series(texts), canaries)


def hunt_files(root: Path, canaries: Sequence[str], skip: Iterable[Path] = ()) -> list[Find]:
    """Finds in a file or in every file below a directory, file names included; `skip` are paths left out."""
    left_out = {path.resolve() for path in skip}
    finds = []
    for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
        if path.is_file() and not left_out & {path.resolve(), *path.resolve().parents}:
            found = _hunt_file(path, canaries) | hunt_bytes(path.name.encode(), canaries)
            finds += [Find(canary, str(path)) for canary in sorted(found)]
    return finds


def hunt_postgres(connection: Any, canaries: Sequence[str], schemas: Sequence[str]) -> list[Find]:
    """Finds in every row of every table and view of the schemas, whatever the column's type, as text.

    `connection` is a psycopg connection of a role that may read them; raises psycopg.Error when it may not.
    """
    tables = connection.execute(
        "select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.tables "
        "where table_schema = any(%s) order by 1",
        [list(schemas)],
    ).fetchall()
    finds = []
    for (table,) in tables:
        for chunk in _chunks(connection, f"select t::text from {table} t"):
            found = hunt_texts(pl.Series(chunk, dtype=pl.String), canaries)
            finds += [Find(canary, table) for canary in sorted(found)]
    return list(dict.fromkeys(finds))


def _tight(text: str) -> str:
    for gap in _GAPS:
        text = text.replace(gap, "")
    return text


def _hunt_file(path: Path, canaries: Sequence[str]) -> set[str]:
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
        cells = (json.dumps(column.to_list(), default=str, ensure_ascii=False) for column in frame.iter_columns())
        return hunt_texts(pl.Series(list(cells), dtype=pl.String), canaries)
    data = path.read_bytes()
    return hunt_bytes(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data, canaries)


def _chunks(connection: Any, query: Any, size: int = 20_000) -> Iterator[list[str]]:
    with connection.cursor(name="hunt") as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(size):
            yield [row[0] for row in rows]
