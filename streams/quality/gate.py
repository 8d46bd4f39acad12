"""The gate: Great Expectations judges `wap_<run>` and the flow that led to it; the verdict is rows in `ops`."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from streams.builds.faults import Fault, Held
from streams.builds.runs import find_run, recorded
from streams.contracts.published import PublishedTable
from streams.contracts.registry import cities, contracts
from streams.errors import CityBrainError
from streams.publications.content import checksum_of, hidden_content, model_tables
from streams.quality import measures
from streams.quality.rules import OWNER, Facts
from streams.quality.suites import (
    arrivals,
    case_count,
    case_fact,
    cells,
    contract,
    flow,
    freshness,
    fusion,
    grid_map,
    indicator_definition,
    indicator_value,
    ranking,
    sign_summary,
    source_summary,
)
from streams.settings import Settings
from streams.warehouse.connection import connect

if TYPE_CHECKING:
    import pandas as pd
    import psycopg
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.datasource.fluent import PostgresDatasource
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.expectations.expectation import Expectation

JUDGEMENT = {
    "case_count": case_count.suite,
    "case_fact": case_fact.suite,
    "grid_map": grid_map.suite,
    "indicator_definition": indicator_definition.suite,
    "indicator_value": indicator_value.suite,
    "ranking": ranking.suite,
    "sign_summary": sign_summary.suite,
    "source_summary": source_summary.suite,
}
"""Published table -> its hand-written rules; a table without an entry is judged by its contract alone."""


@dataclass(frozen=True)
class RuleResult:
    """What one rule found. `observed` and `detail` are counts and words, never values of rows.

    `city_code`, `source`: whose fault it is; both empty where it is the whole run's.
    """

    dataset: str
    rule: str
    title_zh: str
    severity: str
    passed: bool
    observed: str
    expected: str
    detail: str
    owner: str
    city_code: str = ""
    source: str = ""


@dataclass(frozen=True)
class Verdict:
    """The judgement of one run. `failures`: failed rules, critical ones first; `rows`: rows that were looked at.

    `held`: what goes on as it was published last, while all else is published.
    """

    run_id: str
    passed: bool
    evaluated: int
    critical: int
    failures: tuple[RuleResult, ...]
    held: tuple[Held, ...]
    rows: int
    seconds: float


def judge(settings: Settings, run_id: str) -> Verdict:
    """Judge the build of a run and record the verdict in `ops.quality_result` and `ops.pipeline_run`.

    A critical rule that failed for single cities and sources holds those back; passed means that none failed for the
    run as a whole, and that something is left to publish. Raises CityBrainError when there is nothing to judge, or
    when a part that must be asked doesn't answer: then there is no verdict, and nothing may be published either.
    """
    build = find_run(settings, run_id, "build")
    if build is None or build.state != "succeeded":
        raise CityBrainError(
            f"run {run_id} has no finished build to judge",
            why="it was never built" if build is None else f"its build is {build.state}",
            remedy=f"citybrain build --run-id {run_id}",
        )
    started = time.monotonic()
    with recorded(settings, run_id, "gate") as detail:
        schema = build.detail["schema"]
        with connect(settings, "publisher") as connection:
            contents = hidden_content(connection, schema)
            facts = gather(connection, schema)
            sources = connection.execute(f"select city_code, source from {schema}.source_summary").fetchall()
        detail["checksum"] = checksum_of(contents)
        rows = Counter[str]()
        for one in contents:
            rows[one.table_name] += one.row_count
        results = [_of_fault(Fault(**one)) for one in build.detail.get("faults", [])]
        with quiet_context() as context:
            source = hidden_source(context, settings)
            for table in model_tables():
                results += told_apart_table(settings, source, table, facts, judge_table(source, table, facts))
            frames = {
                "flow": (measures.flow(settings, schema, build.detail["data_version"]), flow.suite()),
                "cells": (measures.cells(settings, schema), cells.suite()),
                "arrivals": (measures.arrivals(settings), arrivals.suite()),
                "fusion": (measures.fusion(settings, schema), fusion.suite()),
                "freshness": (measures.freshness(settings), freshness.suite()),
            }
            for name, (frame, suite) in frames.items():
                rows[name] = len(frame)
                # Without figures nothing leaks, without a live city nothing is fresh, without reports nothing fused.
                if len(frame) or name not in ("cells", "freshness", "fusion"):
                    results += told_apart_frame(context, name, frame, suite, judge_frame(context, name, frame, suite))
        verdict = _verdict(run_id, results, sources, sum(rows.values()), time.monotonic() - started)
        _record(settings, run_id, results)
        detail |= {
            "evaluated": verdict.evaluated,
            "critical": verdict.critical,
            "warnings": len(verdict.failures) - verdict.critical,
            "rows": dict(rows),
            "held": [asdict(one) for one in verdict.held],
        }
        if not verdict.passed:
            detail["state"] = "red"
    return verdict


def gather(connection: psycopg.Connection[Any], schema: str) -> Facts:
    """What the suites need to know of the run's surroundings."""
    case_topics = {one.source_key: one.topic for one in contracts().values() if one.is_case_topic}
    counted = connection.execute(
        f"select distinct source from {schema}.indicator_definition where state = 'computed'".encode()
    ).fetchall()
    landed = connection.execute(
        "select city_code, bool_or(topic = any(%s)) from ops.source_progress where topic = any(%s) and landed > 0"
        " group by 1 order by 1",
        ([case_topics[source] for (source,) in counted if source in case_topics], list(case_topics.values())),
    ).fetchall()
    last = connection.execute("select city_code, count(*) from published.current_indicator_value group by 1 order by 1")
    names = tuple(row[0] for row in landed)
    if not names:
        raise CityBrainError(
            "no case event has landed yet, so there is nothing to judge",
            why="ops.source_progress is empty: a verdict on nothing would be worth nothing",
            remedy="load data first: `citybrain simulate` or `citybrain ingest`",
        )
    known = cities()
    has_grids = any(known[name].has_grids for name in names if name in known)
    with_indicators = tuple(city for city, is_asked in landed if is_asked)
    return Facts(schema, names, with_indicators, has_grids, dict(last.fetchall()))


def hidden_source(context: EphemeralDataContext, settings: Settings) -> PostgresDatasource:
    """The warehouse as Great Expectations sees it: with dbt's login, which owns the hidden schemas."""
    url = settings.role_url("dbt").replace("postgresql://", "postgresql+psycopg2://", 1).replace("$", r"\$")
    return context.data_sources.add_postgres("hidden", connection_string=url)


def judge_table(source: PostgresDatasource, table: PublishedTable, facts: Facts, rule: str = "") -> list[RuleResult]:
    """Contract and judgement rules of one table of the hidden schema, evaluated inside PostgreSQL; or one of them."""
    suite = [_named(rules_of(table, facts), rule)] if rule else rules_of(table, facts)
    asset = source.add_table_asset(table.name, table_name=table.name, schema_name=facts.schema)
    return _validate(table.name, asset.add_batch_definition_whole_table("all").get_batch(), suite)


def rules_of(table: PublishedTable, facts: Facts) -> list[Expectation]:
    """Contract and judgement rules of one table, made anew."""
    return contract.suite(table, facts) + (JUDGEMENT[table.name](facts) if table.name in JUDGEMENT else [])


def told_apart_table(
    settings: Settings, source: PostgresDatasource, table: PublishedTable, facts: Facts, results: list[RuleResult]
) -> list[RuleResult]:
    """The results, with each critical failure told by city and source where its rows name them."""
    found = []
    for result in results:
        places = _places(settings, source, table, facts, result.rule) if _blocks(result) else {}
        found += _told_apart(result, places)
    return found


def _places(
    settings: Settings, source: PostgresDatasource, table: PublishedTable, facts: Facts, name: str
) -> dict[tuple[str, str], int]:
    """(City, source) -> rows that break the rule; empty where it is not one of single cities."""
    import great_expectations.expectations as gx

    rule = _named(rules_of(table, facts), name)
    if "city_code" not in table.cell or isinstance(
        rule, gx.ExpectTableColumnsToMatchSet | gx.ExpectTableRowCountToBeBetween
    ):
        return {}
    relation = f"{facts.schema}.{table.name}"
    with connect(settings, "dbt") as connection:
        if isinstance(rule, gx.UnexpectedRowsExpectation):
            query = str(rule.unexpected_rows_query).replace("{batch}", relation)
            columns = connection.execute(f"select * from ({query}) as broken limit 0").description or ()
            names = {column.name for column in columns}
            # A rule of a whole city, or a table of one source, says no source.
            whose = table.source_of("broken") if "source" in names else f"'{table.source}'"
            rows = connection.execute(f"select city_code, {whose}, count(*) from ({query}) as broken group by 1, 2")
            return {(city, of): count for city, of, count in rows.fetchall()}
        whose = table.source_of("judged")
        slices = connection.execute(
            f"select city_code, {whose}, count(*) from {relation} as judged group by 1, 2"
        ).fetchall()
    found = {}
    for city, of, count in slices:
        where = f"city_code = '{city}'" + (f" and source = '{of}'" if "source" in table.values else "")
        asset = source.add_query_asset(
            f"{table.name} {name} {city} {of}", query=f"select * from {relation} where {where}"
        )
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        if not _validate(table.name, batch, [_named(rules_of(table, facts), name)])[0].passed:
            found[city, of] = count
    return found


def told_apart_frame(
    context: EphemeralDataContext, name: str, frame: pd.DataFrame, suite: list[Expectation], results: list[RuleResult]
) -> list[RuleResult]:
    """The results over figures of cities and sources, with each critical failure told by them."""
    if "city_code" not in frame:
        return results
    whose = "whose" if "whose" in frame else "city_code"
    found = []
    for result in results:
        places = {}
        if _blocks(result):
            for place, rows in frame.groupby([whose, "source"]):
                if not judge_frame(context, name, rows, [_named(suite, result.rule)])[0].passed:
                    places[str(place[0]), str(place[1])] = len(rows)
        nobodys = sum(places.pop(place) for place in [*places] if not place[0])
        if nobodys:  # of no city that could be held back: told, and in nobody's way
            found.append(replace(result, severity="warning", observed=f"{nobodys} rows", detail=f"{nobodys}行不符"))
        if places or not nobodys:
            found += _told_apart(result, places)
    return found


def _named(rules: list[Expectation], name: str) -> Expectation:
    return next(one for one in rules if (one.meta or {})["rule"] == name)


def _told_apart(result: RuleResult, places: dict[tuple[str, str], int]) -> list[RuleResult]:
    """One result per city and source that broke the rule; the result itself where they don't say it all."""
    if not places or not all(city for city, _ in places):
        return [result]
    return [
        replace(result, observed=f"{count} rows", detail=f"{count}行不符", city_code=city, source=source)
        for (city, source), count in sorted(places.items())
    ]


def _of_fault(fault: Fault) -> RuleResult:
    days = f"，{fault.first_day}至{fault.last_day}" if fault.first_day else ""
    return RuleResult(
        dataset="build",
        rule=fault.rule,
        title_zh="数据检查未通过",
        severity="critical",
        passed=False,
        observed=f"{fault.rows} rows",
        expected="no such row",
        detail=f"{fault.rows}行不符{days}",
        owner=OWNER,
        city_code=fault.city_code,
        source=fault.source,
    )


def judge_frame(
    context: EphemeralDataContext, name: str, frame: pd.DataFrame, suite: list[Expectation]
) -> list[RuleResult]:
    """Rules over measured figures. Raises CityBrainError for a frame without rows."""
    if frame.empty:
        raise CityBrainError(
            f"there are no figures of {name} to judge",
            why="a rule over no rows would pass without having looked at anything",
            remedy="run `citybrain contracts check`; each topic gives one row",
        )
    source = context.data_sources.add_or_update_pandas(name)
    definition = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
    return _validate(name, definition.get_batch(batch_parameters={"dataframe": frame}), suite)


@contextmanager
def quiet_context() -> Iterator[EphemeralDataContext]:
    """A Great Expectations context in memory: nothing is written, nothing is sent anywhere, no bars are drawn."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the library is imported
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    in_memory = DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False))
    context = gx.get_context(mode="ephemeral", project_config=in_memory)
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    yield context


def _validate(dataset: str, batch: Batch, rules: list[Expectation]) -> list[RuleResult]:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.metadata_types import FailureSeverity

    outcome = batch.validate(ExpectationSuite(name=dataset, expectations=rules), result_format="BASIC")
    results = [_rule_result(dataset, one) for one in outcome.results]
    if not results or len(results) != len(rules):
        raise CityBrainError(
            f"{dataset}: {len(results)} of {len(rules)} rules were evaluated",
            why="a rule that was not evaluated proves nothing",
            remedy="look for two rules with the same arguments in streams/quality/suites",
        )
    # `success` is False for a failed warning too, so severity decides; ours must be at least what GX itself says.
    if outcome.get_max_severity_failure() == FailureSeverity.CRITICAL and not any(map(_blocks, results)):
        raise CityBrainError(f"{dataset}: a critical rule failed that the results don't show")
    return sorted(results, key=lambda one: one.rule)


def _blocks(result: RuleResult) -> bool:
    return result.severity == "critical" and not result.passed


def _rule_result(dataset: str, outcome: ExpectationValidationResult) -> RuleResult:
    """One result as words and counts; a rule that could not be evaluated fails as critical, whatever it was."""
    configuration = outcome.expectation_config
    if configuration is None:
        raise CityBrainError(f"{dataset}: a result without its rule", why="Great Expectations returned none")
    meta, result = configuration.meta or {}, outcome.result or {}
    broke = _exceptions(outcome.exception_info or {})
    severity = str(getattr(configuration.severity, "value", configuration.severity))
    if broke:
        observed, detail = broke, f"规则无法执行（{broke}）"
    else:
        observed, detail = _observed(result, passed=bool(outcome.success))
    return RuleResult(
        dataset=dataset,
        rule=meta["rule"],
        title_zh=meta["title_zh"],
        severity="critical" if broke else severity,
        passed=bool(outcome.success) and not broke,
        observed=observed,
        expected=meta["expected"],
        detail=detail,
        owner=meta["owner"],
    )


def _observed(result: dict[str, Any], *, passed: bool) -> tuple[str, str]:
    """Counts of what a rule saw, in English for the column and in Chinese for people."""
    if "element_count" in result:
        broken, total = result.get("unexpected_count", 0), result["element_count"]
        return f"{broken} of {total} rows", "符合" if passed else f"{total}行中{broken}行不符"
    if isinstance(observed := result.get("observed_value"), int | float):
        return str(observed), "符合" if passed else f"实际为{observed}"
    missing, unexpected = result.get("missing_count"), result.get("unexpected_count")
    if missing is not None or unexpected is not None:
        counts = f"{missing or 0} missing, {unexpected or 0} unexpected"
        return counts, "符合" if passed else f"缺{missing or 0}项，多{unexpected or 0}项"
    return "", "符合" if passed else "不符"


def _exceptions(info: dict[str, Any]) -> str:
    """Kind of the first exception, without its text, which may quote data; empty when there was none."""
    found = [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, dict)]
    for one in found:
        if one.get("raised_exception"):
            trace = str(one.get("exception_traceback") or "").strip().splitlines()
            kind = trace[-1].partition(":")[0] if trace else ""
            return kind.rpartition(".")[2] or "exception"
    return ""


def _verdict(
    run_id: str, results: list[RuleResult], sources: list[tuple[str, str]], rows: int, seconds: float
) -> Verdict:
    failures = sorted((one for one in results if not one.passed), key=lambda one: (one.severity, one.dataset, one.rule))
    critical = sum(map(_blocks, failures))
    if not results or not rows:
        raise CityBrainError(
            "the gate looked at nothing", why=f"{len(results)} rules on {rows} rows", remedy="build again, then judge"
        )
    broken = [one for one in failures if _blocks(one)]
    held = _held([one for one in broken if one.city_code])
    kept = {(one.city_code, one.source) for one in held}
    is_left = any((city, source) not in kept and (city, "") not in kept for city, source in sources)
    passed = all(one.city_code for one in broken) and is_left
    return Verdict(run_id, passed, len(results), critical, tuple(failures), held, rows, seconds)


def _held(broken: list[RuleResult]) -> tuple[Held, ...]:
    """What is held back, each city and source once, with all reasons in words for readers."""
    names = {one.source_key: one.title_zh for one in contracts().values()}
    known = cities()

    def place(one: RuleResult) -> tuple[str, str]:
        return one.city_code, one.source

    found = []
    for (city, source), ones in groupby(sorted(broken, key=place), key=place):
        reasons = "、".join(f"{one.title_zh}（{one.detail}）" for one in ones)
        name = known[city].name_zh if city in known else city
        found.append(Held(city, source, f"{name}{names.get(source, source) or '全部来源'}：{reasons}"))
    return tuple(found)


def _record(settings: Settings, run_id: str, results: list[RuleResult]) -> None:
    with connect(settings, "publisher") as connection, connection.cursor() as cursor:
        cursor.execute("delete from ops.quality_result where run_id = %s", (run_id,))
        cursor.executemany(
            "insert into ops.quality_result (run_id, dataset, rule, severity, passed, observed, expected, detail,"
            " at_utc, title_zh, owner, city_code, source)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, now() at time zone 'UTC', %s, %s, %s, %s)",
            [
                (
                    *(run_id, one.dataset, one.rule, one.severity, one.passed, one.observed, one.expected),
                    *(one.detail, one.title_zh, one.owner, one.city_code, one.source),
                )
                for one in results
            ],
        )
