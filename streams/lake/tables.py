"""Names and places of the lake's Delta tables: `bronze/<topic>` and `silver/<topic>` under LAKE_URI."""

from __future__ import annotations

from streams.settings import Settings

LAYERS = ("bronze", "silver")


def table_uri(settings: Settings, layer: str, topic: str) -> str:
    """Where a table lies; the layer is one of LAYERS."""
    return f"{settings.lake_uri.rstrip('/')}/{layer}/{topic}"
