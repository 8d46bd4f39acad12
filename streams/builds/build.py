"""Builds the hidden schema `wap_<run>`: all models, the rules on a handful of rows, the tests of the data."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from streams.books.state import progress
from streams.builds import calendars, suppress
from streams.builds.dbt import Dbt, Progress, files_of, hash_of
from streams.builds.faults import Fault, attributed
from streams.builds.kept import SCHEMA as KEPT
from streams.builds.kept import Kept
from streams.builds.runs import recorded, wap_schema
from streams.errors import CityBrainError
from streams.settings import Settings
from streams.warehouse import ddl
from streams.warehouse.connection import connect, one_row
from streams.warehouse.version import code_version

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

LOCK = "citybrain.build"

BUILDING = "wap_building"
"""Where a build is made; it takes its run's name once all tests have looked at it. dbt reads its project anew for each
other schema, which costs it more than a build of few events."""

KEPT_BUILDS = 2
"""Hidden schemas kept, this one included: the one that readers may ask about and the one before."""

DataVersion = dict[str, dict[str, int]]
"""Topic -> partition (as text, for JSON) -> last offset that had landed. Under DROPPED, where there is any: topic ->
events that were taken out again, so that what was made before is older than what is made after."""

DROPPED = "dropped"


@dataclass(frozen=True)
class Built:
    """What `build` did. `counts`: dbt nodes by resource type; `rules_tested` is False where they held already.

    `faults`: what the data tests found of single cities and sources; the gate holds those back.
    `touched`: cases and detections made anew; None: all of them. `awaiting`: reports that fusion has not weighed yet,
    of `reports` in all; each counts as its source declares, or as an incident of its own.
    """

    run_id: str
    schema: str
    counts: dict[str, int]
    faults: tuple[Fault, ...]
    rules_tested: bool
    touched: int | None
    reports: int
    awaiting: int
    seconds: float


def build(
    settings: Settings,
    run_id: str,
    *,
    progress: Progress = lambda line: None,
    test_rules: bool = False,
    full: bool = False,
    as_of: datetime | None = None,
) -> Built:
    """Build `wap_<run>` from what has landed; a build of the same run id before is replaced.

    `as_of` (UTC, without zone): as it would have been then, by what was known at that instant.

    Entities that nothing has landed of since the last build are kept from it, unless `full`; see `kept`.
    Candidates first, then what of them is withheld, then the door; then every data test looks at the whole.
    dbt's unit tests run once per state of the dbt project (`test_rules` forces them). Raises CityBrainError naming
    the model or test that failed; published figures are not touched.
    """
    import time

    from streams.reference.load import load as load_reference

    started = time.monotonic()
    schema = wap_schema(run_id)
    ddl.apply(settings)
    load_reference(settings)
    calendars.load(settings)
    with connect(settings, "dbt", autocommit=True) as held:
        _take_lock(held)
        with recorded(settings, run_id, "build") as detail:
            detail |= {"schema": schema, "code_version": code_version(), "project_hash": project_hash()}
            detail["data_version"] = data_version(held)
            detail["as_of_utc"] = as_of.isoformat() if as_of else None
            detail["reference_hash"] = reference_hash(held)
            kept = Kept(held, as_of)
            touched = kept.begin(full=full)
            progress(f"building {schema}: {'all' if touched is None else touched} entities")
            variables = {"as_of_utc": as_of.isoformat(sep=" ")} if as_of else None
            with Dbt(settings, BUILDING, kept=KEPT, variables=variables) as dbt:
                counts = Counter(_build_models(held, dbt, progress, kept))
                tested = _test_rules(settings, dbt, progress, force=test_rules)
                progress("testing the data")
                tests = dbt.run(["test", "--selector", "data_tests"], progress, judge_tests=True)
            if not tests.counts.get("test"):
                raise CityBrainError("dbt ran no data test", why="the selector `data_tests` found none")
            counts.update(tests.counts)
            reports, awaiting = one_row(
                held, f"select count(*), count(*) filter (where awaits_fusion) from {BUILDING}.fct_incident_report"
            )
            faults = tuple(attributed(held, tests.failed_tests))
            for fault in faults:
                progress(f"{fault.rule} found {fault}")
            detail |= {
                "touched": touched,
                "awaiting_fusion": awaiting,
                "counts": dict(counts),
                "faults": [asdict(one) for one in faults],
                "data_version_after": data_version(held),
            }
            with held.transaction():
                held.execute(f"drop schema if exists {schema} cascade")
                held.execute(f"alter schema {BUILDING} rename to {schema}")
        _drop_old(held, schema)
    return Built(run_id, schema, dict(counts), faults, tested, touched, reports, awaiting, time.monotonic() - started)


def _build_models(connection: psycopg.Connection[Any], dbt: Dbt, progress: Progress, kept: Kept) -> dict[str, int]:
    """All relations, made anew: candidates, masks, door; nodes that ran by resource type."""
    connection.execute(f"drop schema if exists {BUILDING} cascade")
    connection.execute(f"create schema {BUILDING}")
    suppress.prepare(connection, BUILDING)
    counts = Counter(dbt.run(["build", "--selector", "candidates"], progress).counts)
    kept.finish()
    progress(str(suppress.suppress(connection, BUILDING)))
    counts.update(dbt.run(["build", "--selector", "door"], progress).counts)
    if not counts["model"]:
        raise CityBrainError("dbt built no model", why="the selectors `candidates` and `door` found none")
    return dict(counts)


def data_version(connection: psycopg.Connection[Any]) -> DataVersion:
    """High-water marks of the books."""
    found: DataVersion = {}
    for (topic, partition), one in progress(connection).items():
        found.setdefault(topic, {})[str(partition)] = one.reached
        if one.dropped:
            dropped = found.setdefault(DROPPED, {})
            dropped[topic] = dropped.get(topic, 0) + one.dropped
    return found


def reference_hash(connection: psycopg.Connection[Any]) -> str:
    """Hash of what figures are placed by: areas, grids and units, in all their versions."""
    tables = ("ref_area", "ref_grid", "ref_unit")
    hashes = ", ".join(
        f"(select md5(string_agg(t::text, '|' order by t::text)) from raw.{name} as t)" for name in tables
    )
    (found,) = one_row(connection, f"select md5(concat({hashes}))")
    return str(found)


def project_hash() -> str:
    """Hash of all that dbt reads; another hash means that the rules must be tested again."""
    return hash_of(files_of("models", "macros", "seeds", "tests", "dbt_project.yml", "selectors.yml"))


def _test_rules(settings: Settings, dbt: Dbt, progress: Progress, *, force: bool) -> bool:
    """Run dbt's unit tests beside the relations whose columns they take; False if this code passed before."""
    passed = settings.home / "dbt" / "rules_passed"
    current = project_hash()
    if not force and passed.exists() and passed.read_text() == current:
        return False
    progress("testing the rules (dbt unit tests)")
    done = dbt.run(["test", "--selector", "rules"], progress, as_written=True)
    if not done.counts.get("unit_test"):
        raise CityBrainError(
            "no dbt unit test was found",
            why="each rule has one; a build without them would prove nothing",
            remedy="check dbt_project/selectors.yml",
        )
    passed.write_text(current)
    return True


def _take_lock(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (LOCK,)).fetchone()
    if row is None or not row[0]:
        raise CityBrainError(
            "another build is running",
            why="two builds at once would slow each other and share dbt's files",
            remedy="wait for it (`citybrain status`), then run the same command again",
        )


def _drop_old(connection: psycopg.Connection[Any], current: str) -> None:
    """Drop hidden schemas but this one and the newest before it."""
    built = connection.execute(
        "select detail::jsonb ->> 'schema' from ops.pipeline_run where kind = 'build' and state = 'succeeded'"
        " order by started_at_utc desc"
    ).fetchall()
    kept = {current, *[row[0] for row in built if row[0] != current][: KEPT_BUILDS - 1]}
    mine = connection.execute(
        "select nspname from pg_namespace where nspname like 'wap\\_%' and nspowner = 'cb_dbt'::regrole"
    ).fetchall()
    for (schema,) in mine:
        if schema not in kept:
            connection.execute(f'drop schema "{schema}" cascade')
