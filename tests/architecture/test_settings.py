"""No switch without a wire: what Settings and a city file can say is read somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from streams.contracts.registry import City
from streams.errors import CityBrainError
from streams.settings import USUAL_TARGET, Settings
from tests.architecture.checkout import ROOT, files, refuse


def read_names(sources: Iterable[str]) -> set[str]:
    """Names that Python reads: of attributes (not of what it assigns), and keys of rows."""
    found: set[str] = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found.add(node.attr)
            elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                found.add(str(node.slice.value))
    return found


def unread(kind: type, names: set[str]) -> list[str]:
    """Sentences on the fields that nobody reads."""
    return [
        f"{kind.__name__}.{field.name} is read by nobody. Whoever sets it is deceived. Make it work or take it out."
        for field in fields(kind)
        if field.name not in names
    ]


def sources() -> list[str]:
    found = files("streams/**/*.py")
    assert len(found) > 100
    return [(ROOT / path).read_text() for path in found]


def test_every_setting_is_read() -> None:
    refuse(unread(Settings, read_names(sources())))


def test_everything_a_city_file_can_say_is_read_by_python_or_as_a_column_by_a_model() -> None:
    models = files("dbt_project/models/**/*.sql")
    assert len(models) > 50
    columns = {word for path in models for word in re.findall(r"\w+", (ROOT / path).read_text())}
    refuse(unread(City, read_names(sources()) | columns))


def test_the_rule_on_unread_fields_fires() -> None:
    names = read_names(["settings = load()\nprint(settings.home, row['calendar'])\nsettings.pg_port = 1\n"])
    told = unread(Settings, names)
    assert any("Settings.pg_port is read by nobody" in one for one in told), "an assignment is no reading"
    assert not any("Settings.home " in one for one in told)


def test_a_target_that_dbt_does_not_know_is_refused_with_those_that_it_knows(tmp_path: Path) -> None:
    assert USUAL_TARGET in yaml.safe_load((ROOT / "dbt_project/profiles.yml").read_text())["citybrain"]["outputs"]
    with pytest.raises(CityBrainError, match="DBT_TARGET") as error:
        Settings.load({"CITYBRAIN_HOME": str(tmp_path), "DBT_TARGET": "spark"})
    assert "postgres" in error.value.why and error.value.exit_code == 2
