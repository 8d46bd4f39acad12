"""Logins for people: `$CITYBRAIN_HOME/credentials.json` (mode 600), made once with random passwords."""

from __future__ import annotations

import json
import secrets
import threading
from typing import TypedDict

from streams.errors import CityBrainError
from streams.settings import Settings, write_private

PEOPLE = {"superset.admin": "admin", "superset.leader": "leader", "airflow.admin": "admin"}
"""Key of the file -> user name at that door."""

_ONE_AT_A_TIME = threading.Lock()
"""Airflow and Superset come up side by side and both ask; the first makes the passwords, the second reads them."""


class Login(TypedDict):
    """Where to log in and as whom."""

    url: str
    user: str
    password: str


def ensure(settings: Settings) -> dict[str, Login]:
    """The logins; missing ones are made, addresses follow the ports, known passwords stay.

    Raises CityBrainError when the file is there but can't be read as JSON.
    """
    with _ONE_AT_A_TIME:
        return _ensure(settings)


def _ensure(settings: Settings) -> dict[str, Login]:
    path = settings.home / "credentials.json"
    known: dict[str, Login] = {}
    if path.exists():
        try:
            known = json.loads(path.read_text())
        except ValueError as error:
            raise CityBrainError(
                f"{path} is not JSON", why=str(error), remedy=f"rm {path}  (new passwords are made at `up`)"
            ) from error
    urls = {
        "superset": f"http://127.0.0.1:{settings.superset_port}",
        "airflow": f"http://127.0.0.1:{settings.airflow_port}",
    }
    wanted: dict[str, Login] = {
        key: {
            "url": urls[key.partition(".")[0]],
            "user": user,
            "password": known[key]["password"] if key in known else secrets.token_urlsafe(18),
        }
        for key, user in PEOPLE.items()
    }
    if wanted != known or path.stat().st_mode & 0o077:
        write_private(path, json.dumps(wanted, indent=2) + "\n")
    return wanted
