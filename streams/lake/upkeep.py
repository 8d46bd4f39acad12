"""What keeps the lake small: few large files instead of many, no orphans, and rows that are due taken out."""

from __future__ import annotations

from streams.lake.tables import LAYERS, table_uri
from streams.settings import Settings

KEPT_HOURS = 168
"""Files that no present version names stay for a week: a reader of yesterday's version still finds them."""


def compact(settings: Settings, topic: str) -> int:
    """Join the small files of both layers, remove orphans, shorten the log; how many files went into larger ones."""
    from deltalake import DeltaTable

    joined = 0
    for layer in LAYERS:
        uri = table_uri(settings, layer, topic)
        if DeltaTable.is_deltatable(uri):
            table = DeltaTable(uri)
            joined += int(table.optimize.compact()["numFilesRemoved"])
            table.vacuum(KEPT_HOURS, dry_run=False)
            table.create_checkpoint()
    return joined


def remove(settings: Settings, topic: str, condition: str) -> dict[str, int]:
    """Take the rows of an SQL condition out of both layers; layer -> how many. Done again it removes nothing."""
    from deltalake import DeltaTable

    removed = dict.fromkeys(LAYERS, 0)
    for layer in LAYERS:
        uri = table_uri(settings, layer, topic)
        if DeltaTable.is_deltatable(uri):
            removed[layer] = int(DeltaTable(uri).delete(condition)["num_deleted_rows"])
    return removed
