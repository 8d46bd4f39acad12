"""Rows of a source -> events of its contract, by the mapping alone; whole columns at a time.

A row becomes one event per stage that it has reached. What the mapping neither uses nor drops is not carried on:
nobody has said yet whether it is personal. A row that can't be read in full is rejected in full, with its line
and reason; the others are not touched by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from streams.contracts.registry import MAX_RECORD_BYTES, Field
from streams.errors import CityBrainError
from streams.privacy.scrub import scrub
from streams.privacy.tokens import TokenKeys
from streams.sources.codes import codes_by_name
from streams.sources.envelope import envelopes
from streams.sources.mapping import PREVIOUS_TOKEN_FIELD, TOKEN_KEY_FIELD, FieldRule, SourceMapping
from streams.sources.numerals import damaged, identifiers, number, part, whole_number
from streams.sources.tables import LINE, REJECT_SCHEMA, Table
from streams.sources.times import in_utc, read

_AT, _RECORDED, _STAGE_RANK = "event_at_utc", "recorded_at_utc", "\x00rank"


@dataclass(frozen=True)
class Adapted:
    """What became of a file. `events`: input for `envelopes`, in event-time order; `rejects`: line, reason."""

    mapping: SourceMapping
    events: pl.DataFrame
    rejects: pl.DataFrame
    rows_read: int
    unknown_columns: list[str]
    place: str
    label: Callable[[int], str] = str

    @property
    def rows_rejected(self) -> int:
        return self.rejects.get_column("line").n_unique()

    def placed_rejects(self) -> pl.DataFrame:
        """`rejects` with the places as people know them, under the name of what is counted."""
        lines = self.rejects["line"].to_list()
        return self.rejects.select(pl.Series(self.place, [self.label(line) for line in lines], pl.String), "reason")

    @property
    def rows_adapted(self) -> int:
        return self.rows_read - self.rows_rejected

    @cached_property
    def _envelopes(self) -> pl.DataFrame:
        return envelopes(self.events, self.mapping.contract)

    @property
    def fingerprint(self) -> str:
        """32 hex over all records: the same for the same file under the same mapping, else another."""
        digest = hashlib.sha256()
        for value in self._envelopes.get_column("value"):
            digest.update(value)
        return digest.hexdigest()[:32]

    def records(self) -> Iterator[tuple[str, bytes | None, bytes | None]]:
        """(topic, key, value) of each event, for the producer."""
        topic = self.mapping.contract.topic
        for key, value in self._envelopes.iter_rows():
            yield topic, key, value


def adapt(table: Table, mapping: SourceMapping, tokens: TokenKeys | None = None) -> Adapted:
    """Apply a mapping to a table that was read.

    Raises CityBrainError when a column that the mapping uses is missing, when an unknown one is to be refused, or
    when the mapping tokenises and no keys are given.
    """
    unknown = _checked_columns(table, mapping)
    if tokens is None and any(rule.token for rule in mapping.fields.values()):
        raise CityBrainError(
            f"mapping {mapping.name} makes tokens", why="no key was given", remedy="run it by `citybrain ingest`"
        )
    present = [name for name in mapping.used_columns if name in table.columns]
    absent = [pl.lit(None, pl.String).alias(name) for name in mapping.used_columns if name not in present]
    frame = table.frame.select(LINE, *present, *absent)
    moments = [read(frame[name], mapping.times_of(name)).alias(_moment(name)) for name in mapping.time_columns]
    things = {str(rule.source) for name, rule in mapping.fields.items() if _names_a_thing(name, rule)}
    frame = frame.with_columns(*moments, *(identifiers(frame[name]) for name in things))
    judged = frame.with_columns(_reason(mapping).alias("reason"))
    rejects = judged.filter(pl.col("reason").is_not_null()).select(line=LINE, reason="reason")
    good = judged.filter(pl.col("reason").is_null())
    parts = [_stage_events(good, mapping, stage, tokens) for stage in mapping.stages]
    events = pl.concat(parts).sort(_AT, mapping.contract.subject_field, _STAGE_RANK, maintain_order=True)
    events, too_large = _sized(events, mapping)
    rejects = pl.concat([table.rejects, rejects, too_large]).sort("line")
    return Adapted(mapping, events.drop(_STAGE_RANK, LINE), rejects, table.n_records, unknown, table.place, table.label)


def preview(table: Table, adapted: Adapted) -> list[tuple[str, str, str]]:
    """(source column, what it became, one value as it leaves) for each column, in the file's order, then constants.

    Personal values are not shown: what is shown has passed the scrubber or the token maker.
    """
    mapping, rows = adapted.mapping, []
    sample = {
        name: adapted.events.get_column(name).drop_nulls().cast(pl.String).head(1).to_list()
        for name in adapted.events.columns
    }
    for column in table.columns:
        uses = [_use(name, rule) for name, rule in mapping.fields.items() if rule.source == column]
        shown = [v for name, rule in mapping.fields.items() if rule.source == column for v in sample.get(name, [])]
        shown += [_first_time(adapted, stage) for stage, rule in mapping.stages.items() if rule.at == column]
        uses += [f"time of {stage}" for stage, rule in mapping.stages.items() if column in (rule.at, rule.recorded)]
        uses += [f"decides on {stage}" for stage, rule in mapping.stages.items() if column in rule.when]
        uses += ["decides on the stages"] if column == mapping.status_column else []
        uses += [f"dropped ({why})" for why, names in mapping.drop.items() if column in names]
        rows.append((column, "; ".join(uses) or "NOT MAPPED, left out", shown[0] if shown else ""))
    constants = {name: rule.constant for name, rule in mapping.fields.items() if rule.constant is not None}
    return rows + [("", f"{name}, constant", str(value)) for name, value in constants.items()]


def looks_personal(adapted: Adapted) -> list[tuple[str, int]]:
    """(source column, events) where a value that is sent as it stands has the form of a number or name of a person."""
    found = []
    for name, rule in adapted.mapping.fields.items():
        if rule.column and adapted.events.schema[name] == pl.String:
            values = adapted.events.select(pl.col(name).alias("as_is"), scrub(pl.col(name)).alias("scrubbed"))
            if n := values.filter(pl.col("as_is") != pl.col("scrubbed")).height:
                found.append((rule.column, n))
    return found


def _first_time(adapted: Adapted, stage: str) -> str:
    moments = adapted.events.filter(pl.col("stage") == stage).get_column(_AT)
    return f"{moments[0].isoformat()}Z" if moments.len() else ""


def _use(name: str, rule: FieldRule) -> str:
    how = ["scrubbed"] if rule.scrubbed else ["tokenised"] if rule.token else []
    how += ["by code map"] if rule.map else ["by name"] if rule.by_name else []
    how += [f"only in {', '.join(rule.only)}"] if rule.only else []
    return f"{name} ({'; '.join(how)})" if how else name


# --- columns ----------------------------------------------------------------------------------------------


def _checked_columns(table: Table, mapping: SourceMapping) -> list[str]:
    if not table.columns and not table.n_records:
        return []  # a quiet day
    missing = [name for name in mapping.used_columns if name not in table.columns]
    if missing:
        raise CityBrainError(
            f"the file has no column {', '.join(missing)}",
            why=f"mapping {mapping.name} uses it; the file has: {', '.join(table.columns)[:500]}",
            remedy="choose the mapping of this file, or correct its column names (or reader.delimiter)",
            exit_code=2,
        )
    known = {*mapping.used_columns, *mapping.dropped_columns}
    unknown = [name for name in table.columns if name not in known]
    if unknown and mapping.unknown_columns == "refuse":
        raise CityBrainError(
            f"the file has unknown column(s) {', '.join(unknown)}",
            why=f"mapping {mapping.name} neither uses nor drops them, and says unknown_columns: refuse",
            remedy="add each to fields or to drop; nothing was loaded",
            exit_code=2,
        )
    return unknown


# --- rows -------------------------------------------------------------------------------------------------


def _reason(mapping: SourceMapping) -> pl.Expr:
    """The first reason to reject a row, or null."""
    faults: list[tuple[pl.Expr, str | pl.Expr]] = []
    if mapping.status_column:
        status = pl.col(mapping.status_column)
        faults.append((status.is_null(), f"{mapping.status_column} is empty"))
        faults.append(
            (
                ~status.is_in(list(mapping.status_stages)),
                pl.format(f"{mapping.status_column} {{}} is not in the mapping", _shown(status)),
            )
        )
    for stage, rule in mapping.stages.items():
        reached = _reached(mapping, stage)
        for column in dict.fromkeys(name for name in (rule.at, rule.recorded) if name):
            faults.append((reached & pl.col(column).is_null(), f"{stage}, but {column} is empty"))
            unread, usual = pl.col(_moment(column)).is_null(), mapping.times_of(column).formats[0]
            faults.append((reached & unread, f"{column} is no time like {usual}"))
            skipped = _instant(column, mapping).is_null()
            faults.append((reached & skipped, f"{column} is an hour that the clocks skip or repeat"))
    for name, field_rule in mapping.fields.items():
        faults += _field_faults(mapping, mapping.contract.field(name), field_rule)
    reason = pl.lit(None, dtype=pl.String)
    for condition, text in reversed(faults):
        said = pl.lit(text) if isinstance(text, str) else text
        reason = pl.when(condition.fill_null(False)).then(said).otherwise(reason)
    return reason


def _shown(value: pl.Expr) -> pl.Expr:
    """As a reason may show it: cells that slipped by a column may hold anything."""
    return scrub(value.str.slice(0, 40))


def _field_faults(mapping: SourceMapping, field: Field, rule: FieldRule) -> Iterator[tuple[pl.Expr, str | pl.Expr]]:
    source = rule.source
    if source is None:
        return
    given = pl.col(source).is_not_null()
    if field.required:
        yield ~given, f"{source} is empty"
    if rule.map is not None and rule.default is ...:
        unmapped = given & ~pl.col(source).is_in(list(rule.map))
        yield unmapped, pl.format(f"{source} {{}} is not in the code map", _shown(pl.col(source)))
    if _names_a_thing(field.name, rule):
        yield damaged(pl.col(source)), f"{source} is a number of which a spreadsheet has lost digits"
    if rule.token or rule.scrubbed:
        return
    value = _value(mapping, field, rule)
    if field.logical_type in ("number", "integer", "boolean", "timestamp") and rule.map is None:
        yield given & value.is_null(), f"{source} is no {field.logical_type}"
    if field.logical_type == "number":
        yield ~value.is_finite(), f"{source} is no number that can be counted with"
    if field.minimum is not None:
        yield value < field.minimum, f"{source} is under {field.minimum:g}"
    if field.maximum is not None:
        yield value > field.maximum, f"{source} is over {field.maximum:g}"
    if field.max_length is not None:
        yield value.str.len_chars() > field.max_length, f"{source} is longer than {field.max_length} characters"
    if field.pattern is not None:
        yield given & ~value.str.contains(field.pattern), f"{source} has not the contract's form"
    if field.enum and rule.map is None:
        yield given & ~value.is_in(list(field.enum)), f"{source} is none of the contract's values"


def _names_a_thing(name: str, rule: FieldRule) -> bool:
    """Whether a column identifies something: there a lost digit makes two things one."""
    return bool(rule.token) or (bool(rule.column) and name.endswith(("_id", "_code")))


def _reached(mapping: SourceMapping, stage: str) -> pl.Expr:
    """Whether a row has reached the stage: by its status where the map names it, by `when`, by an optional time."""
    reached = pl.col(LINE).is_not_null()  # true for each row: a large frame can't be filtered by a literal
    if any(stage in stages for stages in mapping.status_stages.values()):
        names = [status for status, stages in mapping.status_stages.items() if stage in stages]
        reached = pl.col(str(mapping.status_column)).is_in(names)
    if mapping.stages[stage].optional:
        reached = reached & pl.col(mapping.stages[stage].at).is_not_null()
    for column, allowed in mapping.stages[stage].when.items():
        reached = reached & pl.col(column).is_in(list(allowed))
    return reached.fill_null(False)


# --- events -----------------------------------------------------------------------------------------------


def _stage_events(rows: pl.DataFrame, mapping: SourceMapping, stage: str, tokens: TokenKeys | None) -> pl.DataFrame:
    rule = mapping.stages[stage]
    reached = rows.filter(_reached(mapping, stage))
    columns: dict[str, Any] = {
        LINE: pl.col(LINE),
        "event_source": pl.lit(mapping.event_source),
        _AT: _instant(rule.at, mapping),
        _RECORDED: _instant(rule.recorded or rule.at, mapping),
        _STAGE_RANK: pl.lit(list(mapping.stages).index(stage), dtype=pl.Int32),
        "city_code": pl.lit(mapping.city_code),
        "stage": pl.lit(stage),
    }
    for name, field_rule in mapping.fields.items():
        field = mapping.contract.field(name)
        is_told = not field_rule.only or stage in field_rule.only
        if field_rule.token and tokens:
            people = reached.get_column(field_rule.token)
            columns |= _tokens(name, people if is_told else people.clear(len(people)), mapping, tokens)
        elif not is_told:
            columns[name] = pl.lit(None, dtype=_TYPES[field.logical_type])
        else:
            columns[name] = _value(mapping, field, field_rule)
    return reached.select(**columns)


def _tokens(name: str, people: pl.Series, mapping: SourceMapping, keys: TokenKeys) -> dict[str, Any]:
    """The token and its key; while two keys overlap also the token under the one before, so that repeats link."""
    purpose = f"{mapping.city_code}/{mapping.system}"
    made = keys.tokens(people, purpose)
    columns = {name: made, TOKEN_KEY_FIELD: pl.when(made.is_not_null()).then(pl.lit(keys.current))}
    if keys.previous:
        columns[PREVIOUS_TOKEN_FIELD] = keys.tokens(people, purpose, keys.previous)
    return columns


_TYPES: dict[str, Any] = {
    "string": pl.String,
    "number": pl.Float64,
    "integer": pl.Int64,
    "boolean": pl.Boolean,
    "timestamp": pl.Datetime("ms"),
}


def _value(mapping: SourceMapping, field: Field, rule: FieldRule) -> pl.Expr:
    kind = _TYPES[field.logical_type]
    if rule.constant is not None:
        return pl.lit(rule.constant, dtype=kind)
    if rule.scrubbed:
        return scrub(pl.col(rule.scrubbed))
    source = pl.col(str(rule.column))
    if rule.part is not None:
        source = part(source, rule.part, mapping.reader["decimal"])
    if rule.map is not None:
        default = None if rule.default is ... else rule.default
        mapped = source.replace_strict(list(rule.map), list(rule.map.values()), default=default, return_dtype=kind)
        return pl.when(source.is_not_null()).then(mapped)
    if field.logical_type == "timestamp":
        return _instant(str(rule.column), mapping)
    if field.logical_type == "boolean":
        lowered = source.str.to_lowercase()
        return (
            pl.when(lowered.is_in(["true", "t", "yes", "y", "1", "是"]))
            .then(True)
            .when(lowered.is_in(["false", "f", "no", "n", "0", "否"]))
            .then(False)
        )
    if rule.by_name:
        codes = codes_by_name(mapping, field.name)
        return source.replace_strict(list(codes), list(codes.values()), default=source, return_dtype=kind)
    if rule.slug:
        return source.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "_").str.strip_chars("_")
    if field.logical_type == "number":
        return number(source, mapping.reader["decimal"])
    return source if kind == pl.String else whole_number(source, mapping.reader["decimal"])


def _moment(column: str) -> str:
    """Column that holds what a time column says, before any zone."""
    return f"\x00moment {column}"


def _instant(column: str, mapping: SourceMapping) -> pl.Expr:
    """The instant in UTC, without zone."""
    first = mapping.stages[next(iter(mapping.stages))].at
    began = None if column == first else _instant(first, mapping)
    return in_utc(pl.col(_moment(column)), mapping.times_of(column), began)


def _sized(events: pl.DataFrame, mapping: SourceMapping) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that would make a record over 1 MiB go to the rejects, with all of their events."""
    long = [name for name in mapping.fields if events.schema[name] == pl.String]
    size = pl.sum_horizontal([pl.col(name).str.len_bytes().fill_null(0) for name in long])
    # Escaping may double a text; only then is it worth measuring.
    suspects = events.filter(size * 2 > MAX_RECORD_BYTES)
    if suspects.is_empty():
        return events, pl.DataFrame(schema=REJECT_SCHEMA)
    sizes = envelopes(suspects.drop(_STAGE_RANK, LINE), mapping.contract).get_column("value").bin.size()
    lines = suspects.filter(sizes > MAX_RECORD_BYTES).select(line=LINE).unique()
    return (
        events.filter(~pl.col(LINE).is_in(lines.get_column("line").to_list())),
        lines.with_columns(reason=pl.lit("larger than 1 MiB as a record")),
    )
