"""Airflow 3 on loopback: environment, metadata database, login, health.

Its people are the one `airflow.admin` of credentials.json, through Airflow's simple auth manager: the door is
loopback only, and the password file (mode 600) is ours. A site with more people sets the FAB or Keycloak
manager in the environment variable AIRFLOW__CORE__AUTH_MANAGER, which wins over the one set here.
"""

from __future__ import annotations

import json
import os
from http.client import HTTPException
from urllib.request import urlopen

from streams.settings import CHECKOUT, Settings, write_private
from streams.stack import credentials, home

VENV = CHECKOUT / ".venvs/airflow"
SIMPLE_AUTH = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


def environment(settings: Settings) -> dict[str, str]:
    """Variables for every Airflow process of this home, secrets included; nothing is written."""
    secrets, room = settings.secrets, settings.home / "airflow"
    url = f"http://127.0.0.1:{settings.airflow_port}"
    options = {
        ("core", "executor"): "LocalExecutor",
        ("core", "parallelism"): "2",
        ("core", "dags_folder"): str(CHECKOUT / "dags"),
        ("core", "load_examples"): "False",
        ("core", "default_timezone"): "utc",
        ("core", "fernet_key"): secrets["airflow.fernet_key"],
        ("core", "auth_manager"): os.environ.get("AIRFLOW__CORE__AUTH_MANAGER") or SIMPLE_AUTH,
        ("core", "simple_auth_manager_users"): "admin:admin",
        ("core", "simple_auth_manager_passwords_file"): str(room / "passwords.json"),
        ("core", "execution_api_server_url"): f"{url}/execution/",
        ("database", "sql_alchemy_conn"): "postgresql+psycopg2"
        + settings.role_url("airflow").removeprefix("postgresql"),
        ("api", "host"): "127.0.0.1",
        ("api", "port"): str(settings.airflow_port),
        ("api", "base_url"): url,
        ("api", "workers"): "1",
        ("api", "expose_config"): "False",
        ("api", "secret_key"): secrets["airflow.secret_key"],
        ("api", "instance_name"): "城市大脑",
        ("api_auth", "jwt_secret"): secrets["airflow.jwt_secret"],
        ("dag_processor", "parsing_processes"): "1",
        ("dag_processor", "refresh_interval"): "5",
        ("dag_processor", "min_file_process_interval"): "30",
        ("logging", "base_log_folder"): str(settings.home / "logs/airflow"),
        ("logging", "dag_processor_child_process_log_directory"): str(settings.home / "logs/airflow/dag_processor"),
        ("logging", "colored_console_log"): "False",
        ("logging", "file_task_handler_new_folder_permissions"): "0o700",
        ("logging", "file_task_handler_new_file_permissions"): "0o600",
    }
    own = {f"AIRFLOW__{section.upper()}__{name.upper()}": value for (section, name), value in options.items()}
    return home.environment(settings) | own | {"AIRFLOW_HOME": str(room)}


def prepare(settings: Settings, run: home.Runner) -> None:
    """Login file, and `airflow db migrate` once for each version and database; safe to repeat."""
    login = credentials.ensure(settings)["airflow.admin"]
    passwords = json.dumps({login["user"]: login["password"]}) + "\n"
    write_private(settings.home / "airflow/passwords.json", passwords)
    done = f"{version()} {settings.role_url('airflow')}"
    if not home.is_stamped(settings, "airflow", done):
        run([str(VENV / "bin/airflow"), "db", "migrate"], environment(settings), "airflow-migrate")
        home.set_stamp(settings, "airflow", done)


def commands() -> dict[str, list[str]]:
    """Program name -> its command; the three that one machine needs (no triggerer: nothing defers)."""
    airflow = str(VENV / "bin/airflow")
    return {
        "airflow-api-server": [airflow, "api-server"],
        # Logs are read from the disk that API server and tasks share; their own server would listen to the world.
        "airflow-scheduler": [airflow, "scheduler", "--skip-serve-logs"],
        "airflow-dag-processor": [airflow, "dag-processor"],
    }


def is_healthy(settings: Settings) -> bool:
    """True when the API server answers and calls metadata database, scheduler and DAG processor healthy."""
    try:
        with urlopen(f"http://127.0.0.1:{settings.airflow_port}/api/v2/monitor/health", timeout=3) as answer:
            parts = json.load(answer)
        return all(parts[name]["status"] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor"))
    except (OSError, HTTPException, ValueError, LookupError, TypeError):  # a server that comes up or goes down
        return False


def version() -> str | None:
    """Installed version; None when its environment is missing."""
    return home.installed_version(VENV, "apache_airflow")
