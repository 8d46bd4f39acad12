"""The API as a program: one process on loopback."""

from __future__ import annotations

import uvicorn

from streams.api.app import make_app
from streams.settings import Settings


def run(settings: Settings) -> None:
    """Answer on the home's port until SIGTERM or SIGINT; what is being answered is answered to its end."""
    uvicorn.run(
        make_app(settings),
        host="127.0.0.1",
        port=settings.api_port,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
