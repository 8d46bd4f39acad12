"""Frozen history's second copy: each publication as Parquet in the lake, with checksums, to verify and restore by.

`<LAKE_URI>/published/publication=<id>/<table>.parquet` and, written last, `manifest.json`. A table's file holds what
changed with the publication: the rows that begin with it, and (`has_ended`) those that end with it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.contracts.published import PublishedColumn, PublishedTable, published_table
from streams.errors import CityBrainError
from streams.publications.content import (
    LOCK,
    TableContent,
    changed_tables,
    checksum_of,
    frozen_content,
    model_tables,
    note_content,
    noted_content,
)
from streams.settings import Settings
from streams.warehouse.connection import connect, one_row

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa
    from pyarrow.fs import FileSystem

ARROW_TYPES = {
    "text": "string",
    "boolean": "bool",
    "integer": "int32",
    "bigint": "int64",
    "double precision": "double",
    "date": "date32",
    "timestamp": "timestamp[us]",
}


HAS_ENDED = PublishedColumn("has_ended", "boolean", True, "True: the row ended with the publication.")


@dataclass(frozen=True)
class Finding:
    """One thing that `verify` looked at. `problem` is empty when it is as it was published."""

    publication_id: int
    what: str
    problem: str


def write(settings: Settings, publication_id: int) -> str:
    """Write the copy of one publication unless it is whole already; its address. Safe to repeat after a kill."""
    place = _Place(settings, publication_id)
    if place.manifest() is not None:
        return place.address
    with connect(settings, "publisher") as connection, tempfile.TemporaryDirectory() as scratch:
        files = {}
        for name in [*(table.name for table in model_tables()), "restatement"]:
            path = Path(scratch) / f"{name}.parquet"
            _export(connection, published_table(name), publication_id, path)
            files[name] = _digest(path)
            place.put(path)
        publication, previous = one_row(
            connection,
            "select to_jsonb(one), (select max(before.publication_id) from published.publication as before"
            " where before.publication_id < one.publication_id)"
            " from published.publication as one where one.publication_id = %s",
            (publication_id,),
        )
        manifest = {
            "publication": publication,
            "previous": previous,
            "contents": [asdict(one) for one in noted_content(connection, publication_id)],
            "files": files,
        }
        path = Path(scratch) / "manifest.json"
        path.write_text(json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True))
        place.put(path)
    return place.address


def verify(settings: Settings, publication_id: int | None = None) -> list[Finding]:
    """Take all checksums again, of the warehouse's rows and of the lake's files; one publication or all.

    Raises CityBrainError where there is nothing to verify.
    """
    with connect(settings, "publisher") as connection:
        rows = connection.execute(
            "select publication_id, checksum from published.publication"
            " where %(id)s::bigint is null or publication_id = %(id)s order by publication_id",
            {"id": publication_id},
        ).fetchall()
        if not rows:
            raise CityBrainError(
                "there is no such publication" if publication_id else "there is no publication yet",
                remedy="see `citybrain publication list`",
            )
        found = []
        for number, checksum in rows:
            noted = noted_content(connection, number)
            changed = changed_tables(noted, frozen_content(connection, number, noted))
            found += [
                Finding(
                    number,
                    f"published.{table.name}",
                    "rows differ from the checksum" if table.name in changed else "",
                )
                for table in model_tables()
            ]
            whole = "" if checksum_of(noted) == checksum else "the checksum of the whole differs"
            found.append(Finding(number, "published.publication", whole))
            found += _verify_files(_Place(settings, number), checksum)
    return found


def restore(settings: Settings) -> list[int]:
    """Bring publications that the warehouse lacks back from the lake, oldest first; their numbers.

    Each comes back in one transaction and only if its checksums hold; raises CityBrainError otherwise.
    """
    restored = []
    for number in _numbers(settings):
        place = _Place(settings, number)
        manifest = place.manifest()
        if manifest is None or "previous" not in manifest:
            continue  # never finished, and the warehouse held the publication then; or of the time of whole copies
        contents = [TableContent(**{**one, "columns": tuple(one["columns"])}) for one in manifest["contents"]]
        with connect(settings, "publisher") as connection, tempfile.TemporaryDirectory() as scratch:
            connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (LOCK,))
            known = connection.execute("select 1 from published.publication where publication_id = %s", (number,))
            if known.fetchone():
                continue
            _require_previous(connection, number, manifest["previous"])
            damaged = [one.what for one in _verify_files(place, manifest["publication"]["checksum"]) if one.problem]
            if damaged:
                raise _damaged(number, damaged)
            for name in manifest["files"]:
                path = Path(scratch) / f"{name}.parquet"
                place.get(path)
                _import(connection, published_table(name), number, path)
            connection.execute(
                "insert into published.publication"
                " select * from jsonb_populate_record(null::published.publication, %s)",
                (json.dumps(manifest["publication"]),),
            )
            if changed := changed_tables(contents, frozen_content(connection, number, contents)):
                raise _damaged(number, changed)
            note_content(connection, number, contents)
        restored.append(number)
    return restored


def _require_previous(connection: psycopg.Connection[Any], number: int, previous: int | None) -> None:
    """A publication is a difference: the one that it follows must be there, and none after it."""
    (newest,) = one_row(connection, "select max(publication_id) from published.publication")
    if newest != previous:
        raise CityBrainError(
            f"publication {number} can't be restored; nothing of it was written",
            why=f"it follows publication {previous}, and the warehouse's newest one is {newest}",
            remedy="bring the lake's folder published/ back from its own backup, or restore into an empty warehouse",
        )


def _damaged(number: int, names: list[str]) -> CityBrainError:
    return CityBrainError(
        f"publication {number} can't be restored; nothing of it was written",
        why=f"the lake's copy fails its checksum in {', '.join(names)}",
        remedy="bring the lake's folder published/ back from its own backup",
    )


def _verify_files(place: _Place, checksum: str) -> list[Finding]:
    manifest = place.manifest()
    if manifest is None:
        return [Finding(place.number, place.address, "the lake has no copy; publishing the run again writes it")]
    problem = "" if manifest["publication"]["checksum"] == checksum else "it is the copy of another publication"
    found = [Finding(place.number, f"{place.address}/manifest.json", problem)]
    with tempfile.TemporaryDirectory() as scratch:
        for name, digest in manifest["files"].items():
            path = Path(scratch) / f"{name}.parquet"
            try:
                place.get(path)
                problem = "" if _digest(path) == digest else "the file differs from its checksum"
            except FileNotFoundError:
                problem = "the file is missing"
            found.append(Finding(place.number, f"{place.address}/{name}.parquet", problem))
    return found


class _Place:
    """Folder of one publication on whatever file system LAKE_URI names."""

    def __init__(self, settings: Settings, number: int) -> None:
        self.number = number
        self._files, root = lake(settings)
        self._folder = f"{root}/published/publication={number}"
        self.address = f"{settings.lake_uri.rstrip('/')}/published/publication={number}"

    def put(self, path: Path) -> None:
        self._files.create_dir(self._folder, recursive=True)
        target = f"{self._folder}/{path.name}"
        with path.open("rb") as source, self._files.open_output_stream(f"{target}.new") as sink:
            shutil.copyfileobj(source, sink)
        self._files.move(f"{target}.new", target)

    def get(self, path: Path) -> None:
        with self._files.open_input_stream(f"{self._folder}/{path.name}") as source, path.open("wb") as sink:
            shutil.copyfileobj(source, sink)

    def manifest(self) -> dict[str, Any] | None:
        try:
            with self._files.open_input_stream(f"{self._folder}/manifest.json") as source:
                loaded: dict[str, Any] = json.loads(source.read())
        except FileNotFoundError:
            return None
        return loaded


def lake(settings: Settings) -> tuple[FileSystem, str]:
    """File system and folder that LAKE_URI names."""
    from pyarrow.fs import FileSystem, LocalFileSystem

    if "://" not in settings.lake_uri:
        return LocalFileSystem(), str(Path(settings.lake_uri).resolve())
    files, root = FileSystem.from_uri(settings.lake_uri.replace("s3a://", "s3://", 1))
    return files, root.rstrip("/")


def _numbers(settings: Settings) -> list[int]:
    from pyarrow.fs import FileSelector

    files, root = lake(settings)
    found = files.get_file_info(FileSelector(f"{root}/published", allow_not_found=True))
    return sorted(int(one.base_name.partition("=")[2]) for one in found if one.base_name.startswith("publication="))


def _kept(table: PublishedTable) -> tuple[PublishedColumn, ...]:
    """Columns of a table's file."""
    return (HAS_ENDED, *(one for one in table.columns if one.name in table.values)) if table.from_dbt else table.columns


def _export(connection: psycopg.Connection[Any], table: PublishedTable, number: int, path: Path) -> None:
    """What changed with one publication as Parquet; CSV tells null (nothing) from empty text (quotes) on the way."""
    import pyarrow.csv as csv
    import pyarrow.parquet as parquet

    schema = _arrow_schema(_kept(table))
    rows_of = f"published.{table.name} where publication_id = {int(number)}"
    if table.from_dbt:
        rows_of = (
            f"(select until_publication_id is not distinct from {int(number)} as has_ended, * from frozen.{table.name})"
            f" as versions where from_publication_id = {int(number)} or until_publication_id = {int(number)}"
        )
    listed = ", ".join(f'"{name}"' for name in schema.names)
    with tempfile.TemporaryFile() as raw, connection.cursor() as cursor:
        statement = f"copy (select {listed} from {rows_of}"
        with cursor.copy(f"{statement} order by {', '.join(table.cell)}) to stdout (format csv)") as rows:
            for block in rows:
                raw.write(block)
        raw.seek(0)
        with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            if raw.seek(0, 2) == 0:  # the CSV reader takes an empty file for a broken one
                return
            raw.seek(0)
            reader = csv.open_csv(
                raw,
                read_options=csv.ReadOptions(column_names=schema.names),
                parse_options=csv.ParseOptions(newlines_in_values=True),
                convert_options=csv.ConvertOptions(
                    column_types=schema,
                    null_values=[""],
                    true_values=["t"],
                    false_values=["f"],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
            for batch in reader:
                writer.write_batch(batch)


def _import(connection: psycopg.Connection[Any], table: PublishedTable, number: int, path: Path) -> None:
    """Play what changed with a publication onto the one before it."""
    if not table.from_dbt:
        _copy_in(connection, f"published.{table.name}", path)
        return
    columns, staged = ", ".join(f'"{name}"' for name in table.values), f"restored_{table.name}"
    connection.execute(
        f"create temporary table {staged} on commit drop as select true as has_ended, {columns}"
        f" from frozen.{table.name} limit 0"
    )
    _copy_in(connection, staged, path)
    same_cell = " and ".join(f'staged."{name}" = versions."{name}"' for name in table.cell)
    connection.execute(
        f"update frozen.{table.name} as versions set until_publication_id = %s from {staged} as staged"
        f" where staged.has_ended and versions.until_publication_id is null and {same_cell}",
        (number,),
    )
    connection.execute(
        f"insert into frozen.{table.name} (from_publication_id, {columns})"
        f" select %s, {columns} from {staged} where not has_ended",
        (number,),
    )


def _copy_in(connection: psycopg.Connection[Any], relation: str, path: Path) -> None:
    import pyarrow.csv as csv
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    listed = ", ".join(f'"{column}"' for column in file.schema_arrow.names)
    with connection.cursor() as cursor, cursor.copy(f"copy {relation} ({listed}) from stdin (format csv)") as rows:
        options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
        for batch in file.iter_batches():
            csv.write_csv(batch, _Sink(rows), options)


class _Sink:
    """The little of a binary file that the CSV writer needs, over a COPY."""

    closed = False

    def __init__(self, rows: psycopg.Copy) -> None:
        self._rows = rows

    def write(self, block: bytes) -> int:
        self._rows.write(bytes(block))
        return len(block)

    def flush(self) -> None:
        return None

    def writable(self) -> bool:
        return True


def _arrow_schema(columns: Sequence[PublishedColumn]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([pa.field(column.name, pa.type_for_alias(ARROW_TYPES[column.data_type])) for column in columns])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
