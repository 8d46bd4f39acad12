"""Whether a server of this stack answers on loopback."""

from __future__ import annotations

from http.client import HTTPException
from urllib.request import urlopen


def answers(port: int, path: str) -> bool:
    """True when the address answers with 200 within 3 seconds."""
    try:
        address = f"http://127.0.0.1:{port}{path}"
        with urlopen(address, timeout=3) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False
