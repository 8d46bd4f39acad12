"""Users and roles of Superset, from code; run again, it changes nothing but what differs.

Runs inside the Superset environment after `superset db upgrade` and `superset init`:
    python infra/superset/bootstrap.py
Passwords come from CITYBRAIN_SUPERSET_ADMIN_PASSWORD and CITYBRAIN_SUPERSET_LEADER_PASSWORD.
"""

from __future__ import annotations

import os
import sys

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
)
"""All that a leader's browser needs to draw a dashboard: no SQL Lab, no explore, no dataset, no export."""

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


def set_user(manager, user: str, given: str, family: str, role: str, password: str) -> None:  # type: ignore[no-untyped-def]
    """Make the user exist with this one role and this password (the hash is left alone when it fits)."""
    from werkzeug.security import check_password_hash

    found = manager.find_user(user)
    if found is None:
        if not manager.add_user(user, given, family, f"{user}@citybrain.local", manager.find_role(role), password):
            sys.exit(f"Superset refused to add the user {user}; its log says why.")
        return
    if not check_password_hash(found.password, password):
        manager.reset_password(found.id, password)
    if [held.name for held in found.roles] != [role]:
        found.roles = [manager.find_role(role)]
        manager.session.commit()


def main() -> None:
    given = passwords()
    from superset.app import create_app

    with create_app().app_context():
        from superset.extensions import security_manager

        set_role(security_manager, "leader", LEADER_PERMISSIONS)
        set_role(security_manager, "Public", ())
        for user, first, last, role, _ in USERS:
            set_user(security_manager, user, first, last, role, given[user])
    print("Superset users ready: " + ", ".join(f"{user} ({role})" for user, _, _, role, _ in USERS))


if __name__ == "__main__":
    main()
