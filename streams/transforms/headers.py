"""Kafka headers of a record as one JSON text, as Spark's `to_json` writes them (values in base64).

A list of structs per record would cost more on its way to Python than the whole record does otherwise, and all but
a few records' headers are never looked at.
"""

from __future__ import annotations

import json
from base64 import b64decode

SPARK_EXPRESSION = "case when size(headers) > 0 then to_json(headers) end as headers"


def unpack(text: str | None) -> tuple[tuple[str, bytes | None], ...]:
    """The headers in their order, bytes unchanged."""
    return tuple(
        (pair["key"], b64decode(pair["value"]) if pair.get("value") is not None else None)
        for pair in json.loads(text or "[]")
    )
