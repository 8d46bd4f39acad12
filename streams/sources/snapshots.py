"""What a source has already sent: a file downloaded again sends only what is new, and what it takes back is seen.

One small file per source and topic holds, for each event that the broker took, what the source had said. It spares
work and dead letters, and it is what a later download is compared with: another value for a stage that was sent
is a correction, a case that had ended and is open again was reopened. Without it everything is sent again and
`land` drops the repeats.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from streams.errors import CityBrainError
from streams.sources.findings import findings_of
from streams.sources.mapping import ENDED, REOPENING, SourceMapping
from streams.sources.tables import LINE

SCHEMA = pl.Schema(
    {"number": pl.String(), "stage": pl.String(), "said_at_utc": pl.Datetime("ms"), "digest": pl.String()}
)
"""What a source said of one stage of a case: its number, the stage, the time, and a digest of the rest."""

REOPENED_AT_ONCE = 10
"""Cases that one file may reopen whatever their share is."""

REOPENED_SHARE = 0.2
"""More of the ended cases than this open again: the file is older than the one before, not the cases reopened."""

Ends = Mapping[int, int]
"""Partition -> end offset of the topic."""


@dataclass(frozen=True)
class Fresh:
    """`events`: those to send, with `basis`; `marks`: what to remember of them (SCHEMA); `n_known`: sent before with
    the same content, or twice in the file; `n_changed`: with other content, where the first stands since nobody can
    say which is the later one; `findings`: corrections and reopenings (FINDING_SCHEMA)."""

    events: pl.DataFrame
    marks: pl.DataFrame
    n_known: int
    n_changed: int
    findings: pl.DataFrame


class Snapshots:
    """The memory of one source and topic in `folder`; `ends` are the topic's offsets now.

    A topic that has become shorter since was emptied or made anew: then nothing counts as sent.
    """

    def __init__(self, folder: Path, mapping: SourceMapping, ends: Ends) -> None:
        self._mapping, self._ends = mapping, ends
        self._path = _path(folder, mapping.event_source, mapping.contract.topic)
        self._key = ["number", "stage", *([] if mapping.is_row_per_case else ["said_at_utc"])]

    def as_of(self, written_at: datetime, now: datetime) -> datetime:
        """When a file was made (both aware): when it was written, or now where it can't have been then."""
        _, seen_at = self._memory()
        is_likely = written_at <= now and (seen_at is None or written_at > seen_at)
        return written_at if is_likely else now

    def fresh(self, events: pl.DataFrame, as_of: datetime, *, is_sure: bool = False) -> Fresh:
        """Split the events of a file made `as_of` (aware) into those to send and those that are there.

        Of a file older than the last one only what was never sent is taken. Raises CityBrainError where so many
        cases are open again that the file looks older, unless somebody `is_sure` of its time.
        """
        known, seen_at = self._memory()
        is_later = seen_at is None or as_of > seen_at
        states_reopenings = any(stage in REOPENING for stage in self._mapping.stages)
        infers = is_later and self._mapping.is_row_per_case and not states_reopenings
        at = pl.lit(as_of.astimezone(UTC).replace(tzinfo=None), dtype=pl.Datetime("ms"))

        said = self._said(events)
        different = said.unique([*self._key, "digest"], keep="first", maintain_order=True)
        once = different.unique(self._key, keep="first", maintain_order=True)
        new = self._compared(once, known, at, infers)
        n_changed = different.height - once.height
        if not (is_later and self._mapping.keeps_corrections):
            n_changed += new.filter(pl.col("basis") == "corrected").height
            new = new.filter(pl.col("basis").is_null())
        n_known = said.height - n_changed - new.height
        words = pl.format("{} is told anew; before it was at {}", "stage", pl.col("was_at_utc").dt.to_string("iso"))
        findings = [findings_of(new.filter(pl.col("basis") == "corrected"), LINE, "corrected", words)]
        if infers:
            reopened, told = self._reopened(said, known, at, is_sure=is_sure)
            new = pl.concat([new, reopened], how="diagonal").sort("event_at_utc", maintain_order=True)
            findings.append(told)
        return Fresh(
            new.select(*events.columns, *([] if not self._mapping.keeps_corrections else ["basis"])),
            new.select(*SCHEMA),
            n_known,
            n_changed,
            pl.concat(findings).sort("line", maintain_order=True),
        )

    def remember(self, marks: pl.DataFrame, ends: Ends, as_of: datetime) -> None:
        """Add what the broker took; `ends` are the topic's offsets behind it. Atomic; waits for others."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known, seen_at = self._memory()
            seen = max(as_of, seen_at or as_of).isoformat()
            # The last of a key stands, in its place: the order tells a closing from a closing behind a reopening.
            marked = pl.concat([known, marks]).unique(self._key, keep="last", maintain_order=True)
            with tempfile.NamedTemporaryFile(dir=self._path.parent, delete=False) as draft:
                marked.write_parquet(draft, metadata={"ends": json.dumps(ends), "seen_at": seen})
            Path(draft.name).replace(self._path)

    def _memory(self) -> tuple[pl.DataFrame, datetime | None]:
        """What was sent, in the order of sending, and when the last file was made."""
        nothing = pl.DataFrame(schema=SCHEMA), None
        if not self._path.exists():
            return nothing
        kept = pl.read_parquet_metadata(self._path)
        then = json.loads(kept["ends"])
        if "seen_at" not in kept or any(self._ends.get(int(partition), 0) < end for partition, end in then.items()):
            return nothing
        return pl.read_parquet(self._path), datetime.fromisoformat(kept["seen_at"])

    def _said(self, events: pl.DataFrame) -> pl.DataFrame:
        """The events with what is remembered of each; what `land` leaves out of its hash is left out here too."""
        contract = self._mapping.contract
        fields = [f.name for f in contract.fields if not f.lake_only and f.name in events.columns]
        content = events.select(pl.struct(fields).struct.json_encode()).to_series()
        digests = [hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for text in content]
        return events.with_columns(
            pl.Series("digest", digests, dtype=pl.String),
            number=pl.col(contract.subject_field),
            said_at_utc=pl.col("event_at_utc").cast(pl.Datetime("ms")),
        )

    def _compared(self, said: pl.DataFrame, known: pl.DataFrame, at: pl.Expr, infers: bool) -> pl.DataFrame:
        """Those of the events that say what was not sent yet, as they are to be sent."""
        was = known.unique(self._key, keep="last").select(
            *self._key, was_at_utc=pl.col("said_at_utc"), was_digest=pl.col("digest")
        )
        judged = said.join(was, on=self._key, how="left", maintain_order="left").join(
            _state(known), on="number", how="left", maintain_order="left"
        )
        is_new = pl.col("was_digest").is_null()
        is_changed = (pl.col("was_digest") != pl.col("digest")) | (pl.col("was_at_utc") != pl.col("said_at_utc"))
        # It was seen open after that time: it has ended again, by now at the latest.
        is_again = pl.lit(infers) & pl.col("state").is_in(REOPENING) & pl.col("stage").is_in(ENDED)
        is_inferred = is_again & (pl.col("said_at_utc") <= pl.col("state_at_utc"))
        judged = judged.with_columns(
            basis=pl.when(is_inferred.fill_null(False))
            .then(pl.lit("inferred"))
            .when(is_changed & ~is_again.fill_null(False))
            .then(pl.lit("corrected"))
        )
        is_inferred = pl.col("basis").eq_missing("inferred")
        return judged.filter(is_new | is_changed | is_inferred).with_columns(
            event_at_utc=pl.when(is_inferred).then(at).otherwise("event_at_utc"),
            recorded_at_utc=pl.when(pl.col("basis").is_null())
            .then("recorded_at_utc")
            .otherwise(pl.max_horizontal("recorded_at_utc", at)),
        )

    def _reopened(
        self, said: pl.DataFrame, known: pl.DataFrame, at: pl.Expr, *, is_sure: bool
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """A reopening for each case that had ended and that the file shows open, and its finding."""
        ended = _state(known).filter(pl.col("state").is_in(ENDED))
        both = said.unique("number", keep="first", maintain_order=True).join(ended, on="number", how="semi")
        still = said.filter(pl.col("stage").is_in(ENDED))
        back = both.join(still, on="number", how="anti", maintain_order="left")
        if back.height > max(REOPENED_AT_ONCE, both.height * REOPENED_SHARE) and not is_sure:
            raise CityBrainError(
                f"{back.height} of {both.height} cases that had ended are open in this file",
                why="so many are not reopened at once: the file looks older than the one taken in last",
                remedy="give `--as-of` with the day it was made; of an older file only what is new is taken",
                exit_code=2,
            )
        stage = next((one for one in REOPENING if one in self._mapping.contract.stages), None)
        if stage is None:
            words = "it had ended and is open again; the topic has no stage for that"
            return back.clear(), findings_of(back, LINE, "went_back", words)
        subject = self._mapping.contract.subject_field
        made = back.select(
            *dict.fromkeys([LINE, "event_source", "city_code", subject, "number"]),
            stage=pl.lit(stage),
            event_at_utc=at,
            recorded_at_utc=at,
            said_at_utc=at,
            digest=pl.lit(""),
            basis=pl.lit("inferred"),
        )
        return made, findings_of(back, LINE, "reopened", "it had ended and is open again")


def forget(folder: Path, event_source: str, topic: str) -> None:
    """Nothing counts as sent by that source: some of it was taken out of the platform again."""
    _path(folder, event_source, topic).unlink(missing_ok=True)


def _path(folder: Path, event_source: str, topic: str) -> Path:
    return folder / f"{event_source.strip('/').replace('/', '_')}_{topic}.parquet"


def _state(known: pl.DataFrame) -> pl.DataFrame:
    """number, state (the last stage that ended or reopened the case), state_at_utc."""
    turns = known.filter(pl.col("stage").is_in([*ENDED, *REOPENING]))
    last = turns.unique("number", keep="last", maintain_order=True)
    return last.select("number", state="stage", state_at_utc="said_at_utc")
