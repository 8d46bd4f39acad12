"""Every DAG keeps every rule, and every rule fires on a DAG that breaks it."""

from __future__ import annotations

import pytest
from conftest import DAGS
from rules import RULES, load

HELPERS = set((DAGS / ".airflowignore").read_text().split())
EXPECTED_DAGS = {path.stem for path in DAGS.glob("*.py") if path.name not in HELPERS}
"""A file beside the DAGs is a DAG of its own name, or it is listed as a helper."""

IMPORT = "from datetime import timedelta"

BROKEN = [
    ("loads_without_errors", "from airflow.sdk import DAG,", "from airflow.sdk import DAG, NoSuchThing,"),
    ("has_an_on_call_note", "**Breaks when**", "**Trouble**"),
    ("has_an_on_call_note", "**Does**", "**Then do**\n\nthe wrong thing first, in the wrong place\n\n**Does**"),
    ("has_an_on_call_note", "doc_md=__doc__", "doc_md=None"),
    ("has_an_on_call_note", "doc_md=__doc__", "doc_md=__doc__ + 'more'"),
    ("has_exactly_one_tier", "tags=[Tier.LEADERSHIP]", "tags=[]"),
    ("has_exactly_one_tier", "tags=[Tier.LEADERSHIP]", "tags=[Tier.LEADERSHIP, Tier.INTERNAL]"),
    ("has_exactly_one_tier", "tags=[Tier.LEADERSHIP]", "tags=['tier:everybody']"),
    (
        "never_makes_up_for_the_past",
        "catchup=False",
        "catchup=False, start_date=__import__('pendulum').datetime(2026, 1, 1)",
    ),
    (
        "never_makes_up_for_the_past",
        "catchup=False",
        "catchup=True, start_date=__import__('pendulum').datetime(2026, 1, 1)",
    ),
    ("runs_alone", "max_active_runs=1", "max_active_runs=2"),
    ("retries_only_what_may_run_twice", "retries=0", "retries=1"),
    ("retries_only_what_may_run_twice", "retries=2", "retries=5"),
    ("has_time_limits", "dagrun_timeout=timedelta(hours=3),", ""),
    ("has_time_limits", "execution_timeout=timedelta(hours=1),", ""),
    (
        "only_runs_citybrain",
        "    fuse_incidents >> build",
        "    from airflow.providers.standard.operators.bash import BashOperator\n"
        "    BashOperator(task_id='more', bash_command='true')\n    fuse_incidents >> build",
    ),
    ("passes_the_run_id_on", '["gate", "--run-id", "{{ run_id }}"]', '["gate", "--run-id", "latest"]'),
    ("imports_nothing_that_works", IMPORT, f"{IMPORT}\nimport urllib.request"),
    ("imports_nothing_that_works", IMPORT, f"{IMPORT}\nfrom . import tags"),
    ("does_nothing_when_it_is_read", "CAUSES = (", "NOTE = open(__file__).read()\nCAUSES = ("),
    ("does_nothing_when_it_is_read", "CAUSES = (", "import os\nHOME = os.environ['PATH']\nCAUSES = ("),
]


def test_the_bag_holds_a_dag_for_each_file_that_is_no_helper(bag):
    assert {"build_and_publish", "replay_dead_letters"} <= EXPECTED_DAGS
    assert set(bag.dags) == EXPECTED_DAGS


def test_every_helper_is_there():
    assert HELPERS
    assert {path.name for path in DAGS.glob("*.py")} > HELPERS


@pytest.mark.parametrize("rule", RULES)
def test_every_dag_keeps_the_rule(rule, bag):
    assert len(bag.dags) == len(EXPECTED_DAGS), "an empty bag keeps every rule"
    assert list(RULES[rule](bag)) == []


@pytest.mark.parametrize(("rule", "good", "bad"), BROKEN)
def test_the_rule_fires_on_a_broken_dag(rule, good, bad, tmp_path):
    source = (DAGS / "build_and_publish.py").read_text()
    assert good in source
    (tmp_path / "build_and_publish.py").write_text(source.replace(good, bad, 1))
    found = list(RULES[rule](load(tmp_path)))
    assert found, rule


def test_every_rule_was_seen_to_fire():
    assert {rule for rule, *_ in BROKEN} == set(RULES)


def test_the_readme_has_one_row_for_each_dag(bag):
    table = (DAGS / "README.md").read_text()
    for dag in bag.dags.values():
        row = next(line for line in table.splitlines() if line.startswith(f"| `{dag.dag_id}` |"))
        (tier,) = dag.tags
        assert f"`{tier}`" in row
        assert all(f"`{task.task_id}`" in table for task in dag.tasks)
        assert all(f"| `{param}` | `{dag.dag_id}` |" in table for param in dag.params)
