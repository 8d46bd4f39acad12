"""Imports go one way: each room may know only what this table says, so a fault has one place to be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, files, refuse

ROOMS: dict[str, tuple[str, str]] = {
    "errors": ("", ""),
    "settings": ("errors", ""),
    "ownership": ("errors settings", ""),
    "contracts": ("errors", "yaml jsonschema"),
    "clocks": ("errors contracts", "numpy yaml"),
    "privacy": ("errors", "numpy onnxruntime polars"),
    "reference": ("errors settings ownership contracts", "numpy psycopg shapely"),
    "transforms": ("errors contracts privacy", "duckdb numpy polars shapely"),
    "sources": (
        "errors contracts privacy reference transforms",
        "httpx numpy polars pyarrow python_calamine tenacity",
    ),
    "simulators": ("errors contracts privacy reference sources", "chinese_calendar numpy polars scipy shapely"),
    "fusion": ("errors reference", "numpy polars scipy"),
    "cells": ("", "numpy scipy"),
    "bus": ("errors settings ownership contracts privacy", "confluent_kafka"),
    "lake": ("errors settings contracts", "deltalake polars pyarrow"),
    "warehouse": ("errors settings ownership contracts reference", "psycopg"),
    "books": ("errors settings contracts transforms bus lake warehouse", "polars psycopg pyarrow"),
    "builds": ("errors settings contracts clocks cells reference warehouse books", "dbt jinja2 numpy psycopg"),
    "publications": ("errors settings contracts warehouse books builds", "psycopg pyarrow"),
    "jobs": (
        "errors settings contracts privacy reference transforms fusion lake bus warehouse books",
        "polars psycopg py4j pyarrow pyspark tenacity",
    ),
    "quality": (
        "errors settings contracts lake bus warehouse books builds publications",
        "great_expectations pandas psycopg",
    ),
    "stack": (
        "errors settings ownership privacy reference bus warehouse",
        "confluent_kafka httpx psutil psycopg supervisor",
    ),
    "dashboards": ("errors settings contracts stack", "sqlglot yaml"),
    "api": (
        "errors settings ownership contracts warehouse publications",
        "fastapi psycopg psycopg_pool pydantic pysdmx starlette uvicorn",
    ),
    "cli": (
        "errors settings contracts clocks privacy reference sources simulators fusion warehouse bus lake books builds "
        "publications jobs quality stack dashboards api",
        "psycopg rich typer",  # psycopg's errors alone: they become what, why and do here
    ),
}
"""Room of `streams` -> (rooms it may import, packages it may import). Nobody imports `cli`."""

INSIDE: dict[str, dict[str, str]] = {
    "simulators": {"town": "", "families": "town", "feed": "families town"},
}
"""Room -> its sub-rooms -> what each of them may import of the others."""

CLI_AT_THE_TOP = {"__future__", "typer", "streams.errors", "streams.settings", "streams.cli.page"}
"""What a file of `cli` may import outside of functions, besides the standard library: `--help` must be quick."""

HEAVY = ("pyspark", "great_expectations", "polars", "duckdb", "dbt", "pyarrow", "confluent_kafka", "psycopg", "numpy")

NO_CLOCK = {
    "streams/transforms",
    "streams/fusion",
    "streams/simulators",
    "streams/sources",
    "streams/contracts",
    "streams/privacy",
    "streams/clocks",
    "streams/cells",
}
"""The same input must give the same output there, at any time."""

CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "localtime", "gmtime"}

NO_IO = {"streams/transforms", "streams/cells"}

IO_CALLS = {
    "open", "read_text", "read_bytes", "write_text", "write_bytes", "read_csv", "read_parquet", "scan_csv",
    "scan_parquet", "write_csv", "write_parquet", "urlopen", "connect", "sleep", "system", "Popen",
}  # fmt: skip


def imported(source: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of each import, also those inside functions; `from streams import x` is `streams.x`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield node.lineno, "." * node.level
            elif node.module == "streams":
                for alias in node.names:
                    yield node.lineno, f"streams.{alias.name}"
            else:
                yield node.lineno, node.module or ""


def room_of(path: Path) -> str:
    return path.parts[1].removesuffix(".py") if path.parts[0] == "streams" else path.parts[0]


def broken_imports(path: Path, source: str) -> Iterator[str]:
    """Sentences on each import that the table doesn't allow."""
    room = room_of(path)
    for line, name in imported(source):
        at = f"{path}:{line} imports {name}"
        if name.startswith("."):
            yield f"{at}. A relative import hides which room it reaches into. Write the full name, streams.….…"
            continue
        top, _, rest = name.partition(".")
        if top in sys.stdlib_module_names:
            continue
        if path.name == "__init__.py" and path.parts == ("streams", "__init__.py"):
            yield f"{at}. The package itself holds nothing, or every import would pay for it. Move it into a room."
        elif top == "streams":
            other = rest.partition(".")[0]
            if other != room and other not in ROOMS[room][0].split():
                yield (
                    f"{at}. `{room}` may know {ROOMS[room][0] or 'no room'}: imports go one way, so that a change of "
                    f"{other} can't reach it. Pass the value in from `cli` or `jobs`, or move the code."
                )
        elif top not in ROOMS[room][1].split():
            yield (
                f"{at}. `{room}` may use {ROOMS[room][1] or 'the standard library only'}: each package lives in few "
                "rooms, so that it can be replaced. Move the code to the room that holds it, or discuss the table."
            )


def broken_inside(path: Path, source: str) -> Iterator[str]:
    """Sentences on imports between the sub-rooms of one room that INSIDE doesn't allow."""
    room, _, *deeper = path.parts[1:] if len(path.parts) > 3 else (*path.parts[1:2], "", "")
    if room not in INSIDE or not deeper:
        return
    mine = path.parts[2]
    for line, name in imported(source):
        parts = name.split(".")
        if parts[:2] == ["streams", room] and len(parts) > 2 and parts[2] not in (mine, *INSIDE[room][mine].split()):
            yield (
                f"{path}:{line} imports {name}. `{room}/{mine}` may know {INSIDE[room][mine] or 'no neighbour'}: "
                "inside a room imports go one way too. Move the code down, or pass the value in."
            )


def circles(modules: list[tuple[Path, str]]) -> list[list[str]]:
    """The first circle of files that import each other, also inside functions and for types only; empty if none."""
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path, _ in modules}
    graph = {}
    for path, source in modules:
        mine = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        seen: set[str] = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                full = {f"{node.module}.{alias.name}" for alias in node.names}
                seen |= (full & names) | ({node.module} & names if full - names else set())
            elif isinstance(node, ast.Import):
                seen |= {alias.name for alias in node.names} & names
        graph[mine] = seen - {mine}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [error.args[1]]
    return []


def broken_purity(path: Path, source: str) -> Iterator[str]:
    """Sentences on clocks and I/O in rooms that must be pure."""
    folder = "/".join(path.parts[:2])
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        base = getattr(getattr(node.func, "value", None), "id", "")
        if folder in NO_CLOCK and name in CLOCKS and base in ("datetime", "date", "time", "pendulum"):
            yield (
                f"{path}:{node.lineno} calls {base}.{name}(). The same input must give the same output, or a replay "
                "gives other rows. Take the instant as an argument."
            )
        in_memory = (base, name) == ("duckdb", "connect") and not node.args
        if folder in NO_IO and name in IO_CALLS and not in_memory:
            yield (
                f"{path}:{node.lineno} calls {name}(). The kernel runs inside Spark's partitions on frames alone. "
                "Read or write in `jobs`, `reference` or `lake` and pass the frame in."
            )


def broken_cli_top(path: Path, source: str) -> Iterator[str]:
    """Sentences on imports of `cli` that stand outside of functions and cost start-up time."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for line, name in imported(ast.unparse(node)):
            if name.split(".")[0] not in sys.stdlib_module_names and name not in CLI_AT_THE_TOP:
                yield (
                    f"{path}:{node.lineno + line - 1} imports {name} at the top. Every command would pay for it. "
                    "Import it inside the function."
                )


def broken_reach(path: Path, source: str) -> Iterator[str]:
    """Sentences on who imports `streams` or `dags` from outside."""
    for line, name in imported(source):
        top = name.partition(".")[0]
        if path.parts[0] == "dags" and top == "streams":
            yield (
                f"{path}:{line} imports {name}. Airflow's environment doesn't hold the pipeline. Run a `citybrain` "
                "command instead."
            )
        if top == "dags" or (
            path.parts[0] == "streams" and top in ("tests", "build_and_publish", "citybrain_operator")
        ):
            yield f"{path}:{line} imports {name}. Nobody depends on DAGs or tests at run time. Move the code to a room."
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"(\.?/)?tests/\w", node.value):
            yield f"{path}:{node.lineno} reads {node.value}. Tests are needed by nobody at run time. Move the file."


def python(folder: str) -> list[tuple[Path, str]]:
    return [(path, (ROOT / path).read_text()) for path in files(f"{folder}/**/*.py")]


def test_the_table_names_every_room_and_no_other():
    found = {room_of(path) for path in files("streams/**/*.py")} - {"__init__"}
    assert found == set(ROOMS)


def test_the_table_itself_has_no_circle():
    order = TopologicalSorter({room: known.split() for room, (known, _) in ROOMS.items()})
    order.prepare()
    with pytest.raises(CycleError):
        TopologicalSorter({"a": ["b"], "b": ["a"]}).prepare()


def test_the_table_allows_no_room_and_no_package_that_nobody_imports():
    used: dict[str, set[str]] = {room: set() for room in ROOMS}
    for path, source in python("streams"):
        for _, name in imported(source):
            top, _, rest = name.partition(".")
            used.setdefault(room_of(path), set()).add(rest.partition(".")[0] if top == "streams" else top)
    refuse(
        [
            f"{room} may import {name} and does not. Take it out of the table: a door that nobody uses is left open."
            for room, allowed in ROOMS.items()
            for name in sorted({*" ".join(allowed).split()} - used[room] - {"errors"})
        ]
    )


def test_nobody_may_import_the_command_line():
    assert set(ROOMS) == {room_of(path) for path, _ in python("streams")} - {"__init__"}
    refuse([room for room, (known, _) in ROOMS.items() if "cli" in known.split()])


def test_each_room_imports_only_what_the_table_allows():
    modules = python("streams")
    assert len(modules) > 30
    refuse([one for path, source in modules for one in broken_imports(path, source)])


def test_sub_rooms_know_each_other_one_way_and_all_of_them_are_in_the_table():
    for room, inside in INSIDE.items():
        found = {path.parts[2] for path in files(f"streams/{room}/*/*.py")}
        assert found == set(inside)
        TopologicalSorter({one: known.split() for one, known in inside.items()}).prepare()
    refuse([one for path, source in python("streams") for one in broken_inside(path, source)])


def test_no_two_files_import_each_other():
    modules = python("streams")
    assert len(modules) > 100
    refuse([" -> ".join(circle) for circle in circles(modules)])


def test_pure_rooms_read_no_clock_and_do_no_io():
    modules = python("streams")
    assert {"/".join(path.parts[:2]) for path, _ in modules} >= NO_CLOCK | NO_IO
    refuse([one for path, source in modules for one in broken_purity(path, source)])


def test_command_files_import_their_rooms_inside_functions():
    modules = python("streams/cli")
    assert len(modules) >= 9
    refuse([one for path, source in modules for one in broken_cli_top(path, source)])


def test_dags_know_only_the_command_line_and_nobody_knows_dags():
    modules = [*python("dags"), *python("streams")]
    refuse([one for path, source in modules for one in broken_reach(path, source)])


@pytest.mark.parametrize(
    ("path", "source", "says"),
    [
        ("streams/contracts/x.py", "import polars", "standard library|may use yaml"),
        ("streams/contracts/x.py", "from streams.bus import admin", "may know errors"),
        ("streams/transforms/x.py", "from streams import jobs", "may know errors contracts"),
        ("streams/transforms/x.py", "def f():\n    import pyspark", "may use duckdb"),
        ("streams/quality/x.py", "from streams.jobs.land import a", "may know"),
        ("streams/warehouse/x.py", "import streams.quality.gate", "may know"),
        ("streams/jobs/x.py", "from streams.cli import main", "may know"),
        ("streams/jobs/x.py", "import great_expectations", "may use"),
        ("streams/bus/x.py", "from . import admin", "relative import"),
        ("streams/errors.py", "import typer", "standard library only"),
        ("streams/__init__.py", "import typer", "holds nothing"),
    ],
)
def test_the_import_rule_fires(path, source, says):
    (found,) = broken_imports(Path(path), source)
    assert any(word in found for word in says.split("|")), found


def test_the_rule_on_sub_rooms_fires():
    source = "from streams.simulators.feed import noise\nfrom streams.simulators.families.lives import Lives\n"
    assert len(list(broken_inside(Path("streams/simulators/town/x.py"), source))) == 2
    assert len(list(broken_inside(Path("streams/simulators/families/x.py"), source))) == 1
    refuse(list(broken_inside(Path("streams/simulators/feed/x.py"), source)))


def test_the_rule_on_circles_fires_also_for_imports_inside_functions():
    one, other = Path("streams/a/one.py"), Path("streams/a/other.py")
    inside = "def f():\n    from streams.a.one import x\n"
    assert circles([(one, "from streams.a import other"), (other, inside)])
    refuse(circles([(one, "from streams.a import other"), (other, "import os")]))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("streams/transforms/x.py", "from datetime import datetime\nx = datetime.now()"),
        ("streams/simulators/x.py", "import time\nx = time.time()"),
        ("streams/transforms/x.py", "import polars as pl\nx = pl.read_csv('a')"),
        ("streams/transforms/x.py", "x = open('a')"),
    ],
)
def test_the_purity_rule_fires(path, source):
    assert len(list(broken_purity(Path(path), source))) == 1


def test_the_command_file_rule_fires_only_at_the_top():
    top = "import typer\nfrom streams.bus import admin\ndef f():\n    import polars\n"
    (found,) = broken_cli_top(Path("streams/cli/x.py"), top)
    assert "x.py:2 imports streams.bus" in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("dags/x.py", "from streams.settings import Settings"),
        ("streams/jobs/x.py", "import dags.tags"),
        ("streams/cli/x.py", 'SAMPLE = CHECKOUT / "tests/data/a.csv"'),
    ],
)
def test_the_reach_rule_fires(path, source):
    assert len(list(broken_reach(Path(path), source))) == 1


def test_help_loads_no_heavy_package():
    code = (
        "import sys\nimport streams.cli.main\n"
        f"print(sorted(one for one in {HEAVY!r} if one in sys.modules), len(streams.cli.main.VERB_FILES) >= 12)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["[]", "True"], done.stdout
