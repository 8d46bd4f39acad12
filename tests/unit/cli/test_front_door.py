"""What people type first: help, version, completion, logs, JSON of whatever lists something."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from streams.settings import CHECKOUT

CITYBRAIN = str(CHECKOUT / ".venv/bin/citybrain")


def citybrain(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "CITYBRAIN_HOME": str(home), "LC_ALL": "C.UTF-8", **env}
    return subprocess.run([CITYBRAIN, *arguments], env=env, capture_output=True, text=True, check=False, timeout=240)


def test_h_and_help_say_the_same_of_a_command_and_of_its_parts(tmp_path: Path) -> None:
    for path in ((), ("dlq",), ("dlq", "list")):
        short, long = citybrain(tmp_path, *path, "-h"), citybrain(tmp_path, *path, "--help")
        assert short.returncode == 0 and short.stdout == long.stdout and "Usage" in short.stdout


def test_the_version_is_said(tmp_path: Path) -> None:
    done = citybrain(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, "citybrain 0.1.0\n")
    assert not list(tmp_path.iterdir()), "asking makes nothing"


def test_the_shell_can_complete_commands_and_their_options(tmp_path: Path) -> None:
    words = {"_CITYBRAIN_COMPLETE": "complete_bash", "COMP_WORDS": "citybrain dlq re", "COMP_CWORD": "2"}
    assert citybrain(tmp_path, **words).stdout.split() == ["replay"]
    # As a person asks: the shell that the command was called from is the one that it is completed in.
    script = subprocess.run(
        ["/bin/bash", "-c", f"{CITYBRAIN} --show-completion; true"], capture_output=True, text=True, check=False
    )
    assert "_CITYBRAIN_COMPLETE=complete_bash" in script.stdout, script.stderr


LISTING = [
    "status",
    "doctor",
    "dlq list",
    "keys list",
    "publication list",
    "indicator list",
    "calendar list",
    "contracts diff",
    "source codes",
]


def test_every_command_that_lists_something_knows_json() -> None:
    from streams.cli.main import app

    group = typer.main.get_command(app)
    found = {}
    for call in LISTING:
        command = group
        for word in call.split():
            assert isinstance(command, TyperGroup)
            command = command.commands[word]
        found[call] = "--json" in {option for one in command.params for option in one.opts}
    assert found == dict.fromkeys(LISTING, True)
    assert isinstance(group, TyperGroup)
    named_list = {
        f"{name} list" for name, one in group.commands.items() if isinstance(one, TyperGroup) and "list" in one.commands
    }
    assert named_list <= set(LISTING), "a new `list` is in this table"


def test_keys_are_listed_as_json_without_the_keys(tmp_path: Path) -> None:
    (key,) = json.loads(citybrain(tmp_path, "keys", "list", "--json").stdout)
    assert key == {"key_id": "1", "since": None, "is_current": True}
    secret = json.loads((tmp_path / "secrets.json").read_text())["hmac.key.1"]
    assert secret not in json.dumps(key)


def test_logs_shows_the_last_lines_of_each_file_of_a_part(tmp_path: Path) -> None:
    room = tmp_path / "logs"
    room.mkdir()
    (room / "airflow-scheduler.log").write_text("".join(f"line {n}\n" for n in range(9)))
    (room / "airflow-migrate.log").write_text("migrated\n")
    (room / "kafka.log").write_text("not asked for\n")
    done = citybrain(tmp_path, "logs", "airflow", "-n", "2")
    assert done.returncode == 0, done.stderr
    assert "line 8" in done.stdout and "line 7" in done.stdout and "line 6" not in done.stdout
    assert "migrated" in done.stdout and "airflow-scheduler.log" in done.stdout
    assert "not asked for" not in done.stdout


@pytest.mark.parametrize(("part", "code", "words"), [("kafak", 2, "no part"), ("streams", 1, "no log of streams")])
def test_logs_that_are_not_there_are_a_clear_error(tmp_path: Path, part: str, code: int, words: str) -> None:
    done = citybrain(tmp_path, "logs", part)
    assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr


def test_down_in_a_home_where_nothing_runs_claims_nothing(tmp_path: Path) -> None:
    done = citybrain(tmp_path, "down")
    assert done.returncode == 0 and "nothing of" in done.stdout and "stopped" not in done.stdout


def test_codes_that_the_reference_data_lacks_are_listed_as_json(tmp_path: Path) -> None:
    sample = CHECKOUT / "streams/sources/samples/chicago_311_data.csv"
    done = citybrain(tmp_path, "source", "codes", str(sample), "--mapping", "chicago_311", "--json")
    assert done.returncode == 0 and json.loads(done.stdout) == [], "the shipped sample is known whole"
