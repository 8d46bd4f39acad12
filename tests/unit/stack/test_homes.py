"""What a home knows of itself: its ports, its broker, its warehouse."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams import ownership
from streams.errors import CityBrainError
from streams.ownership import KAFKA, WAREHOUSE
from streams.settings import DEFAULT_HOME, PORTS, Settings, port_choices
from streams.stack import home, kafka, ports

OUTSIDE = {
    "KAFKA_BOOTSTRAP_SERVERS": "broker.example:9092",
    "WAREHOUSE_URL": "postgresql://owner:secret@warehouse.example/city",
}


def of(path: Path, **env: str) -> Settings:
    return Settings.load({"CITYBRAIN_HOME": str(path), **env})


def test_the_default_home_keeps_the_usual_ports() -> None:
    assert list(port_choices(DEFAULT_HOME)) == [PORTS]


def test_another_home_has_ports_of_its_own_always_the_same(tmp_path: Path) -> None:
    first, second = (Settings.load({"CITYBRAIN_HOME": name}) for name in ("/srv/first", "/srv/second"))
    taken = [port for one in (first, second) for port in (*one.ports.values(), one.kafka_port + 1)]
    assert len(set(taken)) == 12
    assert not set(taken) & {*PORTS.values(), PORTS["CITYBRAIN_KAFKA_PORT"] + 1}
    assert Settings.load({"CITYBRAIN_HOME": "/srv/first"}).ports == first.ports


def test_a_variable_of_the_environment_overrides_the_homes_port(tmp_path: Path) -> None:
    usual = of(tmp_path)
    assert of(tmp_path, CITYBRAIN_PG_PORT="6000").ports == usual.ports | {"CITYBRAIN_PG_PORT": 6000}


def test_the_ports_that_up_took_are_remembered_in_the_home(tmp_path: Path) -> None:
    ports.remember(of(tmp_path, CITYBRAIN_PG_PORT="6000"))
    assert of(tmp_path).pg_port == 6000
    assert of(tmp_path, CITYBRAIN_PG_PORT="6001").pg_port == 6001
    assert ports.chosen({"CITYBRAIN_HOME": str(tmp_path)}).pg_port == 6000


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[int]:
    """A stranger on the port that the home would give to PostgreSQL."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", of(tmp_path).pg_port))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_new_home_steps_aside_where_a_port_is_taken(tmp_path: Path, listener: int) -> None:
    found = ports.chosen({"CITYBRAIN_HOME": str(tmp_path)})
    assert found.pg_port != listener
    assert found.kafka_port != listener - 2, "its ports stay together"
    assert not (tmp_path / "ports.json").exists(), "only `up` remembers"


def test_a_port_that_a_person_named_is_never_moved(tmp_path: Path, listener: int) -> None:
    assert ports.chosen({"CITYBRAIN_HOME": str(tmp_path), "CITYBRAIN_PG_PORT": str(listener)}).pg_port == listener


def test_a_broken_file_of_ports_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{}")
    with pytest.raises(CityBrainError, match="can't be read"):
        of(tmp_path)


def test_a_home_of_before_the_api_finds_a_port_for_it(tmp_path: Path) -> None:
    older = {name: port for name, port in of(tmp_path).ports.items() if name != "CITYBRAIN_API_PORT"}
    (tmp_path / "ports.json").write_text(json.dumps(older))
    assert of(tmp_path).api_port == older["CITYBRAIN_SUPERSET_PORT"] + 2


@pytest.mark.parametrize("name", [KAFKA, WAREHOUSE])
def test_a_home_that_made_no_server_takes_none_that_answers(tmp_path: Path, name: str) -> None:
    with pytest.raises(CityBrainError, match="not this home's") as caught:
        ownership.require(of(tmp_path), name, "somebody-elses")
    assert "citybrain up" in caught.value.remedy


@pytest.mark.parametrize("name", [KAFKA, WAREHOUSE])
def test_a_home_takes_its_own_server_and_no_other(tmp_path: Path, name: str) -> None:
    own = of(tmp_path)
    ownership.record_made(own, name, "mine")
    ownership.require(own, name, "mine")
    with pytest.raises(CityBrainError, match="not this home's") as caught:
        ownership.require(own, name, "another")
    assert "mine" in caught.value.why and "another" in caught.value.why


@pytest.mark.parametrize("name", [KAFKA, WAREHOUSE])
def test_an_outside_server_is_adopted_once_and_held_to(tmp_path: Path, name: str) -> None:
    own = of(tmp_path, **OUTSIDE)
    ownership.require(own, name, "first")
    ownership.require(own, name, "first")
    with pytest.raises(CityBrainError, match="not this home's") as caught:
        ownership.require(own, name, "second")
    assert "secret" not in str(caught.value)
    assert "citybrain up --adopt" in caught.value.remedy


@pytest.mark.parametrize("name", [KAFKA, WAREHOUSE])
def test_a_home_with_an_outside_server_makes_no_empty_one_beside_it(tmp_path: Path, name: str) -> None:
    ownership.require(of(tmp_path, **OUTSIDE), name, "first")
    with pytest.raises(CityBrainError, match="elsewhere"):
        ownership.record_made(of(tmp_path), name, "new")
    ownership.forget(of(tmp_path))
    ownership.record_made(of(tmp_path), name, "new")
    assert ownership.known(of(tmp_path), name) == ownership.Server("new", True)


@pytest.mark.parametrize("name", [KAFKA, WAREHOUSE])
def test_a_home_that_knows_a_server_takes_no_other_directory_for_it(tmp_path: Path, name: str) -> None:
    own = of(tmp_path)
    ownership.require_none_known(own, name, tmp_path / "data")
    ownership.record_made(own, name, "first")
    for refused in (
        lambda: ownership.require_none_known(own, name, tmp_path / "data"),
        lambda: ownership.record_made(own, name, "second"),
    ):
        with pytest.raises(CityBrainError) as caught:
            refused()
        assert caught.value.exit_code == ownership.STATE_IS_MISSING and "first" in caught.value.why
    assert ownership.known(own, name) == ownership.Server("first", True)


def test_a_broker_whose_mark_alone_is_gone_keeps_its_log(tmp_path: Path) -> None:
    """A formatted log directory was once removed when the file beside it was missing."""
    own = of(tmp_path)
    log = kafka.data(own) / "topic-0/00000000000000000000.log"
    log.parent.mkdir(parents=True)
    log.write_text("records")
    (kafka.data(own) / "meta.properties").write_text("version=1\ncluster.id=abc\nnode.id=1\n")
    kafka.prepare(own)
    assert log.read_text() == "records"
    assert ownership.known(own, KAFKA) == ownership.Server("abc", True)


def test_what_the_home_knows_survives_the_way_through_the_environment(tmp_path: Path) -> None:
    ports.remember(of(tmp_path, CITYBRAIN_PG_PORT="6000"))
    settings = of(tmp_path)
    assert Settings.load(home.environment(settings)) == settings
    assert json.loads((tmp_path / "ports.json").read_text()) == settings.ports
