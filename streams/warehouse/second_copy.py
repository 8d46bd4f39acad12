"""Frozen history's second copy: each publication as Parquet in the lake, with checksums, to verify and restore by.

`<LAKE_URI>/published/publication=<id>/<table>.parquet` and, written last, `manifest.json`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.contracts.published import PublishedTable, published_table
from streams.errors import CityBrainError
from streams.settings import Settings
from streams.warehouse.connection import connect, one_row
from streams.warehouse.content import TableContent, checksum_of, frozen_content

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
        contents = _contents(connection, publication_id)
        files = {}
        for name in [*(one.table_name for one in contents), "restatement"]:
            columns = next((one.columns for one in contents if one.table_name == name), None)
            path = Path(scratch) / f"{name}.parquet"
            _export(connection, published_table(name), columns, publication_id, path)
            files[name] = _digest(path)
            place.put(path)
        row = one_row(
            connection,
            "select to_jsonb(publication) from published.publication where publication_id = %s",
            (publication_id,),
        )
        manifest = {"publication": row[0], "contents": [asdict(one) for one in contents], "files": files}
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
            noted = _contents(connection, number)
            found += [
                Finding(number, f"published.{then.table_name}", "" if then == now else "rows differ from the checksum")
                for then, now in zip(noted, frozen_content(connection, number, noted), strict=True)
            ]
            whole = "" if checksum_of(noted) == checksum else "the checksum of the whole differs"
            found.append(Finding(number, "published.publication", whole))
            found += _verify_files(_Place(settings, number), checksum)
    return found


def restore(settings: Settings) -> list[int]:
    """Bring publications that the warehouse lacks back from the lake, oldest first; their numbers.

    Each comes back in one transaction and only if its checksums hold; raises CityBrainError otherwise.
    """
    from streams.warehouse.publish import LOCK, note_content

    restored = []
    for number in _numbers(settings):
        place = _Place(settings, number)
        manifest = place.manifest()
        if manifest is None:
            continue  # a copy that was never finished; the warehouse held the publication then
        contents = [TableContent(**{**one, "columns": tuple(one["columns"])}) for one in manifest["contents"]]
        with connect(settings, "publisher") as connection, tempfile.TemporaryDirectory() as scratch:
            connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (LOCK,))
            known = connection.execute("select 1 from published.publication where publication_id = %s", (number,))
            if known.fetchone():
                continue
            damaged = [one.what for one in _verify_files(place, manifest["publication"]["checksum"]) if one.problem]
            if damaged:
                raise _damaged(number, damaged)
            for name in manifest["files"]:
                path = Path(scratch) / f"{name}.parquet"
                place.get(path)
                _import(connection, name, path)
            connection.execute(
                "insert into published.publication"
                " select * from jsonb_populate_record(null::published.publication, %s)",
                (json.dumps(manifest["publication"]),),
            )
            changed = [
                then.table_name
                for then, now in zip(contents, frozen_content(connection, number, contents), strict=True)
                if then != now
            ]
            if changed:
                raise _damaged(number, changed)
            note_content(connection, number, contents)
        restored.append(number)
    return restored


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
        self._files, root = _lake(settings)
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


def _lake(settings: Settings) -> tuple[FileSystem, str]:
    from pyarrow.fs import FileSystem, LocalFileSystem

    if "://" not in settings.lake_uri:
        return LocalFileSystem(), str(Path(settings.lake_uri).resolve())
    files, root = FileSystem.from_uri(settings.lake_uri.replace("s3a://", "s3://", 1))
    return files, root.rstrip("/")


def _numbers(settings: Settings) -> list[int]:
    from pyarrow.fs import FileSelector

    files, root = _lake(settings)
    found = files.get_file_info(FileSelector(f"{root}/published", allow_not_found=True))
    return sorted(int(one.base_name.partition("=")[2]) for one in found if one.base_name.startswith("publication="))


def _contents(connection: psycopg.Connection[Any], number: int) -> list[TableContent]:
    rows = connection.execute(
        "select table_name, columns, row_count, checksum from ops.publication_content"
        " where publication_id = %s order by table_name",
        (number,),
    ).fetchall()
    return [TableContent(name, tuple(json.loads(columns)), count, digest) for name, columns, count, digest in rows]


def _export(
    connection: psycopg.Connection[Any],
    table: PublishedTable,
    columns: tuple[str, ...] | None,
    number: int,
    path: Path,
) -> None:
    """Rows of one publication as Parquet; CSV tells null (nothing) from empty text (quotes) on the way."""
    import pyarrow.csv as csv
    import pyarrow.parquet as parquet

    schema = _arrow_schema(table, columns)
    listed = ", ".join(f'"{name}"' for name in schema.names)
    with tempfile.TemporaryFile() as raw, connection.cursor() as cursor:
        statement = f"copy (select {listed} from published.{table.name} where publication_id = {int(number)}"
        with cursor.copy(f"{statement} order by {', '.join(table.primary_key)}) to stdout (format csv)") as rows:
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


def _import(connection: psycopg.Connection[Any], name: str, path: Path) -> None:
    import pyarrow.csv as csv
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    listed = ", ".join(f'"{column}"' for column in file.schema_arrow.names)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy published.{name} ({listed}) from stdin (format csv)") as rows,
    ):
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


def _arrow_schema(table: PublishedTable, columns: tuple[str, ...] | None) -> pa.Schema:
    import pyarrow as pa

    wanted = {*columns, "publication_id"} if columns else {column.name for column in table.columns}
    return pa.schema(
        [
            pa.field(column.name, pa.type_for_alias(ARROW_TYPES[column.data_type]))
            for column in table.columns
            if column.name in wanted
        ]
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
