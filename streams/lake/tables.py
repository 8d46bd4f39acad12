"""Names, places and columns of the lake's Delta tables: `bronze/<topic>` and `silver/<topic>` under LAKE_URI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.contracts.registry import Contract
from streams.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

LAYERS = ("bronze", "silver")

ARROW_TYPES = {
    "text": "string",
    "integer": "int32",
    "bigint": "int64",
    "double": "float64",
    "boolean": "bool",
    "date": "date32",
    "timestamp": "timestamp[us]",
}
"""Kind of a contract's column -> Arrow's name of its type; times are UTC without zone."""


def table_uri(settings: Settings, layer: str, topic: str) -> str:
    """Where a table lies; the layer is one of LAYERS."""
    return f"{settings.lake_uri.rstrip('/')}/{layer}/{topic}"


def schema_of(contract: Contract) -> pa.Schema:
    """Columns of both layers of a topic: those of its raw table and the fields that only the lake keeps."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field(column.name, pa.type_for_alias(ARROW_TYPES[column.kind]), not column.required)
            for column in contract.silver_columns
        ]
    )
