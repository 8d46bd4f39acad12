"""Superset's configuration, read in Superset's own environment: what it refuses, and what it never says."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from streams.settings import CHECKOUT
from streams.stack import superset

ROOM = CHECKOUT / "infra/superset"
SHOW = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("superset_config", sys.argv[1])
config = importlib.util.module_from_spec(spec)
spec.loader.exec_module(config)
names = [name for name in dir(config) if name.isupper()]
print(json.dumps({name: getattr(config, name) for name in names}, default=str))
"""


def run(command: list[str], home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.environ["PATH"],
        "CITYBRAIN_HOME": str(home),
        "SUPERSET_SECRET_KEY": "k" * 48,
        "CITYBRAIN_SUPERSET_META_URL": "postgresql://superset:x@127.0.0.1:1/superset",
        **variables,
    }
    return subprocess.run([str(superset.PYTHON), *command], env=env, capture_output=True, text=True, check=False)


def show(home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return run(["-c", SHOW, str(ROOM / "superset_config.py")], home, **variables)


@pytest.mark.parametrize("key", ["", "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", "changeme", "abc123"])
def test_superset_does_not_start_with_a_placeholder_for_a_key(tmp_path: Path, key: str) -> None:
    refused = show(tmp_path, SUPERSET_SECRET_KEY=key)
    assert refused.returncode != 0
    assert "Superset does not start: SUPERSET_SECRET_KEY" in refused.stderr
    assert not key or key not in refused.stderr


def test_superset_does_not_start_without_its_own_database(tmp_path: Path) -> None:
    refused = show(tmp_path, CITYBRAIN_SUPERSET_META_URL="")
    assert refused.returncode != 0
    assert "CITYBRAIN_SUPERSET_META_URL is empty" in refused.stderr


def test_the_configuration_closes_what_superset_leaves_open(tmp_path: Path) -> None:
    shown = show(tmp_path)
    assert shown.returncode == 0, shown.stderr
    config = json.loads(shown.stdout)
    policy = json.dumps(config["TALISMAN_CONFIG"]["content_security_policy"])
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    assert config["BABEL_DEFAULT_LOCALE"] == "zh"
    assert config["PERMANENT_SESSION_LIFETIME"] == "8:00:00"
    assert config["SESSION_SERVER_SIDE"] is True
    assert config["SESSION_COOKIE_HTTPONLY"] is True
    assert config["FEATURE_FLAGS"]["DASHBOARD_RBAC"] is True
    assert config["FEATURE_FLAGS"]["ENABLE_TEMPLATE_PROCESSING"] is False
    assert config["GUEST_TOKEN_JWT_SECRET"] not in ("", "test-guest-secret-change-me", "k" * 48)
    assert config["DATA_CACHE_CONFIG"]["CACHE_DEFAULT_TIMEOUT"] <= 60
    assert all("127.0.0.1" in address for address, _ in config["DECKGL_BASE_MAP"])


def test_cookies_are_for_https_alone_behind_a_tls_proxy(tmp_path: Path) -> None:
    config = json.loads(show(tmp_path, CITYBRAIN_SUPERSET_HTTPS="1").stdout)
    assert config["SESSION_COOKIE_SECURE"] is True
    assert config["TALISMAN_CONFIG"]["session_cookie_secure"] is True


def test_users_are_not_made_with_short_passwords(tmp_path: Path) -> None:
    refused = run([str(ROOM / "bootstrap.py")], tmp_path, CITYBRAIN_SUPERSET_ADMIN_PASSWORD="short")
    assert refused.returncode != 0
    assert "CITYBRAIN_SUPERSET_ADMIN_PASSWORD has fewer than 12 characters" in refused.stderr


def test_dashboards_are_not_applied_without_the_address_of_the_warehouse(tmp_path: Path) -> None:
    refused = run([str(ROOM / "apply_assets.py"), str(tmp_path)], tmp_path)
    assert refused.returncode == 1
    assert "CITYBRAIN_READER_URL is not the PostgreSQL URL" in refused.stderr


def test_dashboards_are_not_applied_from_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "metadata.yaml").write_text("version: 1.0.0\n")
    refused = run(
        [str(ROOM / "apply_assets.py"), str(tmp_path)], tmp_path, CITYBRAIN_READER_URL="postgresql://r@127.0.0.1:1/x"
    )
    assert refused.returncode == 1
    assert "there are no databases in" in refused.stderr
