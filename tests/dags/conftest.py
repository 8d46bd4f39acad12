"""A throw-away Airflow: own home, SQLite metadata, none of the settings of an Airflow that runs beside it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "dags"

for name in [one for one in os.environ if one.startswith("AIRFLOW_")]:
    del os.environ[name]
_home = tempfile.TemporaryDirectory(prefix="citybrain-dags-")
# Airflow reads these when it is imported for the first time, so they stand outside of any fixture.
os.environ |= {
    "AIRFLOW_HOME": _home.name,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_home.name}/airflow.db",
}
sys.path.insert(0, str(DAGS))


@pytest.fixture(scope="session")
def bag():
    """The DAGs of the checkout, loaded as Airflow loads them."""
    from rules import load

    return load(DAGS)
