"""README's page "How a case is timed" shows what the commands say."""

from __future__ import annotations

import re
import shlex

from typer.testing import CliRunner

from streams.cli.main import app
from tests.architecture.checkout import ROOT


def test_the_worked_example_of_the_readme_is_what_the_command_says() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    section = page.partition("## How a case is timed")[2].partition("\n## ")[0]
    shown = re.findall(r"^citybrain (clock .+)\n# (.+)$", section, re.MULTILINE)
    assert len(shown) == section.count("citybrain clock") >= 5
    for words, answer in shown:
        said = CliRunner().invoke(app, shlex.split(words), catch_exceptions=False).output
        assert said.strip() == answer, words
