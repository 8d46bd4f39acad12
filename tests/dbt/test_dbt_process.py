"""One dbt process serves many commands; what becomes of them when it fails. Nothing here reaches a database."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from streams.builds import dbt_process
from streams.builds.dbt import Dbt
from streams.errors import CityBrainError
from streams.settings import Settings
from tests.fixtures.servers import temporary_environment


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home: Path = tmp_path_factory.mktemp("home")
    return Settings.load(temporary_environment(home))


def processes() -> list[psutil.Process]:
    """Those of the sessions, not the servers that other tests have started."""
    return [one for one in psutil.Process().children() if dbt_process.__name__ in one.cmdline()]


def test_a_command_that_fails_is_told_and_the_process_ends_with_the_session(settings: Settings) -> None:
    with Dbt(settings, "wap_none") as dbt:
        assert processes()
        for _ in range(2):  # the session goes on after a failed command
            with pytest.raises(CityBrainError, match="dbt build could not start its work") as caught:
                dbt.run(["build", "--selector", "no_such_selector"], lambda line: None)
            assert "no_such_selector" in caught.value.why
    assert not processes()


def test_a_process_that_died_is_told_as_such(settings: Settings) -> None:
    with pytest.raises(CityBrainError, match="dbt build could not start its work"), Dbt(settings, "wap_none") as dbt:
        for process in processes():
            process.kill()
            process.wait()
        dbt.run(["build", "--selector", "candidates"], lambda line: None)
