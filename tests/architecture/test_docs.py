"""What the documents and error messages tell people to type exists; what exists is documented."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from tests.architecture.checkout import ROOT, files, refuse, text

ROOM_FOLDERS = ("dags", "streams", "dbt_project", "superset", "infra", "tests")

ROOM_NAMES = re.compile(r"`((?:streams/)?[a-z_]+)`")


def command_tree() -> TyperGroup:
    from streams.cli.main import app

    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    return command


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all commands that people may type, for example ("dlq", "list"); the hidden ones are for programs."""
    for name, one in group.commands.items():
        if one.hidden:
            continue
        if isinstance(one, TyperGroup):
            yield from commands(one, (*path, name))
        else:
            yield (*path, name)


def find(group: TyperGroup, words: list[str]) -> tuple[tuple[str, ...], TyperCommand | None]:
    """Longest path of leading words that is a command, and that command; None when even the first isn't one."""
    path: tuple[str, ...] = ()
    current: TyperCommand | None = group
    for word in words:
        if not isinstance(current, TyperGroup):
            break
        if word not in current.commands:
            return path, None if re.fullmatch("[a-z][a-z-]*", word) else current
        path, current = (*path, word), current.commands[word]
    return path, current


def broken_call(group: TyperGroup, call: str) -> str | None:
    """Why `citybrain <call>` can't be typed: an unknown verb or option; None when it can."""
    try:
        words = shlex.split(call.replace("…", "X").replace("[", " ").replace("]", " "))
    except ValueError as error:
        return str(error)
    path, command = find(group, words)
    if command is None:
        return f"`citybrain {call}`: no command {' '.join(words[: len(path) + 1])}"
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"`citybrain {call}`: {' '.join(path)} has no option {', '.join(unknown)}" if unknown else None


def calls_in_prose(content: str) -> list[str]:
    """What stands behind `citybrain` inside back-quotes, on one line."""
    return re.findall(r"`citybrain ([a-z][^`\n]*)`", content)


def calls_in_fences(content: str) -> list[str]:
    """What stands behind `citybrain` in the shell blocks of a page, lines that go on joined, comments taken out."""
    found = []
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", content, re.MULTILINE | re.DOTALL):
        text = re.sub(r"\\\n\s*", " ", re.sub(r"\s+# .*", "", block))
        lexer = shlex.shlex(text.replace("…", "X"), posix=False, punctuation_chars=";&|\n")
        lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
        words: list[str] = []
        for word in [*lexer, "\n"]:
            if set(word) <= set(";&|\n"):
                if words[:1] == ["citybrain"]:
                    found.append(" ".join(words[1:]))
                words = []
            else:
                words.append(word)
    return found


def calls_in_readme(readme: str) -> list[str]:
    """The command table of the README, its alternatives written out: `a x | y` is `a x` and `a y`."""
    block = re.search(r"## The command line\n+```\n(.*?)```", readme, re.DOTALL)
    assert block, "README.md has no command table under `## The command line`"
    group, found = command_tree(), []
    for line in block.group(1).splitlines():
        table = re.split(r"\s{2,}", line.strip())[0].removeprefix("citybrain ")
        prefix: tuple[str, ...] = ()
        for alternative in table.split(" | "):
            words = alternative.split()
            if not prefix and words and isinstance(group.commands.get(words[0]), TyperGroup):
                prefix, alternative = (words[0],), " ".join(words[1:])
            found.append(" ".join((*prefix, alternative)))
    return found


def undocumented(path: Path, source: str) -> Iterator[str]:
    """Sentences on modules, functions and classes of `streams` that say nothing about themselves."""
    tree = ast.parse(source)
    if not ast.get_docstring(tree):
        yield f"{path} has no docstring. The first line says what the file promises. Write it."
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if node.name == "register" and path.parts[:2] == ("streams", "cli"):
            continue
        if not ast.get_docstring(node):
            yield (
                f"{path}:{node.lineno} {node.name} has no docstring. A caller must learn grain, units and errors "
                "without reading the body. Write it, or make the name private."
            )


def test_every_command_of_the_readme_exists():
    calls = calls_in_readme((ROOT / "README.md").read_text())
    assert len(calls) > 15
    group = command_tree()
    refuse([broken for call in calls if (broken := broken_call(group, call))])


def test_every_command_is_in_the_readme():
    group = command_tree()
    known = {find(group, call.split())[0] for call in calls_in_readme((ROOT / "README.md").read_text())}
    assert set(commands(group)) - known == set()


def test_every_command_that_a_text_or_an_error_names_exists():
    group, calls = command_tree(), []
    for path in files():
        if path.suffix in (".md", ".py", ".yml", ".yaml", ".sql", ".toml", ".env") and path.parts[:2] != (
            "tests",
            "architecture",
        ):
            calls += [(path, call) for call in calls_in_prose(text(path) or "")]
    assert len(calls) > 40
    refuse([f"{path}: {broken}" for path, call in calls if (broken := broken_call(group, call))])


def test_every_command_in_a_block_of_a_page_exists():
    group, pages = command_tree(), [path for path in files("**/*.md") if path.parts[0] != "tests"]
    calls = [(path, call) for path in pages for call in calls_in_fences(text(path) or "")]
    assert len({path for path, _ in calls}) >= 5 and len(calls) > 40
    refuse([f"{path}: {broken}" for path, call in calls if (broken := broken_call(group, call))])


def test_every_runbook_is_named_by_the_readme_and_says_when_and_what_to_type():
    readme, books = (ROOT / "README.md").read_text(), files("infra/runbooks/*.md")
    assert len(books) >= 5
    for path in books:
        assert f"`{path}`" in readme or f"`{path.name}`" in readme, f"README.md does not name {path}"
        assert "```sh" in (text(path) or ""), f"{path} says nothing to type"


def test_every_file_that_a_page_names_exists():
    known = {str(path) for path in files()}
    folders = {str(parent) for path in files() for parent in path.parents}
    named = []
    for page in (path for path in files("**/*.md") if path.parts[0] != "tests" and path.name != "CHANGELOG.md"):
        for one in re.findall(rf"`((?:{'|'.join(ROOM_FOLDERS)})/[\w./-]+)`", text(page) or ""):
            named.append(one)
            is_example = "qingshan" in one  # the made-up city of the README: files that its reader makes
            assert is_example or one.rstrip("/") in known | folders, f"{page} names {one}, which does not exist"
    assert len(named) > 20


def test_every_make_target_that_a_text_names_exists():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets >= {"demo", "test", "down", "clean-state", "help"}
    named = []
    for path in [*files("**/*.md"), *files("streams/**/*.py")]:
        content = text(path) or ""
        named += [(path, one) for one in re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)", content, re.MULTILINE)]
    assert len(named) >= 4
    refuse([f"{path}: make {a or b}" for path, (a, b) in named if (a or b) not in targets])


def test_the_readme_maps_every_room():
    readme = (ROOT / "README.md").read_text()
    section = readme.split("## The rooms", 1)[1].split("\n## ", 1)[0]
    mapped = {
        name for row in section.splitlines() if row.startswith("|") for name in ROOM_NAMES.findall(row.split("|")[1])
    }
    rooms = {"/".join(path.parts[:2]) for path in files("streams/*/**/*.py")}
    folders = {path.parts[0] for path in files() if len(path.parts) > 1} - {"streams", ".ci"}
    assert mapped == rooms | folders


def test_every_module_and_public_name_of_streams_is_documented():
    modules = [(path, (ROOT / path).read_text()) for path in files("streams/**/*.py")]
    assert len(modules) > 40
    refuse([one for path, source in modules for one in undocumented(path, source)])


def test_every_dead_letter_rule_is_documented_and_used():
    from streams.contracts.validate import RULES

    page = (ROOT / "streams/contracts/generated/dead_letters.md").read_text()
    code = "".join((ROOT / path).read_text() for path in files("streams/**/*.py"))
    assert len(RULES) > 15
    refuse([rule for rule in RULES if f"`{rule}`" not in page])
    refuse([rule for rule in RULES if code.count(f'"{rule}"') < 2])  # once in RULES itself
    chinese = re.compile("[\u4e00-\u9fff]")
    refuse([rule for rule, said in RULES.items() if not chinese.search(said.zh) or not chinese.search(said.do_zh)])
    refuse([rule for rule, said in RULES.items() if not said.en or not said.do_en])


def test_the_command_rule_reads_shell_blocks():
    page = "```sh\ncitybrain build --run-id a && citybrain gate \\\n    --run-id a   # a; b\nmake x\n```\nciybrain\n"
    assert calls_in_fences(page) == ["build --run-id a", "gate --run-id a"]
    page = '  ```sh\n  citybrain sql "select 1;\n   select 2" -f csv\n  ```'
    assert calls_in_fences(page) == ['sql "select 1;\n   select 2" -f csv']


@pytest.mark.parametrize(
    "call", ["fly", "contracts fly", "sql --fly", "dlq list --fly x", "status --json --fly", 'sql "unclosed']
)
def test_the_command_rule_fires(call):
    assert broken_call(command_tree(), call)


def test_the_command_rule_reads_prose():
    assert calls_in_prose('run `citybrain up`, or `citybrain sql "select 1"`; `make x`') == ["up", 'sql "select 1"']


def test_the_docstring_rule_fires():
    source = 'def public():\n    pass\ndef _private():\n    pass\nclass Said:\n    """Yes."""\n'
    assert len(list(undocumented(Path("streams/jobs/x.py"), source))) == 2


class _Asked(dict[str, str]):
    """An empty environment that remembers what was looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key, default=None):
        self.names.add(key)
        return default


def test_the_readme_lists_every_setting_with_its_default():
    from streams.settings import PORTS, Settings

    asked = _Asked()
    usual = Settings.load(asked)
    section = (ROOT / "README.md").read_text().split("## Settings", 1)[1].split("\n## ", 1)[0]
    told = {row[1]: row[2] for row in re.findall(r"^(\| `(\w+)` \| ([^|]+) \|)", section, re.MULTILINE)}
    assert asked.names == set(told), "what settings.py reads and what the table lists"
    assert {name: told[name] for name in PORTS} == {name: str(port) for name, port in PORTS.items()}
    assert told["KAFKA_BOOTSTRAP_SERVERS"] == usual.kafka_bootstrap_servers
    assert told["SPARK_MASTER"] == usual.spark_master
    assert told["DBT_TARGET"] == usual.dbt_target
    assert told["RAW_RETENTION_DAYS"] == str(usual.raw_retention_days)
    assert told["LAKE_URI"].strip("`").replace("$CITYBRAIN_HOME", str(usual.home)) == usual.lake_uri
    assert str(usual.home).endswith(told["CITYBRAIN_HOME"].partition("` ")[0].strip("`"))
