"""Two homes side by side, each with servers of its own, as two people on one machine would have them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from streams import ownership
from streams.bus.admin import require_own_broker
from streams.errors import CityBrainError
from streams.settings import CHECKOUT, PORTS, Settings
from streams.stack import kafka, lifecycle, postgres
from streams.warehouse.connection import connect, one_row
from tests.fixtures import servers

NOT_OURS = (*PORTS, "KAFKA_BOOTSTRAP_SERVERS", "LAKE_URI", "WAREHOUSE_URL", "CITYBRAIN_HOME")


@dataclass(frozen=True)
class Home:
    """A home and how a person in it types."""

    path: Path

    def env(self, **more: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        return inherited | {"CITYBRAIN_HOME": str(self.path)} | more

    def settings(self, **more: str) -> Settings:
        return Settings.load(self.env(**more))

    def citybrain(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [str(CHECKOUT / ".venv/bin/citybrain"), *arguments]
        return subprocess.run(command, env=self.env(**more), capture_output=True, text=True, check=False, timeout=400)


@pytest.fixture(scope="module")
def homes() -> Iterator[tuple[Home, Home]]:
    """Both up, with nothing but CITYBRAIN_HOME to tell them apart."""
    with servers.temporary_home() as parent:
        made = Home(parent / "mine"), Home(parent / "yours")
        try:
            for one in made:
                done = one.citybrain("up", "--only", "kafka,warehouse")
                assert done.returncode == 0, done.stdout + done.stderr
            yield made
        finally:
            for one in made:
                lifecycle.clean(one.settings())


def outside(home: Home) -> dict[str, str]:
    """The servers of a home as settings of another."""
    own = home.settings()
    return {"KAFKA_BOOTSTRAP_SERVERS": own.kafka_bootstrap_servers, "WAREHOUSE_URL": own.warehouse_url}


def topics(settings: Settings) -> set[str]:
    return set(AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers}).list_topics(timeout=10).topics)


def test_each_home_has_ports_and_servers_of_its_own(homes: tuple[Home, Home]) -> None:
    mine, yours = (one.settings() for one in homes)
    assert not set(mine.ports.values()) & set(yours.ports.values())
    assert kafka.is_healthy(mine) and kafka.is_healthy(yours)
    assert postgres.is_healthy(mine) and postgres.is_healthy(yours)
    for name in (ownership.KAFKA, ownership.WAREHOUSE):
        known = [ownership.known(one, name) for one in (mine, yours)]
        assert all(one and one.is_embedded for one in known) and known[0] != known[1]


def test_what_the_home_keeps_is_what_its_warehouse_says_of_itself(homes: tuple[Home, Home]) -> None:
    mine = homes[0].settings()
    with connect(mine, "reader") as connection:
        (said,) = one_row(connection, ownership.SYSTEM_IDENTIFIER)
    assert ownership.known(mine, ownership.WAREHOUSE) == ownership.Server(said, True)


@pytest.mark.parametrize("arguments", [("sql", "select 1"), ("dlq", "list"), ("publication", "list")])
def test_a_command_refuses_the_warehouse_of_another_home(homes: tuple[Home, Home], arguments: tuple[str, ...]) -> None:
    mine, yours = homes
    url = yours.settings().warehouse_url
    with pytest.raises(CityBrainError, match="not this home's"), connect(mine.settings(WAREHOUSE_URL=url), "owner"):
        pass
    done = mine.citybrain(*arguments, WAREHOUSE_URL=url)  # as a login whose password is another one there
    assert done.returncode == 1 and "does not let this home in" in done.stderr, done.stderr
    assert yours.settings().secrets["pg.owner"] not in done.stderr and "Traceback" not in done.stderr


def test_a_command_refuses_the_broker_of_another_home_and_sends_it_nothing(homes: tuple[Home, Home]) -> None:
    mine, yours = homes
    port = {"CITYBRAIN_KAFKA_PORT": str(yours.settings().kafka_port)}
    with pytest.raises(CityBrainError, match="not this home's"):
        require_own_broker(mine.settings(**port))
    before = topics(yours.settings())
    sample = CHECKOUT / "streams/sources/samples/chicago_311_data.csv"
    done = mine.citybrain("ingest", str(sample), "--mapping", "chicago_311", **port)
    assert done.returncode != 0 and "not this home's" in done.stderr, done.stdout + done.stderr
    assert topics(yours.settings()) == before


def test_servers_elsewhere_are_adopted_and_then_no_others_are_taken(homes: tuple[Home, Home], tmp_path: Path) -> None:
    mine, yours = homes
    guest = Home(tmp_path / "guest")
    first, second = guest.settings(**outside(mine)), guest.settings(**outside(yours))
    with connect(first, "owner") as connection:
        connection.execute("select 1")
    require_own_broker(first)
    assert ownership.known(first, ownership.WAREHOUSE) == ownership.Server(
        ownership.known(mine.settings(), ownership.WAREHOUSE).id,
        False,  # type: ignore[union-attr]
    )
    with pytest.raises(CityBrainError, match="not this home's"), connect(second, "owner"):
        pass
    with pytest.raises(CityBrainError, match="not this home's"):
        require_own_broker(second)


def test_down_stops_its_own_home_and_says_nothing_of_the_others(homes: tuple[Home, Home], tmp_path: Path) -> None:
    mine, yours = homes
    idle = Home(tmp_path / "idle").citybrain("down")
    assert idle.returncode == 0 and "stopped" not in idle.stdout and "was running" in idle.stdout
    done = yours.citybrain("down")
    assert done.returncode == 0 and "kafka      stopped" in done.stdout and "airflow" not in done.stdout, done.stdout
    assert not kafka.is_healthy(yours.settings()) and not postgres.is_healthy(yours.settings())
    assert kafka.is_healthy(mine.settings()) and postgres.is_healthy(mine.settings())
    again = yours.citybrain("up", "--only", "kafka,warehouse")
    assert again.returncode == 0, again.stderr
    assert kafka.is_healthy(yours.settings()) and postgres.is_healthy(yours.settings())
