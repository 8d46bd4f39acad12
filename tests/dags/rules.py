"""What must be true of every DAG; each rule yields sentences in the order Example, Reason, Remedy."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

TIERS = {"tier:leadership", "tier:analyst", "tier:internal"}

HEADINGS = ("Does", "Breaks when", "Then do")

ALLOWED_IMPORTS = {
    "__future__", "airflow", "citybrain_operator", "collections", "datetime", "enum", "functools", "os", "pathlib",
    "tags", "typing",
}  # fmt: skip
"""A DAG file is read twice a minute: it may import what orders work, never what does it."""

NEVER_RETRIED = {"gate", "replay"}

RETRIES_AT_MOST = 2


def load(folder: Path):
    """Every DAG file under `folder` as Airflow's DAG processor loads it."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=folder)


def loads_without_errors(bag) -> Iterator[str]:
    for path, error in bag.import_errors.items():
        yield (
            f"{path} can't be loaded: {error.strip().splitlines()[-1]}. Airflow drops such a DAG without a word "
            "on the board. Mend the file."
        )


def has_an_on_call_note(bag) -> Iterator[str]:
    for dag in bag.dags.values():
        note = dag.doc_md or ""
        place = -1
        for heading in HEADINGS:
            found = re.search(rf"^\*\*{heading}\*\*$\n\n(?=\S.{{20}})", note, re.MULTILINE)
            if found is None or found.start() < place:
                yield (
                    f"{dag.dag_id} has no section **{heading}** in its place. Whoever is woken at night reads this "
                    f"note first. Write {', '.join(HEADINGS)} into the file's docstring and pass doc_md=__doc__."
                )
                break
            place = found.start()
        if not re.search("[\u4e00-\u9fff]{4}", note):
            yield (
                f"{dag.dag_id} has no Chinese in its note. The duty desk reads Chinese. "
                "Add a Chinese summary to each section."
            )
        if ast.get_docstring(ast.parse(Path(dag.fileloc).read_text()), clean=False) != note:
            yield (
                f"{dag.dag_id} shows another note than its file's docstring. Two notes drift apart. "
                "Pass doc_md=__doc__."
            )


def has_exactly_one_tier(bag) -> Iterator[str]:
    for dag in bag.dags.values():
        tiers = [tag for tag in dag.tags if str(tag).startswith("tier:")]
        if len(tiers) != 1 or tiers[0] not in TIERS:
            yield (
                f"{dag.dag_id} has the tiers {tiers}. The tier says who must be told when it is red. "
                "Give it exactly one of dags/tags.py."
            )


def never_makes_up_for_the_past(bag) -> Iterator[str]:
    for dag in bag.dags.values():
        dates = [dag.start_date] + [task.start_date for task in dag.tasks]
        if dag.catchup or any(dates):
            yield (
                f"{dag.dag_id} has catchup={dag.catchup} and start dates {dates}. With either, Airflow starts a run "
                "as soon as it sees the DAG, and publishes what nobody asked for. Set catchup=False, no start date."
            )


def runs_alone(bag) -> Iterator[str]:
    for dag in bag.dags.values():
        if dag.max_active_runs != 1:
            yield (
                f"{dag.dag_id} may run {dag.max_active_runs} times at once. Two runs would fight for one warehouse. "
                "Set max_active_runs=1."
            )


def retries_only_what_may_run_twice(bag) -> Iterator[str]:
    for dag in bag.dags.values():
        for task in dag.tasks:
            allowed = 0 if task.task_id in NEVER_RETRIED else RETRIES_AT_MOST
            if task.retries > allowed:
                yield (
                    f"{dag.dag_id}.{task.task_id} is tried again {task.retries} times. A verdict doesn't change by "
                    f"asking again, and a replay needs eyes. Set retries to {allowed} or less."
                )


def has_time_limits(bag) -> Iterator[str]:
    for dag in bag.dags.values():
        if dag.dagrun_timeout is None:
            yield (
                f"{dag.dag_id} has no dagrun_timeout. A run that hangs blocks the next night's, since only one may "
                "be active. Set dagrun_timeout."
            )
        for task in dag.tasks:
            if task.execution_timeout is None:
                yield (
                    f"{dag.dag_id}.{task.task_id} has no execution_timeout. A task that hangs is never red. "
                    "Set execution_timeout."
                )


def only_runs_citybrain(bag) -> Iterator[str]:
    for dag in bag.dags.values():
        for task in dag.tasks:
            if type(task).__name__ != "CitybrainOperator":
                yield (
                    f"{dag.dag_id}.{task.task_id} is a {type(task).__name__}. A DAG orders, `citybrain` works: so "
                    "a person can run the same step by hand. Use CitybrainOperator."
                )


def passes_the_run_id_on(bag) -> Iterator[str]:
    for dag in bag.dags.values():
        for task in dag.tasks:
            arguments = list(getattr(task, "arguments", []))
            if arguments[:1] in (["build"], ["gate"], ["publish"]) and arguments[1:3] != ["--run-id", "{{ run_id }}"]:
                yield (
                    f"{dag.dag_id}.{task.task_id} runs {arguments}. A publication must say which run made it. "
                    "Pass --run-id {{ run_id }} as the first option."
                )


def imports_nothing_that_works(bag) -> Iterator[str]:
    files = sorted(Path(bag.dag_folder).glob("*.py"))
    assert files, f"no DAG files in {bag.dag_folder}"
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str | None] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = ["." if node.level else node.module]
            for name in names:
                if (name or "").split(".")[0] not in ALLOWED_IMPORTS:
                    yield (
                        f"{path.name} imports {name}. The file is read twice a minute in an environment that has "
                        "no pipeline packages. Move the work behind a `citybrain` command."
                    )


def does_nothing_when_it_is_read(bag) -> Iterator[str]:
    forbidden = {
        "open",
        "read_text",
        "read_bytes",
        "environ",
        "getenv",
        "now",
        "today",
        "get_connection",
        "run",
        "Popen",
    }
    for path in sorted(Path(bag.dag_folder).glob("*.py")):
        for node in _at_top_level(ast.parse(path.read_text())):
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
            if name in forbidden or (name == "get" and _is_variable(node)):
                yield (
                    f"{path.name} line {node.lineno} uses `{name}` while it is read. That runs twice a minute, and a "
                    "clock or a file there makes a DAG that changes by itself. Move it into the command."
                )


def _at_top_level(tree: ast.Module) -> Iterator[ast.Attribute | ast.Name]:
    """Names used by code that runs on import: all but the bodies of functions."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Attribute | ast.Name):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))


def _is_variable(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Variable"


RULES: dict[str, Callable] = {
    rule.__name__: rule
    for rule in (
        loads_without_errors,
        has_an_on_call_note,
        has_exactly_one_tier,
        never_makes_up_for_the_past,
        runs_alone,
        retries_only_what_may_run_twice,
        has_time_limits,
        only_runs_citybrain,
        passes_the_run_id_on,
        imports_nothing_that_works,
        does_nothing_when_it_is_read,
    )
}
