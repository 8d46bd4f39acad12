from __future__ import annotations

import configparser
import json
import os
import shlex
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streams.errors import CityBrainError
from streams.settings import Settings
from streams.stack import airflow, credentials, home, lifecycle, services, superset
from streams.stack.supervisor import ProcessState, Program, Supervisor
from tests.fixtures import servers


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings.load(servers.temporary_environment(tmp_path / "home"))
    home.prepare(made)
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_logins_are_made_once_and_readable_by_their_owner_alone(settings: Settings) -> None:
    first = credentials.ensure(settings)
    assert credentials.ensure(settings) == first
    path = settings.home / "credentials.json"
    assert json.loads(path.read_text()) == first
    assert mode(path) == 0o600
    assert set(first) == {"superset.admin", "superset.leader", "airflow.admin"}
    assert all(set(login) == {"url", "user", "password"} for login in first.values())
    assert len({login["password"] for login in first.values()}) == 3


def test_two_parts_that_ask_at_once_get_the_same_logins(tmp_path: Path) -> None:
    for turn in range(20):
        made = Settings.load(servers.temporary_environment(tmp_path / f"home{turn}"))
        home.prepare(made)
        start = threading.Barrier(4)

        def ask(made: Settings = made, start: threading.Barrier = start) -> str:
            start.wait()
            return json.dumps(credentials.ensure(made))

        with ThreadPoolExecutor(4) as pool:
            answers = [answer.result() for answer in [pool.submit(ask) for _ in range(4)]]
        assert len(set(answers)) == 1
        assert json.loads((made.home / "credentials.json").read_text()) == json.loads(answers[0])
        assert not list(made.home.glob(".credentials*")), "a draft was left"


def test_a_token_key_that_a_rotation_destroyed_is_not_made_again(tmp_path: Path) -> None:
    env = servers.temporary_environment(tmp_path / "home")
    secrets = Settings.load(env).secrets
    assert "hmac.key.1" in secrets, "a new installation has its first key"
    after = {name: value for name, value in secrets.items() if name != "hmac.key.1"} | {"hmac.key.3": "k" * 64}
    (tmp_path / "home/secrets.json").write_text(json.dumps(after))
    assert Settings.load(env).secrets == after


def test_a_credentials_file_opened_to_others_is_closed_again(settings: Settings) -> None:
    credentials.ensure(settings)
    path = settings.home / "credentials.json"
    path.chmod(0o644)
    credentials.ensure(settings)
    assert mode(path) == 0o600


def test_logins_follow_the_ports_and_keep_their_passwords(settings: Settings) -> None:
    before = credentials.ensure(settings)
    env = home.environment(settings) | {"CITYBRAIN_SUPERSET_PORT": "18111"}
    after = credentials.ensure(Settings.load(env))
    assert after["superset.leader"]["url"] == "http://127.0.0.1:18111"
    assert after["superset.leader"]["password"] == before["superset.leader"]["password"]


def test_a_broken_credentials_file_is_a_clear_error(settings: Settings) -> None:
    (settings.home / "credentials.json").write_text("{")
    with pytest.raises(CityBrainError, match="is not JSON"):
        credentials.ensure(settings)


def test_the_rooms_of_a_home_are_closed_to_other_users(settings: Settings) -> None:
    assert mode(settings.home) == (0o711 if os.geteuid() == 0 else 0o700)
    assert {mode(settings.home / room) for room in home.PRIVATE_ROOMS} == {0o700}
    _ = settings.secrets
    assert mode(settings.home / "secrets.json") == 0o600


def test_a_home_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CityBrainError, match="can't be prepared"):
        home.prepare(Settings.load({"CITYBRAIN_HOME": str(tmp_path / "file/home")}))


def test_settings_survive_the_way_through_the_environment(settings: Settings) -> None:
    assert Settings.load(home.environment(settings)) == settings


def test_airflow_and_superset_listen_to_loopback_and_hold_no_placeholder(settings: Settings) -> None:
    env = airflow.environment(settings)
    assert env["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert env["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert env["AIRFLOW__API__EXPOSE_CONFIG"] == "False"
    assert f"--bind=127.0.0.1:{settings.superset_port}" in superset.command(settings)
    secrets = [
        env["AIRFLOW__CORE__FERNET_KEY"],
        env["AIRFLOW__API__SECRET_KEY"],
        env["AIRFLOW__API_AUTH__JWT_SECRET"],
        superset.environment(settings)["SUPERSET_SECRET_KEY"],
    ]
    assert len(set(secrets)) == 4
    assert min(map(len, secrets)) >= 32


def test_no_password_stands_on_a_command_line(settings: Settings) -> None:
    lines = [" ".join(program.command) for program in services.programs(settings)]
    assert len(lines) == 9
    for secret in (*settings.secrets.values(), *(one["password"] for one in credentials.ensure(settings).values())):
        assert not any(secret in line for line in lines)


def test_parts_that_live_elsewhere_are_not_started_here(settings: Settings) -> None:
    env = home.environment(settings) | {
        "KAFKA_BOOTSTRAP_SERVERS": "broker.example:9092",
        "WAREHOUSE_URL": "postgresql://owner@warehouse.example/city",
    }
    names = {program.name for program in services.programs(Settings.load(env))}
    airflow_programs = {"airflow-api-server", "airflow-scheduler", "airflow-dag-processor"}
    assert names == {"streams", "watch", "superset", "api", *airflow_programs}


def parsed(settings: Settings, program: Program) -> configparser.SectionProxy:
    text = Supervisor(settings)._render([program])
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read_string(text)
    return parser[f"program:{program.name}"]


def test_values_with_percent_signs_and_quotes_reach_a_service_unchanged(settings: Settings) -> None:
    from supervisor.datatypes import dict_of_key_value_pairs

    env = {"URL": "postgresql://u:p%40w@h/db?a=1,b", "QUOTED": "the city's ä", "EMPTY": ""}
    section = parsed(settings, Program("one", ["/bin/echo", "a b", "100%"], env))
    assert dict_of_key_value_pairs(section["environment"] % {}) == env
    assert shlex.split(section["command"] % {}) == ["/bin/echo", "a b", "100%"]


@pytest.mark.parametrize("value", ['say "a"', "a\nb", "'a'"])
def test_a_value_that_the_supervisor_cannot_carry_is_refused(settings: Settings, value: str) -> None:
    with pytest.raises(CityBrainError, match="can't be handed to the services"):
        parsed(settings, Program("one", ["/bin/true"], {"BAD": value}))


def test_a_home_with_a_long_path_gets_a_short_control_socket(tmp_path: Path) -> None:
    deep = Settings.load({"CITYBRAIN_HOME": str(tmp_path / ("x" * 90))})
    assert len(str(Supervisor(deep).socket)) < 100
    near = Settings.load({"CITYBRAIN_HOME": "/srv/city"})
    assert Supervisor(near).socket == Path("/srv/city/supervisor/supervisor.sock")


RUNNING = ProcessState("RUNNING", 1, 10.0, "")


@pytest.mark.parametrize(
    ("word", "seconds", "healthy", "state"),
    [
        ("RUNNING", 10.0, True, "healthy"),
        ("RUNNING", 10.0, False, "starting"),
        ("STARTING", 1.0, False, "starting"),
        ("RUNNING", services.STARTING_SECONDS + 1, False, "failed"),
        ("BACKOFF", 1.0, False, "failed"),
        ("FATAL", 1.0, False, "failed"),
        ("EXITED", 1.0, False, "failed"),
        ("STOPPED", 0.0, False, "stopped"),
    ],
)
def test_a_component_is_what_its_programs_and_its_health_say(
    settings: Settings, word: str, seconds: float, healthy: bool, state: str
) -> None:
    component = services.Component("x", ("a", "b"), lambda _: healthy, lambda _: None)
    other = ProcessState(word if word == "STOPPED" else "RUNNING", 2, max(seconds, 10.0), "")
    assert services.state_of(component, settings, {"a": ProcessState(word, 1, seconds, ""), "b": other}) == state


def test_a_component_without_its_programs_is_stopped(settings: Settings) -> None:
    component = services.Component("x", ("a", "b"), lambda _: True, lambda _: None)
    assert services.state_of(component, settings, {"a": RUNNING}) == "stopped"


def test_a_killed_supervisor_is_seen_as_a_failure(settings: Settings) -> None:
    component = services.Component("x", ("a",), lambda _: True, lambda _: None)
    Supervisor(settings).pid_file.write_text("1\n")
    assert services.state_of(component, settings, {}) == "failed"


def test_a_part_that_lives_elsewhere_is_healthy_or_failed(settings: Settings) -> None:
    def outside(healthy: bool) -> services.Component:
        return services.Component("x", (), lambda _: healthy, lambda _: None, lambda _: False)

    assert services.state_of(outside(True), settings, {}) == "healthy"
    assert services.state_of(outside(False), settings, {}) == "failed"


def test_what_is_asked_for_brings_what_it_needs() -> None:
    assert lifecycle._with_needs(["postgres"]) == {"warehouse"}
    assert lifecycle._with_needs(["api"]) == {"api", "warehouse"}
    assert lifecycle._with_needs(["streams"]) == {"streams", "kafka", "warehouse"}
    assert lifecycle._with_needs(None) == {"kafka", "streams", "warehouse", "airflow", "superset", "api"}


def test_an_unknown_component_is_a_clear_error() -> None:
    with pytest.raises(CityBrainError, match="no component kafak") as caught:
        lifecycle._with_needs(["kafak"])
    assert caught.value.exit_code == 2


def test_clean_state_refuses_a_directory_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(CityBrainError, match="is not removed"):
        lifecycle.clean(Settings.load({"CITYBRAIN_HOME": str(tmp_path)}))
    assert (tmp_path / "thesis.doc").exists()


def test_clean_state_refuses_a_home_that_holds_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secrets.json").write_text("{}")
    monkeypatch.setattr(lifecycle, "CHECKOUT", tmp_path / "code")
    with pytest.raises(CityBrainError, match="is not removed"):
        lifecycle.clean(Settings.load({"CITYBRAIN_HOME": str(tmp_path)}))
    assert (tmp_path / "secrets.json").exists()
