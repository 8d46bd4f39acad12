"""Kafka headers of a record as one JSON text, as Spark's `to_json` writes them (values in base64).

A list of structs per record would cost more on its way to Python than the whole record does otherwise, and all but
a few records' headers are never looked at.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable

SPARK_EXPRESSION = "case when size(headers) > 0 then to_json(headers) end as headers"


def pack(headers: Iterable[tuple[str, bytes | None]] | None) -> str | None:
    """The text for those headers; None where there are none."""
    pairs = [
        {"key": name} if value is None else {"key": name, "value": b64encode(value).decode()}
        for name, value in headers or ()
    ]
    return json.dumps(pairs, separators=(",", ":")) if pairs else None


def unpack(text: str | None) -> tuple[tuple[str, bytes | None], ...]:
    """The headers in their order, bytes unchanged."""
    return tuple(
        (pair["key"], b64decode(pair["value"]) if pair.get("value") is not None else None)
        for pair in json.loads(text or "[]")
    )
