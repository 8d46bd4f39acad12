"""
Fuse incidents, build the warehouse, judge it, publish it and put the dashboards in place.
每日归并事件、构建、质检、发布并更新看板。

**Does**

1. `fuse_incidents`: finds which cases and detections tell of one incident, for those that are new.
2. `build`: dbt builds every model into the hidden schema `wap_<run>`, unit tests first.
3. `gate`: dbt's tests and the Great Expectations suites judge that schema; each rule leaves a row in
   `ops.quality_result`.
4. `publish`: one transaction appends a numbered publication to `published`, under this run's id.
5. `apply_dashboards`: the dashboards are made equal to `superset/` of the repository.

Readers see nothing of a run before step 4 is done. Runs at 02:30 Asia/Shanghai and whenever it is triggered;
never two at a time; a missed night is not made up for.
每天02:30（北京时间）运行，也可手动触发；发布之前读者看不到任何变化；不补跑错过的日期。

**Breaks when**

- `fuse_incidents` is red: the lake or PostgreSQL can't be reached, or another fusion is at work. 归并失败：不构建。
- `build` is red: a model or a dbt unit test fails, or PostgreSQL can't be reached.
- `gate` is red (exit code 3): a critical rule is broken, for example a source is late or Kafka and the
  warehouse disagree. The last good publication stays and the dashboard says why. This is a verdict about
  the data, so it is not retried. 质检不通过：保留上一次发布，看板显示原因。
- `publish` is red: the lock on `published` was held for too long, or the disk is full.
- `apply_dashboards` is red: Superset is down. The numbers are published all the same.

**Then do**

1. Open the red task's log: its last lines say what, why and what to do.
2. A red gate: `citybrain sql "select * from published.data_health"`; mend the source (or replay its dead
   letters with `replay_dead_letters`), then trigger this DAG again.
3. Anything else: `citybrain doctor`, `citybrain status`, then clear the red task; each step may run twice.
   修复后清除失败任务即可，每一步都可安全重跑。
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Param
from citybrain_operator import CitybrainOperator
from tags import Tier

NIGHTLY = CronTriggerTimetable("30 2 * * *", timezone="Asia/Shanghai", run_immediately=timedelta(minutes=2))
"""After the hotline's nightly export. No start date: a DAG seen for the first time waits for the next night,
except in the two minutes after the hour, so that reading the file again just then can't skip a night."""

CAUSES = ("late_data", "reopened", "definition", "reference_data", "correction")
"""Why final figures may change; the same words as in `published.publication`."""

with DAG(
    dag_id="build_and_publish",
    description="Fuse -> build -> gate -> publish -> apply dashboards. 归并、构建、质检、发布、更新看板",
    doc_md=__doc__,
    schedule=NIGHTLY,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=3),
    tags=[Tier.LEADERSHIP],
    params={
        "cause": Param(
            "late_data",
            type="string",
            enum=list(CAUSES),
            title="Cause of restatements 更正原因",
            description="Recorded with final figures that this run changes. 已定稿数据发生变化时记录的原因。",
        ),
    },
    default_args={"owner": "data-platform", "retry_delay": timedelta(seconds=30)},
):
    fuse_incidents = CitybrainOperator(
        task_id="fuse_incidents",
        arguments=["fuse"],
        retries=1,
        execution_timeout=timedelta(minutes=30),
    )
    build = CitybrainOperator(
        task_id="build",
        arguments=["build", "--run-id", "{{ run_id }}"],
        retries=1,
        execution_timeout=timedelta(hours=1),
    )
    gate = CitybrainOperator(
        task_id="gate",
        arguments=["gate", "--run-id", "{{ run_id }}"],
        retries=0,
        execution_timeout=timedelta(minutes=30),
    )
    publish = CitybrainOperator(
        task_id="publish",
        arguments=["publish", "--run-id", "{{ run_id }}", "--cause", "{{ params.cause }}"],
        retries=2,
        execution_timeout=timedelta(minutes=30),
    )
    apply_dashboards = CitybrainOperator(
        task_id="apply_dashboards",
        arguments=["dashboards", "apply"],
        retries=1,
        execution_timeout=timedelta(minutes=15),
    )
    fuse_incidents >> build >> gate >> publish >> apply_dashboards
