"""The supervised stack as a person drives it: `citybrain up`, `status`, `down` as own processes on an own home."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings
from streams.stack import kafka, lifecycle, postgres, status, supervisor
from tests.fixtures import servers
from tests.fixtures.absence import hanging, platform_zh, told_after_seconds

PARTS = "kafka,warehouse"


@pytest.fixture(scope="module")
def env() -> Iterator[dict[str, str]]:
    with servers.temporary_home() as parent:
        own = servers.temporary_environment(parent / "home")
        try:
            yield {**os.environ, **own}
        finally:
            lifecycle.clean(Settings.load(own))


@pytest.fixture(scope="module")
def own(env: dict[str, str]) -> Settings:
    return Settings.load(env)


def citybrain(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(CHECKOUT / ".venv/bin/citybrain"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=180)


def states(own: Settings) -> dict[str, str]:
    found = status.read(own)
    assert status.exit_code(found) in (1, 4), f"streams, Airflow and Superset never run here: {found}"
    return {name: component["state"] for name, component in found["components"].items()}


def pids(own: Settings) -> dict[str, int]:
    return {name: state.pid for name, state in supervisor.Supervisor(own).states().items() if state.pid}


def eventually(is_so: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.2)
    return is_so()


UP = {
    "kafka": "healthy",
    "warehouse": "healthy",
    "streams": "stopped",
    "airflow": "stopped",
    "superset": "stopped",
    "api": "stopped",
}


@pytest.fixture
def running(env: dict[str, str], own: Settings) -> dict[str, str]:
    """The environment of a stack whose parts are up, by whatever the test before did to them."""
    lifecycle.up(own, PARTS.split(","))
    return env


def test_status_before_anything_ran_is_whole_and_says_stopped(env: dict[str, str]) -> None:
    done = citybrain(env, "status", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 4, "nothing runs, and whoever asks by exit code learns it"
    assert set(found) >= {"components", "publication", "backlog", "disks", "last_failure", "faults"}
    assert {component["state"] for component in found["components"].values()} == {"stopped"}
    assert found["publication"] == {"id": None, "run_id": None, "published_at_utc": None}
    words = citybrain(env, "status").stdout
    assert "nothing is published yet" not in words and "unknown while the warehouse does not answer" in words


def test_up_makes_what_is_asked_for_healthy_and_leaves_the_rest(env: dict[str, str], own: Settings) -> None:
    done = citybrain(env, "up", "--only", PARTS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert states(own) == UP
    done = citybrain(env, "status", "--json")
    found = json.loads(done.stdout)["components"]
    assert done.returncode in (1, 4) and {name: one["state"] for name, one in found.items()} == UP
    assert found["kafka"]["version"] == "4.1.1"
    assert found["warehouse"]["version"] == "18.4"
    assert postgres.is_healthy(own)
    assert kafka.is_healthy(own)


def test_up_again_restarts_nothing(running: dict[str, str], own: Settings) -> None:
    before = pids(own)
    assert set(before) == {"kafka", "postgres", "watch"}
    done = citybrain(running, "up", "--only", PARTS)
    assert done.returncode == 0, done.stderr
    assert pids(own) == before


def test_doctor_takes_the_ports_of_our_own_running_stack_for_fine(running: dict[str, str], own: Settings) -> None:
    done = citybrain(running, "doctor")
    assert done.returncode == 0, done.stdout
    assert f"port {own.pg_port}" in done.stdout


def test_doctor_names_another_stack_that_holds_the_port(running: dict[str, str], own: Settings) -> None:
    with servers.temporary_home() as home:
        other = {**running, **servers.temporary_environment(home / "home")}
        done = citybrain(other | {"CITYBRAIN_PG_PORT": str(own.pg_port)}, "doctor")
    assert done.returncode == 1
    assert f"port {own.pg_port} is in use by process" in done.stdout
    assert "postgres" in done.stdout
    assert "do  export CITYBRAIN_PG_PORT=" in done.stdout


@pytest.mark.parametrize("program", ["kafka", "postgres"])
def test_a_killed_server_is_restarted_by_the_supervisor(running: dict[str, str], own: Settings, program: str) -> None:
    before = pids(own)[program]
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: pids(own).get(program, before) != before)
    assert eventually(lambda: states(own) == UP)


def test_a_killed_supervisor_blocks_no_later_up_and_leaves_no_orphan(running: dict[str, str], own: Settings) -> None:
    orphans = pids(own)
    assert len(orphans) == 3
    os.kill(int(supervisor.Supervisor(own).pid_file.read_text()), signal.SIGKILL)
    assert eventually(lambda: not supervisor.Supervisor(own).is_alive())
    assert states(own)["kafka"] == "failed"
    assert citybrain(running, "doctor").returncode == 0
    assert citybrain(running, "up", "--only", PARTS).returncode == 0
    assert states(own) == UP
    assert not any(psutil.pid_exists(pid) for pid in orphans.values())


def test_a_killed_supervisors_children_are_ended_by_down(running: dict[str, str], own: Settings) -> None:
    orphans = pids(own)
    os.kill(int(supervisor.Supervisor(own).pid_file.read_text()), signal.SIGKILL)
    done = citybrain(running, "down")
    assert done.returncode == 0 and f"{len(orphans)} processes of a killed supervisor" in done.stdout, done.stdout
    assert not any(psutil.pid_exists(pid) for pid in orphans.values())


@pytest.mark.heavy
def test_a_broker_that_hangs_is_told_by_the_watch_within_two_minutes(running: dict[str, str], own: Settings) -> None:
    told_after_seconds(lambda: platform_zh(own) == "正常")
    with hanging(own, "kafka"):
        took = told_after_seconds(lambda: "消息总线" in platform_zh(own))
        assert citybrain(running, "status").returncode in (1, 4)
    print(f"told after {took:.0f} s")
    told_after_seconds(lambda: platform_zh(own) == "正常")


@pytest.mark.heavy
def test_a_watch_that_hangs_is_told_by_the_warehouse_within_two_minutes(running: dict[str, str], own: Settings) -> None:
    told_after_seconds(lambda: platform_zh(own) == "正常")
    with hanging(own, "watch"):
        told_after_seconds(lambda: "部件监视" in platform_zh(own))
        done = citybrain(running, "status", "--json")
        assert done.returncode == 1
        assert "nobody has watched the parts since" in json.loads(done.stdout)["faults"][0]["what"]
    told_after_seconds(lambda: platform_zh(own) == "正常")


@pytest.mark.heavy
def test_a_warehouse_that_hangs_is_told_by_the_watch_and_by_status(running: dict[str, str], own: Settings) -> None:
    with hanging(own, "postgres"):
        told_after_seconds(lambda: "warehouse does not answer" in citybrain(running, "logs", "watch", "-n", "1").stdout)
        assert "unknown while the warehouse does not answer" in citybrain(running, "status").stdout
    assert eventually(lambda: states(own) == UP)


def test_a_program_that_died_is_the_last_failure_that_status_tells(running: dict[str, str], own: Settings) -> None:
    os.kill(pids(own)["kafka"], signal.SIGKILL)
    assert eventually(lambda: states(own) == UP, seconds=150)
    failure = json.loads(citybrain(running, "status", "--json").stdout)["last_failure"]
    assert failure["what"] == "kafka ended by itself" and "SIGKILL" in failure["why"] and failure["is_mended"]


def test_a_second_up_at_the_same_time_is_refused(running: dict[str, str], own: Settings) -> None:
    with lifecycle._alone(own), pytest.raises(CityBrainError, match="starts or stops this stack just now") as caught:
        lifecycle.up(own, ["kafka"])
    assert str(os.getpid()) in caught.value.why


def test_ctrl_c_in_the_middle_of_up_leaves_a_stack_that_the_next_up_completes(
    env: dict[str, str], own: Settings
) -> None:
    assert citybrain(env, "down").returncode == 0
    command = [str(CHECKOUT / ".venv/bin/citybrain"), "up", "--only", PARTS]
    started = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert any("starting" in line for line in started.stdout)
    started.send_signal(signal.SIGINT)
    _, words = started.communicate(timeout=60)
    assert started.returncode == 130, words
    assert "Traceback" not in words
    assert citybrain(env, "up", "--only", PARTS).returncode == 0
    assert states(own) == UP


@pytest.mark.heavy
def test_a_component_that_cannot_start_is_told_with_its_own_words(own: Settings) -> None:
    lifecycle.down(own)
    properties = own.home / "kafka/data/meta.properties"
    good = properties.read_text()
    properties.write_text(good.replace("node.id=1", "node.id=7"))
    try:
        with pytest.raises(CityBrainError, match="kafka did not become healthy") as caught:
            lifecycle.up(own, ["kafka"])
    finally:
        properties.write_text(good)
    assert "7" in caught.value.why
    assert "kafka.log" in caught.value.remedy


def test_down_stops_everything_and_again_is_no_error(running: dict[str, str], own: Settings) -> None:
    done = citybrain(running, "down")
    assert done.returncode == 0
    assert "left over" not in done.stdout, "the supervisor stops all, and is not an orphan of itself: " + done.stdout
    assert states(own) == dict.fromkeys(UP, "stopped")
    assert not [one for one in psutil.process_iter() if supervisor.belongs(one, own)]
    assert citybrain(running, "down").returncode == 0


def test_state_survives_down_and_up(running: dict[str, str], own: Settings) -> None:
    import psycopg

    with psycopg.connect(own.warehouse_url) as connection:
        connection.execute("create table if not exists public.kept as select 42 as answer")
    assert citybrain(running, "down").returncode == 0
    assert citybrain(running, "up", "--only", PARTS).returncode == 0
    with psycopg.connect(own.warehouse_url) as connection:
        assert connection.execute("select answer from public.kept").fetchone() == (42,)


def test_clean_state_asks_and_then_removes_everything(running: dict[str, str], own: Settings) -> None:
    unasked = citybrain(running, "clean-state")
    assert unasked.returncode == 2
    assert "nothing was done" in unasked.stderr
    assert "there is nobody to ask" in unasked.stderr
    assert "clean-state --yes" in unasked.stderr
    assert own.home.exists()
    assert citybrain(running, "clean-state", "--yes").returncode == 0
    assert not own.home.exists()
    assert not postgres.place(own).data.exists()
    assert citybrain(running, "clean-state", "--yes").returncode == 0
