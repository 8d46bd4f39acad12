from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.errors import CityBrainError
from streams.stack import install


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> install.Step:
    """A step whose command makes its one proof, `made`, and counts its runs in `count`."""
    monkeypatch.setattr(install, "LOG", tmp_path / "install.log")
    lock, target = tmp_path / "lock", tmp_path / "target"
    lock.write_text("v1")
    command = ("sh", "-c", f"touch {target}/made; echo x >> {tmp_path}/count")
    one = install.Step("thing", "the thing", target, lock, "made*", (command,))
    monkeypatch.setattr(install, "steps", lambda: [one])
    return one


def runs(step: install.Step) -> int:
    return len((step.lock.parent / "count").read_text().split())


def test_a_finished_step_is_skipped_until_its_lock_changes(step: install.Step) -> None:
    said: list[str] = []
    install.run(said.append)
    install.run(said.append)
    assert runs(step) == 1
    assert said == ["installing the thing (0 s)"]
    step.lock.write_text("v2")
    install.run(said.append)
    assert runs(step) == 2


def test_a_step_whose_files_were_removed_is_done_again(step: install.Step) -> None:
    install.run(lambda words: None)
    (step.target / "made").unlink()
    assert not step.is_done()
    install.run(lambda words: None)
    assert step.is_done()


def test_an_interrupted_step_is_not_taken_for_done(step: install.Step) -> None:
    def ctrl_c(words: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install.run(ctrl_c)
    assert not step.is_done()
    install.run(lambda words: None)
    assert step.is_done()


def test_a_failing_step_tells_the_tools_last_words(step: install.Step, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = install.Step(
        "bad", "the bad thing", step.target, step.lock, "made*", (("sh", "-c", "echo no route; exit 7"),)
    )
    monkeypatch.setattr(install, "steps", lambda: [bad])
    with pytest.raises(CityBrainError) as caught:
        install.run(lambda words: None)
    assert caught.value.what == "the bad thing can't be installed (sh exit 7)"
    assert caught.value.why == "no route"
    assert not bad.is_done()


def test_every_environment_installs_by_hash_and_every_jar_is_pinned() -> None:
    environments = [step for step in install.steps() if "environment" in step.name]
    assert len(environments) == 3
    for step in environments:
        assert any("--require-hashes" in command for command in step.commands), step.name
        pins = re.findall(r"^[a-zA-Z0-9_.\[\]-]+==\S+ \\$", step.lock.read_text(), re.MULTILINE)
        assert len(pins) > 50, step.name
    pom = install.POM.read_text()
    versions = re.findall(r"<version>([^<]+)</version>", pom)
    assert len(versions) >= pom.count("<dependency>") + 2 > 7  # the project itself and its plugin have one too
    assert all(re.fullmatch(r"\d[\d.]*|\$\{(spark|delta)\.version\}", version) for version in versions), versions


def test_jars_of_an_earlier_lock_are_gone_after_an_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "LOG", tmp_path / "install.log")
    target, lock = tmp_path / "lib", tmp_path / "pom.xml"
    target.mkdir()
    (target / "old-1.jar").touch()
    lock.write_text("new")
    adds = ("touch", str(target / "new-2.jar"))
    step = install.Step("jars", "the jars", target, lock, "*.jar", (adds,), only_adds=True)
    monkeypatch.setattr(install, "steps", lambda: [step])
    install.run(lambda _: None)
    assert [path.name for path in target.glob("*.jar")] == ["new-2.jar"]
    assert step.is_done()
