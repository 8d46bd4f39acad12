"""Rows of a source -> events of its contract, by the mapping alone; whole columns at a time.

A row becomes one event per stage that it has reached. What the mapping neither uses nor drops is not carried on:
nobody has said yet whether it is personal. A row without what its contract requires is rejected in full, with its
line and reason; a wrong optional value costs itself alone. Both are told, and no other row is touched by them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from streams.contracts.registry import FUTURE_TOLERANCE_MINUTES, MAX_RECORD_BYTES, City, Field, cities, city
from streams.contracts.validate import broken_rule
from streams.errors import CityBrainError
from streams.privacy.fields import mark_of_field
from streams.privacy.scrub import scrub
from streams.privacy.tokens import TokenKeys
from streams.sources.codes import codes_by_name
from streams.sources.envelope import envelopes
from streams.sources.findings import FINDING_SCHEMA, REJECTED, RULES, TALLY_SCHEMA, findings_of, tallied
from streams.sources.mapping import (
    CLOSING,
    PREVIOUS_TOKEN_FIELD,
    TOKEN_KEY_FIELD,
    FieldRule,
    SourceMapping,
)
from streams.sources.numerals import damaged, identifiers, number, part, whole_number
from streams.sources.tables import LINE, Table
from streams.sources.times import in_utc, read
from streams.transforms.points import point_fault

_AT, _RECORDED, _STAGE_RANK = "event_at_utc", "recorded_at_utc", "\x00rank"
_SPLIT = "\x1f"
"""Between a rule and its words, until the few rows that break one are taken apart."""

POINT_FAULTS = {
    "half": "are not two numbers",
    "zero": "are 0/0, which is no place of the city",
    "swapped": "are swapped: latitude for longitude",
    "far": "lie far outside the city",
    "out_of_range": "are no place on earth",
}
"""What is said of each fault of a point."""

POINTS_TO_JUDGE = 20
"""Points of a file that show where the city is, where its file gives no bounds."""

FAR_DEGREES = 1.5
"""From the middle of a file's points: no city is so large."""


@dataclass(frozen=True)
class Adapted:
    """What became of a file. `events`: input for `envelopes` and LINE, in event-time order; `findings`: what was
    rejected, left out or is to be told (FINDING_SCHEMA); `absent_columns`: optional ones that the file lacks."""

    mapping: SourceMapping
    events: pl.DataFrame
    findings: pl.DataFrame
    rows_read: int
    unknown_columns: list[str]
    place: str
    label: Callable[[int], str] = str
    absent_columns: list[str] = field(default_factory=list)

    @cached_property
    def rejects(self) -> pl.DataFrame:
        """line, reason of each row that is not taken."""
        return self.with_outcome(REJECTED).select("line", "reason")

    def with_outcome(self, outcome: str, *, inverted: bool = False) -> pl.DataFrame:
        """Findings whose rule has this outcome, or any other."""
        rules = [rule for rule, meaning in RULES.items() if meaning.outcome == outcome]
        return self.findings.filter(pl.col("rule").is_in(rules) != inverted)

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

    @property
    def n_cases(self) -> int:
        """Different cases (devices, signs) that the taken rows tell of."""
        return self.events.get_column(self.mapping.contract.subject_field).n_unique()

    @property
    def rows_sharing_a_number(self) -> int:
        """Rows beyond the first of each case: those taken, and those rejected because another has their number."""
        twice = self.findings.filter(pl.col("rule") == "number_twice").height
        return self.rows_adapted + twice - self.n_cases

    def tally(self) -> pl.DataFrame:
        """Rows of the file by rule (TALLY_SCHEMA): what is booked of a run."""
        absent = [("left_out", "absent_column", self.rows_read, None, name) for name in self.absent_columns[:1]]
        return pl.concat([tallied(self.findings), pl.DataFrame(absent, schema=TALLY_SCHEMA, orient="row")])

    @cached_property
    def _envelopes(self) -> pl.DataFrame:
        return envelopes(self.events.drop(LINE), self.mapping.contract)

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

    def judged_by_the_wire(self, now: datetime) -> Adapted:
        """The same with the rows rejected that would become dead letters, as the wire's own validator judges them.

        A draft city is judged as if it were switched on.
        """
        contract, found = self.mapping.contract, {}
        known = {**cities(), self.mapping.city_code: city(self.mapping.city_code)}
        for line, (key, value) in zip(self.events.get_column(LINE), self._envelopes.iter_rows(), strict=True):
            if line not in found and (rule := broken_rule(contract, key, value, now=now, cities=known)):
                found[line] = rule
        rows = [(line, "refused_by_the_wire", f"the wire would refuse it: {rule}") for line, rule in found.items()]
        refused = pl.DataFrame(rows, schema=FINDING_SCHEMA, orient="row")
        return replace(
            self,
            events=self.events.filter(~pl.col(LINE).is_in(list(found))),
            findings=pl.concat([self.findings, refused]).sort("line", maintain_order=True),
        )


def adapt(
    table: Table, mapping: SourceMapping, tokens: TokenKeys | None = None, now: datetime | None = None
) -> Adapted:
    """Apply a mapping to a table that was read. A time behind `now` (aware) is rejected; without it none is.

    Raises CityBrainError when a column that every row needs is missing, when an unknown one is to be refused, or
    when the mapping tokenises and no keys are given.
    """
    unknown, absent = _checked_columns(table, mapping)
    if tokens is None and any(rule.token for rule in mapping.fields.values()):
        raise CityBrainError(
            f"mapping {mapping.name} makes tokens", why="no key was given", remedy="run it by `citybrain ingest`"
        )
    nothing = pl.lit(None, dtype=pl.String)
    frame = table.frame.select(
        LINE, *(nothing.alias(name) if name in absent else pl.col(name) for name in mapping.used_columns)
    )
    moments = [read(frame[name], mapping.times_of(name)).alias(_moment(name)) for name in mapping.time_columns]
    things = {rule.sources[0] for _, name, rule in mapping.rules if _names_a_thing(name, rule)}
    frame = frame.with_columns(*moments, *(identifiers(frame[name]) for name in things))
    frame = frame.with_columns(**_times(mapping)).with_columns(**_values(mapping))
    judged = frame.with_columns(_rejection(mapping, now).alias("reason"))
    findings = [findings_of(table.rejects, "line", "unreadable_row", pl.col("reason"))]
    findings.append(_taken_apart(judged, "reason"))
    rows = judged.filter(pl.col("reason").is_null()).drop("reason")
    rows, twice = _one_row_each(rows, mapping)
    rows, left_out = _without_wrong_values(rows, mapping)
    rows, no_points = _without_wrong_points(rows, mapping)
    rows = rows.with_columns(**_tokens(rows, mapping, tokens)) if tokens else rows
    events = pl.concat([_stage_events(rows, mapping, stage) for stage in mapping.stages])
    events = events.sort(_AT, mapping.contract.subject_field, _STAGE_RANK, maintain_order=True)
    events, too_large = _sized(events.drop(_STAGE_RANK), mapping)
    findings += [twice, left_out, no_points, _closed_before_receipt(rows, mapping), too_large]
    told = pl.concat(findings).sort("line", maintain_order=True)
    return Adapted(mapping, events, told, table.n_records, unknown, table.place, table.label, absent)


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
        told = [(stage, name, rule) for stage, name, rule in mapping.rules if column in rule.sources]
        uses = [f"{_use(name, rule)}{f' of {stage}' if stage else ''}" for stage, name, rule in told]
        shown = [value for stage, name, _ in told if not stage for value in sample.get(name, [])]
        shown += [_first_time(adapted, stage) for stage, rule in mapping.stages.items() if column in rule.columns]
        uses += [f"time of {stage}" for stage, rule in mapping.stages.items() if column in rule.time_columns]
        uses += [f"counted as {name}" for name, counted in mapping.measures.items() if counted == column]
        uses += [f"decides on {stage}" for stage, rule in mapping.stages.items() if column in rule.when]
        uses += ["decides on the stages"] if column == mapping.status_column else []
        uses += [f"dropped ({why})" for why, names in mapping.drop.items() if column in names]
        rows.append((column, "; ".join(uses) or "NOT MAPPED, left out", shown[0] if shown else ""))
    constants = {name: rule.constant for name, rule in mapping.fields.items() if rule.constant is not None}
    for stage, moment in mapping.stages.items():
        constants |= {f"time of {stage}": f"{moment.constant.isoformat()}Z"} if moment.constant else {}
    return rows + [("", f"{name}, constant", str(value)) for name, value in constants.items()]


def looks_personal(adapted: Adapted) -> list[tuple[str, int]]:
    """(source column, events) where a value is sent as it stands and is a person's by its form or its column's name."""
    found = []
    for name, rule in adapted.mapping.fields.items():
        if rule.column and adapted.events.schema[name] == pl.String:
            values = adapted.events.select(pl.col(name).alias("as_is"), scrub(pl.col(name)).alias("scrubbed"))
            is_personal = pl.lit(mark_of_field(rule.column) is not None) | (pl.col("as_is") != pl.col("scrubbed"))
            if n := values.filter(is_personal & pl.col("as_is").is_not_null()).height:
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


def _checked_columns(table: Table, mapping: SourceMapping) -> tuple[list[str], list[str]]:
    """Columns that nobody decided on, and those that are missing and that rows can do without."""
    if not table.columns and not table.n_records:
        return [], mapping.used_columns  # a quiet day
    absent = [name for name in mapping.used_columns if name not in table.columns]
    missing = [name for name in absent if name in mapping.needed_columns]
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
    return unknown, absent


# --- rows -------------------------------------------------------------------------------------------------

Fault = tuple[pl.Expr, str, str | pl.Expr]
"""When it holds, the rule that is broken, and the words."""


def _first_fault(faults: list[Fault]) -> pl.Expr:
    """Rule and words of the first fault of a row, or null."""
    found = pl.lit(None, dtype=pl.String)
    for condition, rule, text in reversed(faults):
        said = pl.lit(f"{rule}{_SPLIT}{text}") if isinstance(text, str) else pl.lit(f"{rule}{_SPLIT}") + text
        found = pl.when(condition.fill_null(False)).then(said).otherwise(found)
    return found


def _taken_apart(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Findings of the rows whose `column` names a fault."""
    faulty = rows.filter(pl.col(column).is_not_null()).select(
        LINE, parts=pl.col(column).str.split_exact(_SPLIT, 1).struct.rename_fields(["rule", "reason"])
    )
    return faulty.unnest("parts").rename({LINE: "line"})


def _rejection(mapping: SourceMapping, now: datetime | None) -> pl.Expr:
    """The first reason to reject a row, or null."""
    faults: list[Fault] = []
    if mapping.status_column:
        status = pl.col(mapping.status_column)
        known = list(mapping.status_stages)
        faults.append((status.is_null(), "missing_field", f"{mapping.status_column} is empty"))
        said = pl.format(f"{_plain(mapping.status_column)} {{}} is not in the mapping", _shown(status))
        faults.append((~status.is_in(known), "unknown_status", said))
    jurisdiction = city(mapping.city_code)
    for stage, rule in mapping.stages.items():
        reached = _reached(mapping, stage)
        if rule.columns:
            empty = pl.all_horizontal(pl.col(name).is_null() for name in rule.columns)
            faults.append((reached & empty, "missing_field", f"{stage}, but {' and '.join(rule.columns)} is empty"))
        if rule.recorded:
            empty = pl.col(rule.recorded).is_null()
            faults.append((reached & empty, "missing_field", f"{stage}, but {rule.recorded} is empty"))
        for column in rule.time_columns:
            faults += _time_faults(column, mapping, reached & pl.col(column).is_not_null(), jurisdiction, now)
    for stage, name, field_rule in mapping.rules:
        contract_field = mapping.contract.field(name)
        if contract_field.required and field_rule.sources:
            reached = _reached(mapping, stage) if stage else pl.lit(True)
            faults += [(reached & fault, rule, text) for fault, rule, text in _faults(mapping, stage, name, field_rule)]
    return _first_fault(faults)


def _time_faults(
    column: str, mapping: SourceMapping, given: pl.Expr, jurisdiction: City, now: datetime | None
) -> Iterator[Fault]:
    usual = " or ".join(mapping.times_of(column).formats)
    yield given & pl.col(_moment(column)).is_null(), "bad_time", f"{column} is no time like {usual}"
    at = _instant(column, mapping)
    yield given & at.is_null(), "bad_time", f"{column} is an hour that the clocks skip or repeat"
    first = jurisdiction.first_plausible_at.replace(tzinfo=None)
    before = f"{column} is before {jurisdiction.first_plausible_date}, the first plausible day of {mapping.city_code}"
    yield given & (at < first), "implausible_time", before
    if now is not None:
        limit = (now + timedelta(minutes=FUTURE_TOLERANCE_MINUTES)).astimezone(UTC).replace(tzinfo=None)
        yield given & (at > limit), "future_time", f"{column} is after now"


def _plain(text: str) -> str:
    """A column's name inside a format."""
    return text.replace("{", "{{").replace("}", "}}")


def _shown(value: pl.Expr) -> pl.Expr:
    """As a reason may show it: cells that slipped by a column may hold anything."""
    return scrub(value.str.slice(0, 40))


def _faults(mapping: SourceMapping, stage: str, name: str, rule: FieldRule) -> Iterator[Fault]:
    """What can be wrong with a value that a column gives, in the order of the wire's rules."""
    contract_field = mapping.contract.field(name)
    source, value = " and ".join(rule.sources), pl.col(_held(stage, name))
    given = pl.any_horizontal(pl.col(one).is_not_null() for one in rule.sources)
    if rule.map is not None and rule.default is ...:
        text = pl.col(rule.sources[0])
        said = pl.format(f"{_plain(source)} {{}} is not in the code map", _shown(text))
        yield text.is_not_null() & ~text.is_in(list(rule.map)), "value_not_allowed", said
    if contract_field.required:
        yield ~given, "missing_field", f"{source} is empty"
    if _names_a_thing(name, rule):
        lost = f"{source} is a number of which a spreadsheet has lost digits"
        yield damaged(pl.col(rule.sources[0])), "value_not_allowed", lost
    if rule.token:
        return
    if rule.map is None and contract_field.logical_type != "string":
        yield given & value.is_null(), "wrong_type", f"{source} is no {contract_field.logical_type}"
    if contract_field.required:
        yield value.is_null(), "missing_field", f"{source} gives no value"
    if contract_field.logical_type == "number":
        yield ~value.is_finite(), "wrong_type", f"{source} is no number that can be counted with"
    if contract_field.max_length is not None:
        longest = contract_field.max_length
        yield value.str.len_chars() > longest, "value_not_allowed", f"{source} is longer than {longest} characters"
    if contract_field.pattern is not None:
        yield ~value.str.contains(contract_field.pattern), "value_not_allowed", f"{source} has not the contract's form"
    if contract_field.enum:
        yield ~value.is_in(list(contract_field.enum)), "value_not_allowed", f"{source} is none of the contract's values"
    if contract_field.minimum is not None:
        yield value < contract_field.minimum, "out_of_range", f"{source} is under {contract_field.minimum:g}"
    if contract_field.maximum is not None:
        yield value > contract_field.maximum, "out_of_range", f"{source} is over {contract_field.maximum:g}"


def _names_a_thing(name: str, rule: FieldRule) -> bool:
    """Whether a column identifies something: there a lost digit makes two things one."""
    return bool(rule.token) or (bool(rule.column) and name.endswith(("_id", "_code")))


def _reached(mapping: SourceMapping, stage: str) -> pl.Expr:
    """Whether a row has reached the stage: by its status where the map names it, by `when`, by an optional time."""
    rule = mapping.stages[stage]
    reached = pl.col(LINE).is_not_null()  # true for each row: a large frame can't be filtered by a literal
    if any(stage in stages for stages in mapping.status_stages.values()):
        names = [status for status, stages in mapping.status_stages.items() if stage in stages]
        reached = pl.col(str(mapping.status_column)).is_in(names)
    if rule.optional:
        reached = reached & pl.any_horizontal(pl.col(name).is_not_null() for name in rule.columns)
    for column, allowed in rule.when.items():
        reached = reached & pl.col(column).is_in(list(allowed))
    return reached.fill_null(False)


def _one_row_each(rows: pl.DataFrame, mapping: SourceMapping) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where rows of one case differ, the one that tells of the latest time stays; the others are told."""
    nobody = pl.DataFrame(schema=FINDING_SCHEMA)
    if not mapping.is_row_per_case:
        return rows, nobody
    number, said = _held("", mapping.contract.subject_field), [name for name in rows.columns if name.startswith(_HELD)]
    shared = rows.filter(pl.len().over(number) > 1)
    differing = shared.filter(pl.struct(said).n_unique().over(number) > 1)
    if differing.is_empty():
        return rows, nobody
    latest = pl.max_horizontal(_at(stage) for stage in mapping.stages)
    ranked = differing.sort(latest, LINE, descending=True, nulls_last=True).with_columns(
        stays=pl.col(LINE).first().over(number)
    )
    lost = ranked.filter(pl.col(LINE) != pl.col("stays")).sort(LINE)
    where = " and ".join(mapping.fields[mapping.contract.subject_field].sources)
    said_of = pl.format(f"{_plain(where)} stands again with other content at {{}}, which is taken", "stays")
    return (
        rows.filter(~pl.col(LINE).is_in(lost.get_column(LINE).implode())),
        findings_of(lost, LINE, "number_twice", said_of),
    )


def _without_wrong_values(rows: pl.DataFrame, mapping: SourceMapping) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Optional values that break their contract become null, each with a finding."""
    faults: dict[str, pl.Expr] = {}
    for stage, name, rule in mapping.rules:
        contract_field = mapping.contract.field(name)
        if rule.sources and not contract_field.required and name not in mapping.point_fields:
            found = [*_faults(mapping, stage, name, rule)]
            if contract_field.logical_type == "timestamp":
                first = city(mapping.city_code).first_plausible_at.replace(tzinfo=None)
                early = pl.col(_held(stage, name)) < first
                found.append((early, "implausible_time", f"{rule.sources[0]} is before the first plausible day"))
            if found:
                faults[rule.token or _held(stage, name)] = _first_fault(found)
    for measure, column in mapping.measures.items():
        odd = pl.col(column).is_not_null() & pl.col(_measure(measure)).is_null()
        faults[_measure(measure)] = _first_fault([(odd, "wrong_type", f"{column} is no number")])
    if not faults:
        return rows, pl.DataFrame(schema=FINDING_SCHEMA)
    judged = rows.with_columns(fault.alias(f"{_FAULT}{name}") for name, fault in faults.items())
    wrong = [name for name in faults if judged.get_column(f"{_FAULT}{name}").null_count() < judged.height]
    told = [_taken_apart(judged, f"{_FAULT}{name}").with_columns(rule=pl.lit("optional_value")) for name in wrong]
    kept = rows.with_columns(
        pl.when(judged.get_column(f"{_FAULT}{name}").is_null()).then(pl.col(name)).alias(name) for name in wrong
    )
    return kept, pl.concat([pl.DataFrame(schema=FINDING_SCHEMA), *told])


def _without_wrong_points(rows: pl.DataFrame, mapping: SourceMapping) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Points that can't be of this city become null; the case stays."""
    found = pl.DataFrame(schema=FINDING_SCHEMA)
    if not mapping.point_fields:
        return rows, found
    longitude, latitude = (_held("", name) for name in mapping.point_fields)
    x, y = pl.col(longitude), pl.col(latitude)
    columns = [mapping.fields[name].sources[0] for name in mapping.point_fields]
    given = pl.any_horizontal(pl.col(name).is_not_null() for name in columns)
    where = ", ".join(dict.fromkeys(columns))
    bounds = city(mapping.city_code).plausible_bounds or _bounds_of(
        rows.get_column(longitude), rows.get_column(latitude)
    )
    west, south, east, north = (pl.lit(side, pl.Float64) for side in bounds or (None,) * 4)
    fault = point_fault(x, y, (west, south, east, north))
    faults: list[Fault] = [
        (given & (x.is_null() | y.is_null()), "implausible_point", f"{where} {POINT_FAULTS['half']}"),
        (~x.is_finite() | ~y.is_finite(), "implausible_point", f"{where} are no numbers that can be counted with"),
        *((fault == name, "implausible_point", f"{where} {words}") for name, words in POINT_FAULTS.items()),
    ]
    judged = rows.with_columns(_first_fault(faults).alias(_FAULT))
    is_right = judged.get_column(_FAULT).is_null()
    if is_right.all():
        return rows, found
    kept = rows.with_columns(pl.when(is_right).then(x).alias(longitude), pl.when(is_right).then(y).alias(latitude))
    return kept, _taken_apart(judged, _FAULT)


def _bounds_of(longitude: pl.Series, latitude: pl.Series) -> tuple[float, float, float, float] | None:
    """Around the middle of the points of a file, where there are enough of them."""
    real = pl.DataFrame({"x": longitude, "y": latitude}).filter(
        pl.col("x").is_finite() & pl.col("y").is_finite() & ~((pl.col("x") == 0) & (pl.col("y") == 0))
    )
    if real.height < POINTS_TO_JUDGE:
        return None
    x, y = real.select(pl.col("x").median(), pl.col("y").median()).row(0)
    return x - FAR_DEGREES, y - FAR_DEGREES, x + FAR_DEGREES, y + FAR_DEGREES


def _closed_before_receipt(rows: pl.DataFrame, mapping: SourceMapping) -> pl.DataFrame:
    """Such a case counts as closed, but nobody knows how long it took."""
    first, *later = mapping.stages
    found = [pl.DataFrame(schema=FINDING_SCHEMA)]
    for stage in later:
        if stage in CLOSING:
            early = rows.filter(_reached(mapping, stage) & (pl.col(_at(stage)) < pl.col(_at(first))))
            found.append(findings_of(early, LINE, "closed_before_receipt", f"{stage} is before {first}"))
    return pl.concat(found)


# --- events -----------------------------------------------------------------------------------------------

_HELD, _FAULT = "\x00held ", "\x00fault "


def _held(stage: str, name: str) -> str:
    """Column that holds the value of a field, of one stage where the mapping says so."""
    return f"{_HELD}{stage} {name}"


def _at(stage: str) -> str:
    return f"{_HELD}at {stage}"


def _recorded(stage: str) -> str:
    return f"{_HELD}recorded {stage}"


def _measure(name: str) -> str:
    return f"{_HELD}measure {name}"


def _times(mapping: SourceMapping) -> dict[str, pl.Expr]:
    """When each stage happened and was recorded, in UTC without zone; null where it can't be told."""
    made = {}
    for stage, rule in mapping.stages.items():
        at = pl.coalesce(_instant(name, mapping) for name in rule.columns) if rule.columns else pl.lit(rule.constant)
        made[_at(stage)] = at.cast(pl.Datetime("ms"))
        made[_recorded(stage)] = _instant(rule.recorded, mapping) if rule.recorded else made[_at(stage)]
    return made


def _values(mapping: SourceMapping) -> dict[str, pl.Expr]:
    """The values of all fields, each made once for all stages that tell it."""
    made = {
        _held(stage, name): _value(mapping, mapping.contract.field(name), rule)
        for stage, name, rule in mapping.rules
        if not rule.token
    }
    for measure, column in mapping.measures.items():
        text = pl.col(column).str.replace_all(",", "", literal=True)
        made[_measure(measure)] = text.str.extract(r"^(-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?)$")
    return made


def _stage_events(rows: pl.DataFrame, mapping: SourceMapping, stage: str) -> pl.DataFrame:
    first = next(iter(mapping.stages))
    columns: dict[str, Any] = {
        LINE: pl.col(LINE),
        "event_source": pl.lit(mapping.event_source),
        _AT: pl.col(_at(stage)),
        _RECORDED: pl.col(_recorded(stage)),
        _STAGE_RANK: pl.lit(list(mapping.stages).index(stage), dtype=pl.Int32),
        "city_code": pl.lit(mapping.city_code),
        "stage": pl.lit(stage),
    }
    own = mapping.stages[stage].fields
    for name in dict.fromkeys(name for _, name, _ in mapping.rules):
        rule = own.get(name) or mapping.fields.get(name)
        is_told = rule is not None and (not rule.only or stage in rule.only)
        held = [_held(stage if name in own else "", name)]
        made = [name]
        if rule is not None and rule.token:
            made += [one for one in (TOKEN_KEY_FIELD, PREVIOUS_TOKEN_FIELD) if _held("", one) in rows.columns]
            held += [_held("", one) for one in made[1:]]
        kind = _TYPES[mapping.contract.field(name).logical_type]
        for column, source in zip(made, held, strict=True):
            columns[column] = pl.col(source) if is_told else pl.lit(None, dtype=kind)
    if mapping.measures:
        parts = [f'"{name}":' + pl.col(_measure(name)) for name in mapping.measures]
        counts = pl.concat_str(parts, separator=",", ignore_nulls=True)
        columns["measures"] = pl.when((counts != "") & (stage == first)).then("{" + counts + "}")
    return rows.filter(_reached(mapping, stage)).select(**columns)


def _tokens(rows: pl.DataFrame, mapping: SourceMapping, keys: TokenKeys) -> dict[str, Any]:
    """The token and its key; while two keys overlap also the token under the one before, so that repeats link."""
    purpose = f"{mapping.city_code}/{mapping.system}"
    columns: dict[str, Any] = {}
    for name, rule in mapping.fields.items():
        if rule.token:
            people = rows.get_column(rule.token)
            made = keys.tokens(people, purpose)
            columns[_held("", name)] = made
            columns[_held("", TOKEN_KEY_FIELD)] = pl.when(made.is_not_null()).then(pl.lit(keys.current))
            if keys.previous:
                columns[_held("", PREVIOUS_TOKEN_FIELD)] = keys.tokens(people, purpose, keys.previous)
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
        together = pl.concat_str([pl.col(name) for name in rule.sources], separator="\n", ignore_nulls=True)
        return scrub(pl.when(together != "").then(together))
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
        slug = source.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "_").str.strip_chars("_")
        return pl.when(slug != "").then(slug)
    if field.logical_type == "number":
        return number(source, mapping.reader["decimal"])
    return source if kind == pl.String else whole_number(source, mapping.reader["decimal"])


def _moment(column: str) -> str:
    """Column that holds what a time column says, before any zone."""
    return f"\x00moment {column}"


def _instant(column: str, mapping: SourceMapping) -> pl.Expr:
    """The instant in UTC, without zone; an hour that the clocks repeat is never before the row's first stage."""
    first = next(iter(mapping.stages.values())).columns
    began = _instant(first[0], mapping) if first and column not in first else None
    return in_utc(pl.col(_moment(column)), mapping.times_of(column), began)


def _sized(events: pl.DataFrame, mapping: SourceMapping) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that would make a record over 1 MiB go to the rejects, with all of their events."""
    long = [name for name, kind in events.schema.items() if kind == pl.String]
    size = pl.sum_horizontal([pl.col(name).str.len_bytes().fill_null(0) for name in long])
    # Escaping may double a text; only then is it worth measuring.
    suspects = events.filter(size * 2 > MAX_RECORD_BYTES)
    if suspects.is_empty():
        return events, pl.DataFrame(schema=FINDING_SCHEMA)
    sizes = envelopes(suspects.drop(LINE), mapping.contract).get_column("value").bin.size()
    large = suspects.filter(sizes > MAX_RECORD_BYTES).unique(LINE)
    return (
        events.filter(~pl.col(LINE).is_in(large.get_column(LINE).implode())),
        findings_of(large, LINE, "too_large", "larger than 1 MiB as a record"),
    )
