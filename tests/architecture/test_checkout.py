"""What the repository may hold: fixed top level, no secrets, nothing of one machine, marks on what is generated."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, files, refuse, text

FOLDERS = {"dags", "streams", "dbt_project", "superset", "infra", "tests", ".ci"}

TOP_FILES = {
    "README.md",
    "CHANGELOG.md",
    "Makefile",
    "pyproject.toml",
    ".gitignore",
    ".gitattributes",
    ".sqlfluffignore",
}

HOSTS = {
    "127.0.0.1",
    "localhost",
    "maven.apache.org",  # name space of pom.xml
    "www.w3.org",  # name space of SVG
    "json-schema.org",  # name space of JSON Schema
    "data.cityofchicago.org",  # attribution of the shipped sample
    "apachesuperset.gateway.scarf.sh",  # a test names it to see that it is never reached
}
"""Hosts that a file may name; nothing else is reached or mentioned."""

ADDRESS = re.compile(r"\b(?:https?|ftp)://(?:[^\s/@\"'`]*@)?([A-Za-z0-9.-]+)")

MACHINE_PATH = re.compile(r"(?<![\w.$}/])/(?:work|root|home|Users|mnt|media)/[\w.-]+(?=[/\s\"'`)]|$)")

SECRETS = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "cloud key": re.compile(r"\b(?:AKIA|LTAI|AKID)[0-9A-Za-z]{12,}"),
    "token": re.compile(r"\b(?:ghp|gho|glpat|xox[abp])[-_][0-9A-Za-z-]{16,}|\beyJ[\w-]{10,}\.[\w-]{10,}\."),
    "password in an address": re.compile(r"\b[a-z+0-9]+://[^\s:/@{}<$%\"']+:(?!secret@)([^\s:/@{}<$%\"']{3,})@"),
    "password in the clear": re.compile(
        r"""(?ix) ["']?\b[\w.]*(?:password|passwd|secret|token|fernet|(?:api|secret|fernet)_?key)["']? \s* [:=] \s*
        ["'](?=[^"'\s]*\d)(?=[^"'\s]*[a-z])([^"'\s{}$<>%]{12,})["']"""
    ),
}

QUOTED = re.compile(r"""["'=: ]([A-Za-z0-9+/_-]{32,}={0,2})["'\s]""")

PUBLIC = re.compile(r"""\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|"(?:id|reporter_token)": "[0-9a-f]{32}\"""")
"""Random by nature and no secret: names of dashboards' parts; ids and tokens of the examples of the contracts."""

HEX_BITS, BASE64_BITS = 3.4, 4.4
"""Bits per character above which text is called random: 32 random hexadecimal digits show about 3.6, 43 of base64
about 4.9; words and paths stay below."""

MARK = "made by `citybrain contracts render`; do not edit"


def strange_top_level(paths: list[Path]) -> Iterator[str]:
    for name in sorted({path.parts[0] for path in paths}):
        if name not in FOLDERS | TOP_FILES:
            yield f"{name} stands at the top. The top level is fixed, so that people find things. Move it into a room."


def foreign_addresses(path: Path, content: str) -> Iterator[str]:
    for line, row in enumerate(content.splitlines(), 1):
        for host in ADDRESS.findall(row):
            if host not in HOSTS:
                yield (
                    f"{path}:{line} names the host {host}. Everything runs on loopback, and where packages come from "
                    "is the machine's setting. Take it out, or make it a setting."
                )


def machine_paths(path: Path, content: str) -> Iterator[str]:
    for line, row in enumerate(content.splitlines(), 1):
        for found in MACHINE_PATH.findall(row):
            yield (
                f"{path}:{line} holds the path {found}. It exists on one machine only. Start from the checkout "
                "(Path(__file__)) or from CITYBRAIN_HOME."
            )


def leaked_secrets(path: Path, content: str) -> Iterator[str]:
    for line, row in enumerate(content.splitlines(), 1):
        row = PUBLIC.sub("", row) + " "
        kinds = [kind for kind, pattern in SECRETS.items() if pattern.search(row)]
        if any(looks_random(one) for one in QUOTED.findall(row)):
            kinds.append("random text")
        if kinds:
            yield (
                f"{path}:{line} looks like a secret ({', '.join(kinds)}). Git never forgets. Let `Settings.secrets` "
                "make it, or read it from the environment."
            )


def looks_random(one: str) -> bool:
    """True for at least 32 characters that are evenly spread and hold digits, as keys do and words don't."""
    counts = Counter(one)
    bits = -sum(n / len(one) * math.log2(n / len(one)) for n in counts.values())
    if re.fullmatch("[0-9a-f]+|[0-9A-F]+", one):
        return bits > HEX_BITS and len(re.findall("[A-Fa-f]", one)) > 3
    mixed = all(re.search(kind, one) for kind in ("[A-Z].*[A-Z]", "[a-z].*[a-z]", "[0-9]"))
    return mixed and bits > BASE64_BITS


def has_mark(content: str) -> bool:
    return MARK in "\n".join(content.splitlines()[:3])


def is_generated_place(path: Path) -> bool:
    return "generated" in path.parts or ".generated." in path.name


def readable(skip: tuple[str, ...] = ()) -> list[tuple[Path, str]]:
    """Every text file of the checkout outside the given places."""
    found = [(path, text(path)) for path in files() if not str(path).startswith(skip)]
    return [(path, content) for path, content in found if content is not None]


def test_the_top_level_is_fixed():
    paths = files()
    assert {path.parts[0] for path in paths} >= FOLDERS | {"README.md", "Makefile", "pyproject.toml"}
    refuse(list(strange_top_level(paths)))


def test_no_file_names_a_foreign_host():
    found = readable()
    assert len(found) > 150
    refuse([one for path, content in found for one in foreign_addresses(path, content)])


def test_no_file_holds_a_path_of_one_machine():
    refuse([one for path, content in readable() for one in machine_paths(path, content)])


def test_no_file_holds_a_secret():
    # Locks hold the packages' hashes; the assets' and the sample's identifiers are public by nature.
    found = readable(skip=("infra/locks/", "tests/data/", "streams/sources/samples/"))
    assert len(found) > 150
    refuse([one for path, content in found for one in leaked_secrets(path, content)])


def test_generated_files_say_so_and_only_they_do():
    contents = readable()
    generated = {path for path, _ in contents if is_generated_place(path)}
    assert len(generated) >= 7
    assert {path for path, content in contents if has_mark(content)} == generated


def test_superset_is_no_python_package_and_dbt_holds_no_python():
    assert len(files("superset/**/*.yaml")) > 8
    assert len(files("dbt_project/**/*.sql")) > 8
    refuse([path for path in files() if path.parts[0] in ("superset", "dbt_project") and path.suffix == ".py"])


def test_the_top_level_rule_fires():
    assert len(list(strange_top_level([Path("README.md"), Path("docs/a.md"), Path("notes.txt")]))) == 2


@pytest.mark.parametrize("host", ["example.com", "user:pw@repo.example.org", "10.0.0.7:9092"])
def test_the_host_rule_fires(host):
    assert len(list(foreign_addresses(Path("x"), f"see https://{host}/simple"))) == 1
    refuse(list(foreign_addresses(Path("x"), "see http://127.0.0.1:8088/health")))


@pytest.mark.parametrize("folder", ["home/me/data", "root/.cache", "work/main/x", "Users/me/x"])
def test_the_path_rule_fires(folder):
    assert len(list(machine_paths(Path("x"), f'DATA = "/{folder}"'))) == 1
    refuse(list(machine_paths(Path("x"), f"$CITYBRAIN_HOME/{folder} and ./{folder}")))


def canaries(seed: int) -> dict[str, str]:
    """Secrets as they leak in practice, made from a seed so that this file holds none and no run differs."""
    digest = hashlib.sha256(f"canary {seed}".encode()).digest()
    hex_key, url_key = digest[:24].hex(), base64.urlsafe_b64encode(digest).decode()
    return {
        "hexadecimal key": f"SECRET_KEY = '{hex_key}'",
        "key in YAML": f"key: {hex_key}",
        "key in a shell file": f"export FERNET={url_key}",
        "short password": f'password = "a1{hex_key[:12]}"',
        "credentials file": f'"airflow.admin": {{"password": "z9{url_key[:20]}"}}',
        "address": f"postgresql://citybrain:{hex_key[:8]}@127.0.0.1:5432/x",
        "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
        "cloud key": "AKIA" + hex_key[:16].upper(),
        "forge token": "ghp_" + hex_key[:36],
    }


@pytest.mark.parametrize("kind", canaries(0))
def test_the_secret_scan_catches_the_canary(kind):
    missed = [seed for seed in range(200) if not list(leaked_secrets(Path("x"), canaries(seed)[kind]))]
    assert missed == []


@pytest.mark.parametrize(
    "line",
    [
        'url = f"postgresql://{user}:{password}@127.0.0.1:{port}"',
        "password: ${SUPERSET_PASSWORD}",
        'token = read_token("city.hotline.ticket.v1", settings.home)',
        "from streams.contracts.registry import contracts_of_all_the_topics",
        "uuid: 5b8f2f0e-1c1d-4a57-9a0e-2d1f3c4b5a69",
    ],
)
def test_the_secret_scan_leaves_ordinary_lines_alone(line):
    refuse(list(leaked_secrets(Path("x"), line)))


def test_the_mark_rule_tells_places_apart():
    assert is_generated_place(Path("a/generated/b.sql"))
    assert is_generated_place(Path("a/_sources.generated.yml"))
    assert not is_generated_place(Path("a/sources.yml"))
    assert has_mark(f"-- x; {MARK}.\n")
    assert not has_mark("\n\n\n\n" + MARK)
    assert not has_mark((ROOT / __file__).read_text())
