"""
Send dead letters back to their topic after the cause was mended. 修复原因后重放死信。

**Does**

Takes the dead letters of the chosen topic and rule that still wait (`ops.dead_letter`, state `new`) and sends
each one, bytes unchanged, to the topic it came from. The stream judges it anew: a good one lands, a bad one
waits again. Only triggered by hand. 将指定主题、规则的待处理死信原样送回原主题，由流任务重新校验；只能手动触发。

**Breaks when**

- Kafka or PostgreSQL can't be reached. With the streams down the records wait in the topic and land later.
- The rule is unknown (exit code 2). A dead letter older than the 30 days that its bytes are kept is dropped with that
  reason, the others are sent.
- The cause was not mended: the task is green, but the same records wait again with one replay more.
  原因未修复时任务显示成功，但记录会再次进入待处理状态。

**Then do**

1. `citybrain dlq list` shows what waits, by topic and rule; `citybrain dlq show` a scrubbed record.
2. Mend the mapping, the contract or the reference data first, then trigger this DAG for that rule.
3. Trigger it again after a fault: only those that wait are sent, and one that gets there twice lands once.
   可安全重复触发。
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Param
from citybrain_operator import CitybrainOperator
from tags import Tier

TOPICS = tuple(path.stem for path in sorted((Path(__file__).parents[1] / "streams/contracts/topics").glob("*.yaml")))
"""Topics that have dead letters; equal to the contracts (a test compares)."""

with DAG(
    dag_id="replay_dead_letters",
    description="Dead letters of one topic and rule go back to their topic. 重放死信",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    tags=[Tier.INTERNAL],
    params={
        "topic": Param(
            "city.hotline.ticket.v1",
            type="string",
            enum=list(TOPICS),
            title="Topic 主题",
            description="The topic whose dead letters are replayed. 要重放死信的主题。",
        ),
        "rule": Param(
            type="string",
            pattern="^[a-z][a-z_]{2,39}$",
            title="Rule 规则",
            description="Id of the mended rule, as `citybrain dlq list` shows it. 已修复的校验规则编号。",
        ),
    },
    default_args={"owner": "data-platform", "retry_delay": timedelta(seconds=30)},
):
    CitybrainOperator(
        task_id="replay",
        arguments=["dlq", "replay", "--topic", "{{ params.topic }}", "--rule", "{{ params.rule }}", "--yes"],
        retries=0,
        execution_timeout=timedelta(minutes=45),
    )
