"""
Keep the platform's own data small. 每周清理：按保留天数移出旧事件，整理数据湖。

**Does**

`maintain`: takes events out of `raw`, the identities and the lake that happened and came in more than
`RAW_RETENTION_DAYS` ago, and books each of them in `ops.dropped`, so that the sums of the flow stay exact; drops
old days of the audit tables; joins the lake's small files and removes orphans. Runs on Sundays at 04:30
Asia/Shanghai, after the night's publication; never two at a time.
每周日04:30（北京时间）运行；移出的事件逐一记入 `ops.dropped`，对账不受影响。

**Breaks when**

- PostgreSQL can't be reached, or a reader held a table for too long.
- The lake can't be reached or its disk is full. 数据湖不可用或磁盘已满。

**Then do**

1. Open the red task's log: its last lines say what, why and what to do.
2. `citybrain doctor`, `citybrain status`; then clear the red task: it goes on where it stopped.
   修复后清除失败任务即可，可安全重跑。
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable
from citybrain_operator import CitybrainOperator
from tags import Tier

WEEKLY = CronTriggerTimetable("30 4 * * 0", timezone="Asia/Shanghai", run_immediately=timedelta(minutes=2))
"""Two hours behind the nightly build, which reads what this takes away."""

with DAG(
    dag_id="maintain",
    description="Take out what is too old, tidy the lake. 清理旧数据、整理数据湖",
    doc_md=__doc__,
    schedule=WEEKLY,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=3),
    tags=[Tier.INTERNAL],
    default_args={"owner": "data-platform", "retry_delay": timedelta(minutes=5)},
):
    CitybrainOperator(
        task_id="maintain",
        arguments=["maintain"],
        retries=1,
        execution_timeout=timedelta(hours=2),
    )
