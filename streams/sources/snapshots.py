"""What a source has already sent: a file downloaded again sends only its new stages.

One small file per source and topic holds the id and a digest of each event that the broker took. It spares work
and dead letters, nothing depends on it: without it everything is sent again and `land` drops the repeats.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from streams.contracts.registry import Contract
from streams.sources.envelope import event_ids

SCHEMA = {"event_id": pl.String, "digest": pl.String}

Ends = Mapping[int, int]
"""Partition -> end offset of the topic."""


@dataclass(frozen=True)
class Fresh:
    """`events`: those never sent, each id once; `n_known`: sent before with the same content (or twice in the file);
    `n_changed`: with other content under an id that was sent before, where the first stands."""

    events: pl.DataFrame
    n_known: int
    n_changed: int


class Snapshots:
    """The memory of one source and topic in `folder`; `ends` are the topic's offsets now.

    A topic that has become shorter since was emptied or made anew: then nothing counts as sent.
    """

    def __init__(self, folder: Path, event_source: str, contract: Contract, ends: Ends) -> None:
        self._contract = contract
        self._path = folder / f"{event_source.strip('/').replace('/', '_')}_{contract.topic}.parquet"
        self._ends = ends

    def fresh(self, events: pl.DataFrame) -> Fresh:
        """Split the events of a file (input of `envelopes`) into those to send and those that are there."""
        marked, sent = self._marked(events), self._known()
        first = pl.concat([sent, marked]).unique("event_id", keep="first")
        new = marked["event_id"].is_first_distinct() & ~marked["event_id"].is_in(sent["event_id"].implode())
        judged = marked.join(first, on="event_id", how="left", suffix="_first", maintain_order="left")
        n_changed = int((judged["digest"] != judged["digest_first"]).sum())
        fresh = events.filter(new)
        return Fresh(fresh, events.height - fresh.height - n_changed, n_changed)

    def remember(self, events: pl.DataFrame, ends: Ends) -> None:
        """Add events that the broker took; `ends` are the topic's offsets behind them. Atomic; waits for others."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = pl.concat([self._known(), self._marked(events)]).unique("event_id", keep="first")
            with tempfile.NamedTemporaryFile(dir=self._path.parent, delete=False) as draft:
                known.write_parquet(draft, metadata={"ends": json.dumps(ends)})
            Path(draft.name).replace(self._path)

    def _known(self) -> pl.DataFrame:
        if not self._path.exists():
            return pl.DataFrame(schema=SCHEMA)
        then = json.loads(pl.read_parquet_metadata(self._path)["ends"])
        if any(self._ends.get(int(partition), 0) < end for partition, end in then.items()):
            return pl.DataFrame(schema=SCHEMA)
        return pl.read_parquet(self._path)

    def _marked(self, events: pl.DataFrame) -> pl.DataFrame:
        """Id and digest of each event; what `land` leaves out of its content hash is left out here too."""
        said = [f.name for f in self._contract.fields if not f.lake_only and f.name in events.columns]
        content = events.select(pl.struct(said).struct.json_encode()).to_series()
        digests = [hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for text in content]
        return pl.DataFrame([event_ids(events, self._contract), pl.Series("digest", digests, dtype=pl.String)])
