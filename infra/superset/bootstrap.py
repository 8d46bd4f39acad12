"""Users and roles of Superset, from code; run again, it changes nothing but what differs.

A password that a person changed at the site stays; another one in credentials.json replaces it.

Runs inside the Superset environment after `superset db upgrade` and `superset init`:
    python infra/superset/bootstrap.py
Passwords come from CITYBRAIN_SUPERSET_ADMIN_PASSWORD and CITYBRAIN_SUPERSET_LEADER_PASSWORD.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

LEADER_PERMISSIONS = (
    ("can_read", "Dashboard"),
    ("can_read", "Chart"),
    ("can_dashboard", "Superset"),
    ("can_language_pack", "Superset"),
    ("can_log", "Superset"),
    ("can_read", "CurrentUserRestApi"),
    ("can_read", "DashboardFilterStateRestApi"),
    ("can_write", "DashboardFilterStateRestApi"),
    ("can_time_range", "Api"),
    ("can_csv", "Superset"),
    ("can_read", "user"),
    ("can_write", "CurrentUserRestApi"),
)
"""All that a leader's browser needs to draw a dashboard, to take a chart along as a file and to change the own
password: no SQL Lab, no explore, no dataset, no export of dashboards."""

USERS = (
    # user name, given name, family name, role, environment variable of the password
    ("admin", "系统", "管理员", "Admin", "CITYBRAIN_SUPERSET_ADMIN_PASSWORD"),
    ("leader", "市", "领导", "leader", "CITYBRAIN_SUPERSET_LEADER_PASSWORD"),
)


def passwords() -> dict[str, str]:
    """User name -> password; exits with a message when one is missing or too short."""
    found = {name: os.environ.get(variable, "") for name, _, _, _, variable in USERS}
    for name, _, _, _, variable in USERS:
        if len(found[name]) < 12:
            sys.exit(
                f"Superset's user {name} can't be made: {variable} has fewer than 12 characters. "
                "Start the stack with `citybrain up`, which makes passwords, or set the variable."
            )
    return found


def set_role(manager, name: str, permissions) -> None:  # type: ignore[no-untyped-def]
    """Make role `name` hold exactly `permissions`; each must exist in this Superset."""
    role = manager.find_role(name) or manager.add_role(name)
    wanted = []
    for action, view in permissions:
        pair = manager.find_permission_view_menu(action, view)
        if pair is None:
            sys.exit(
                f"Role {name} can't be set: Superset has no permission '{action} on {view}'. "
                "Run `superset init` first; after an upgrade of Superset, adapt LEADER_PERMISSIONS."
            )
        wanted.append(pair)
    if set(role.permissions) != set(wanted):
        role.permissions = wanted
        manager.session.commit()


def set_user(manager, user: str, given: str, family: str, role: str, password: str, is_new: bool) -> None:  # type: ignore[no-untyped-def]
    """Make the user exist with this one role; a password that is new to us is set, one that a person chose stays."""
    found = manager.find_user(user)
    if found is None:
        if not manager.add_user(user, given, family, f"{user}@citybrain.local", manager.find_role(role), password):
            sys.exit(f"Superset refused to add the user {user}; its log says why.")
        return
    if is_new:
        manager.reset_password(found.id, password)
    if [held.name for held in found.roles] != [role]:
        found.roles = [manager.find_role(role)]
        manager.session.commit()


class SetPasswords:
    """Hashes of the passwords that were set here before: only another one than those is set again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hashes: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def is_new(self, user: str, password: str) -> bool:
        from werkzeug.security import check_password_hash

        return user not in self.hashes or not check_password_hash(self.hashes[user], password)

    def note(self, passwords: dict[str, str]) -> None:
        from werkzeug.security import generate_password_hash

        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.touch(mode=0o600)
        self.path.write_text(json.dumps({user: generate_password_hash(word) for user, word in passwords.items()}))


def main() -> None:
    given = passwords()
    from superset.app import create_app

    known = SetPasswords(Path(os.environ["CITYBRAIN_HOME"]) / "superset" / "set_passwords.json")
    with create_app().app_context():
        from superset.extensions import security_manager

        set_role(security_manager, "leader", LEADER_PERMISSIONS)
        set_role(security_manager, "Public", ())
        for user, first, last, role, _ in USERS:
            is_new = known.is_new(user, given[user])
            set_user(security_manager, user, first, last, role, given[user], is_new)
    known.note(given)
    print("Superset users ready: " + ", ".join(f"{user} ({role})" for user, _, _, role, _ in USERS))


if __name__ == "__main__":
    main()
