"""`contracts diff`: what breaks a reader exits 1, what does not is told and let through."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from streams.cli.main import app
from streams.contracts import diff as differ
from streams.contracts.registry import CITIES_DIR, TOPICS_DIR, read_yaml
from streams.errors import CityBrainError

HOTLINE = "city.hotline.ticket.v1"
TABLE = {
    "name": "thing",
    "description": "x",
    "latest_version": 1,
    "config": {"meta": {"primary_key": ["a"]}},
    "columns": [
        {"name": "a", "data_type": "text", "description": "x", "constraints": [{"type": "not_null"}]},
        {"name": "b", "data_type": "bigint", "description": "x"},
    ],
    "versions": [{"v": 1}],
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A checkout with one topic contract and one published contract, committed."""
    assert CITIES_DIR.is_dir()
    topics = tmp_path / differ.TOPICS
    topics.mkdir(parents=True)
    (topics / f"{HOTLINE}.yaml").write_bytes((TOPICS_DIR / f"{HOTLINE}.yaml").read_bytes())
    write_table(tmp_path, TABLE)
    (tmp_path / differ.PUBLISHED[1]).mkdir(parents=True)
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "first"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    return tmp_path


def write_table(root: Path, model: dict[str, Any]) -> None:
    path = root / differ.PUBLISHED[0] / "thing.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"version": 2, "models": [model]}))


def edit(root: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = root / differ.TOPICS / f"{HOTLINE}.yaml"
    document = read_yaml(path)
    change(document)
    path.write_text(yaml.safe_dump(document, allow_unicode=True))


def field(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in document["schema"][0]["properties"] if item["name"] == name)


def values(document: dict[str, Any], name: str) -> list[str]:
    return field(document, name)["quality"][0]["arguments"]["validValues"]


def remove(document: dict[str, Any], name: str) -> None:
    document["schema"][0]["properties"].remove(field(document, name))


def add(document: dict[str, Any], **more: Any) -> None:
    new = {
        "name": "weather",
        "logicalType": "string",
        "required": False,
        "classification": "none",
        "description": "x",
        "customProperties": [{"property": "nameZh", "value": "天气"}],
    }
    document["schema"][0]["properties"].append(new | more)


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        (lambda d: remove(d, "urgency"), "urgency", "removed"),
        (lambda d: field(d, "urgency").update(name="priority"), "urgency", "renamed to priority"),
        (lambda d: field(d, "category_code").update(logicalType="number"), "category_code", "type string -> number"),
        (lambda d: field(d, "unit_code").update(required=True), "unit_code", "newly required"),
        (lambda d: values(d, "channel").remove("web"), "channel", "values removed: web"),
        (lambda d: add(d, required=True), "weather", "new, required"),
        (
            lambda d: field(d, "latitude")["logicalTypeOptions"].update(maximum=60),
            "latitude",
            "maximum 90 -> 60",
        ),
        (
            lambda d: field(d, "case_id")["logicalTypeOptions"].update(maxLength=32),
            "case_id",
            "maxLength 64 -> 32",
        ),
        (
            lambda d: field(d, "unit_code").update(logicalTypeOptions={"pattern": "^A"}),
            "unit_code",
            "pattern none -> ^A",
        ),
        (
            lambda d: field(d, "area_code")["customProperties"].append({"property": "lakeOnly", "value": True}),
            "area_code",
            "lakeOnly False -> True",
        ),
        (lambda d: d["customProperties"][0].update(value=8), "contract", "partitions 4 -> 8"),
    ],
)
def test_a_breaking_change_of_a_topic_fails(
    repository: Path, change: Callable[[dict[str, Any]], Any], place: str, what: str
) -> None:
    edit(repository, change)
    found = {(one.place, one.what): one.fails for one in differ.diff("HEAD", repository)}
    assert found[place, what] is True


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        (add, "weather", "new, optional"),
        (lambda d: values(d, "channel").append("fax"), "channel", "values added: fax"),
        (
            lambda d: field(d, "case_id")["logicalTypeOptions"].update(maxLength=128),
            "case_id",
            "maxLength 64 -> 128",
        ),
        (lambda d: d["team"].update(name="市数据局"), "contract", "owner 市12345政务服务便民热线中心 -> 市数据局"),
    ],
)
def test_a_change_that_no_reader_feels_is_told_and_fine(
    repository: Path, change: Callable[[dict[str, Any]], Any], place: str, what: str
) -> None:
    edit(repository, change)
    assert [(one.place, one.what, one.fails) for one in differ.diff("HEAD", repository)] == [(place, what, False)]


def test_nothing_changed_is_no_change(repository: Path) -> None:
    assert differ.diff("HEAD", repository) == []


def test_a_breaking_change_is_excused_by_a_file_of_the_next_version(repository: Path) -> None:
    old = repository / differ.TOPICS / f"{HOTLINE}.yaml"
    new = old.with_name("city.hotline.ticket.v2.yaml")
    new.write_text(old.read_text().replace(HOTLINE, "city.hotline.ticket.v2").replace("version: 1.", "version: 2."))
    assert not any(one.fails for one in differ.diff("HEAD", repository))
    old.unlink()
    removed = [one for one in differ.diff("HEAD", repository) if one.what == "removed"]
    assert [(one.breaking, one.excused) for one in removed] == [(True, True)]


def test_a_contract_that_vanishes_without_successor_fails(repository: Path) -> None:
    (repository / differ.TOPICS / f"{HOTLINE}.yaml").unlink()
    assert [(one.what, one.fails) for one in differ.diff("HEAD", repository)] == [("removed", True)]


@pytest.mark.parametrize(
    ("change", "what", "fails"),
    [
        ({"columns": TABLE["columns"][:1]}, "removed", True),
        ({"columns": [TABLE["columns"][0], TABLE["columns"][1] | {"data_type": "text"}]}, "type bigint -> text", True),
        ({"config": {"meta": {"primary_key": ["a", "b"]}}}, "key a -> a/b", True),
        (
            {"columns": [*TABLE["columns"], {"name": "c", "data_type": "text", "description": "x"}]},
            "new, optional",
            False,
        ),
    ],
)
def test_published_columns_are_held_to_the_same(
    repository: Path, change: dict[str, Any], what: str, fails: bool
) -> None:
    write_table(repository, TABLE | change)
    assert [(one.what, one.fails) for one in differ.diff("HEAD", repository)] == [(what, fails)]
    write_table(repository, TABLE | change | {"versions": [{"v": 1}, {"v": 2}]})
    assert not any(one.fails for one in differ.diff("HEAD", repository))


@pytest.mark.parametrize("revision", ["no-such-branch", "--output=/dev/null"])
def test_a_revision_that_git_does_not_know_is_a_clear_error(repository: Path, revision: str) -> None:
    with pytest.raises(CityBrainError):
        differ.diff(revision, repository)


def test_the_command_exits_1_on_a_breaking_change_and_0_otherwise(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = differ.diff
    monkeypatch.setattr(differ, "diff", lambda against: real(against, repository))
    run = CliRunner()
    assert run.invoke(app, ["contracts", "diff"]).exit_code == 0
    edit(repository, add)
    fine = run.invoke(app, ["contracts", "diff", "--against", "HEAD"])
    assert fine.exit_code == 0
    assert "weather" in fine.stdout
    edit(repository, lambda d: remove(d, "urgency"))
    broken = run.invoke(app, ["contracts", "diff"])
    assert broken.exit_code == 1
    assert isinstance(broken.exception, CityBrainError)
