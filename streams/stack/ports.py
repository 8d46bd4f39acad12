"""Ports follow the home: found free at its first `up`, remembered in it; a variable of the environment overrides."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from streams.settings import PORTS, PORTS_FILE, Settings, port_choices, remembered_ports, write_private
from streams.stack import doctor


def chosen(env: Mapping[str, str] | None = None) -> Settings:
    """Settings with the ports that `up` is to take; writes nothing.

    Only a home that has none yet looks around: its first choice all of whose ports are free. Where there is none (the
    default home has one choice alone) the first stays, and `citybrain doctor` says what is in the way.
    """
    env = os.environ if env is None else env
    settings = Settings.load(env)
    if remembered_ports(settings.home):
        return settings
    open_ = [name for name in PORTS if not env.get(name)]
    for choice in port_choices(settings.home):
        wanted = [choice[name] for name in open_]
        if "CITYBRAIN_KAFKA_PORT" in open_:
            wanted.append(choice["CITYBRAIN_KAFKA_PORT"] + 1)  # its controller's
        if all(map(doctor.is_free, wanted)):
            return Settings.load({**env, **{name: str(choice[name]) for name in open_}})
    return settings


def remember(settings: Settings) -> None:
    """Keep the ports in the home, so that every later command finds its servers."""
    if remembered_ports(settings.home) != settings.ports:
        write_private(settings.home / PORTS_FILE, json.dumps(settings.ports, indent=2) + "\n")
