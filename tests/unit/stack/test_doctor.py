from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.main import app
from streams.errors import CityBrainError
from streams.settings import Settings
from streams.stack import doctor, host, install
from tests.fixtures import servers


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    env = servers.temporary_environment(tmp_path / "home")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return Settings.load(env)


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def faults(settings: Settings) -> dict[str, host.Check]:
    return {check.name: check for check in doctor.ports(settings) if not check.is_ok}


def test_free_ports_are_no_fault(settings: Settings) -> None:
    assert len(list(doctor.ports(settings))) == 5
    assert faults(settings) == {}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("kafka_port", "kafka port"),
        ("pg_port", "pg port"),
        ("airflow_port", "airflow port"),
        ("superset_port", "superset port"),
        ("api_port", "api port"),
    ],
)
def test_a_port_in_use_names_its_holder_and_the_setting_that_moves_us(
    settings: Settings, listener: int, field: str, name: str
) -> None:
    changes: dict[str, object] = {field: listener}
    if field == "kafka_port":
        changes["kafka_bootstrap_servers"] = f"127.0.0.1:{listener}"
    found = faults(replace(settings, **changes))
    assert list(found) == [name]
    assert f"port {listener} is in use by process {os.getpid()}" in found[name].message
    variable, _, free = found[name].remedy.removeprefix("export ").partition("=")
    assert variable == f"CITYBRAIN_{field.upper()}"
    assert int(free) != listener


def test_the_controller_beside_the_broker_needs_a_free_port_too(settings: Settings) -> None:
    (port,) = servers.free_ports(1)
    moved = replace(settings, kafka_port=port, kafka_bootstrap_servers=f"127.0.0.1:{port}")
    with socket.socket() as controller:
        controller.bind(("127.0.0.1", port + 1))
        controller.listen()
        assert f"port {port + 1} is in use" in faults(moved)["kafka port"].message


def test_two_parts_on_one_port_are_told(settings: Settings) -> None:
    found = faults(replace(settings, superset_port=settings.airflow_port))
    assert "asked for by CITYBRAIN_AIRFLOW_PORT too" in found["superset port"].message


def test_a_number_that_is_no_port_is_told(settings: Settings) -> None:
    assert "70000 is not a port number" in faults(replace(settings, pg_port=70000))["pg port"].message


def test_an_outside_cluster_and_warehouse_need_no_port_here(settings: Settings, listener: int) -> None:
    outside = replace(
        settings,
        kafka_port=listener,
        kafka_bootstrap_servers="broker.example:9092",
        pg_port=listener,
        warehouse_url_override="postgresql://u@warehouse.example/city",
    )
    assert [check.name for check in doctor.ports(outside)] == ["airflow port", "superset port", "api port"]


def test_a_home_with_blanks_is_refused_before_a_service_stumbles_over_it() -> None:
    check = doctor.home(Path("/tmp/my city"))  # noqa: S108 - never made
    assert not check.is_ok
    assert check.remedy == "export CITYBRAIN_HOME=$HOME/citybrain-state"


def test_a_home_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not doctor.home(tmp_path / "file").is_ok


def test_every_part_of_the_installation_is_looked_at() -> None:
    found = [check.name for check in doctor.installation()]
    assert found == [
        "uv",
        "pipeline environment",
        "airflow environment",
        "superset environment",
        "kafka jars",
        "spark jars",
    ]


def test_a_missing_environment_and_a_changed_lock_are_mended_by_make_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lock"
    lock.write_text("one")
    step = install.Step("jars", "the set of jars", tmp_path / "lib", lock, "*.jar", ())
    monkeypatch.setattr(install, "steps", lambda: [step])
    assert next(doctor.installation()) == host.Check("jars", False, "the set of jars is missing", "make install")
    step.target.mkdir()
    (step.target / "a.jar").write_text("")
    step.finish()
    assert next(doctor.installation()).is_ok
    lock.write_text("two")
    assert "not what the lock says" in next(doctor.installation()).message


def test_up_stops_at_the_first_fault_before_anything_starts(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CityBrainError) as caught:
        doctor.require(settings)
    assert "Java is missing" in caught.value.why
    assert caught.value.remedy == "sudo apt-get install -y openjdk-17-jre-headless"
    assert not settings.home.exists()


def test_a_part_of_the_stack_may_start_where_memory_is_too_small_for_the_whole(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "memory_bytes", lambda: 4_000_000_000)
    monkeypatch.setattr(install, "steps", list)
    with pytest.raises(CityBrainError, match="not ready"):
        doctor.require(settings)
    doctor.require(settings, ["kafka"])


def test_the_command_prints_each_fault_with_its_command_and_exits_1(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "do  sudo apt-get install -y maven" in result.output
    assert "do  sudo apt-get install -y openjdk-17-jre-headless" in result.output
