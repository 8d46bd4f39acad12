"""Dead letters for people and for replay: the books name them, the DLQ topics hold their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from streams.bus import dead_letters
from streams.contracts.registry import ENVELOPE_ATTRIBUTES, contract, contracts
from streams.contracts.validate import RULES
from streams.errors import CityBrainError
from streams.settings import Settings
from streams.transforms.kernel import REPLAY_HEADER
from streams.warehouse.connection import connect

if TYPE_CHECKING:
    import psycopg

REPLAY_BATCH = 500
"""Records sent per transaction: the books are locked for these rows while they are on their way."""

UNKNOWN = "unknown"
GONE = "(gone: it outlived the dead-letter topic's retention)"
EXPIRED = "expired: its bytes are gone from the dead-letter topic"
SHORTEST_REASON = 5

Origin = tuple[str, int, int]


@dataclass(frozen=True)
class Entry:
    """One row of ops.dead_letter; times are UTC."""

    topic: str
    partition: int
    offset: int
    rule_id: str
    reason: str
    city_code: str | None
    event_source: str | None
    dead_at_utc: datetime
    state: str
    state_reason: str
    state_at_utc: datetime
    replay_count: int
    dlq_partition: int
    dlq_offset: int

    @property
    def id(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True)
class Replayed:
    """`sent` went back to their topics; `waiting` still wait for people; `dropped` are none to send.

    `expired` have been found to be gone from the dead-letter topic just now; they are among the dropped.
    """

    sent: int
    waiting: int
    dropped: int
    expired: int = 0


@dataclass(frozen=True)
class Group:
    """Dead letters of one topic, rule, source and state; times are UTC."""

    topic: str
    rule_id: str
    event_source: str | None
    state: str
    letters: int
    replays: int
    first_dead_at_utc: datetime
    last_dead_at_utc: datetime


@dataclass(frozen=True)
class Change:
    """One row of ops.dead_letter_history; the time is UTC."""

    at_utc: datetime
    state: str
    state_reason: str
    replay_count: int


@dataclass(frozen=True)
class Choice:
    """Which dead letters: those that meet all that is given. Check it with `checked`.

    `source` is an envelope's source (`/shuifu/petition`), the key of a topic (`petition.matter`), or UNKNOWN for
    letters that name none.
    """

    rule: str | None = None
    topic: str | None = None
    source: str | None = None
    ids: tuple[str, ...] | None = None

    @property
    def is_everything(self) -> bool:
        return self == Choice()

    def checked(self) -> Choice:
        """Itself; CityBrainError for a rule, a topic, a source or an id that can't be."""
        if self.rule is not None and self.rule not in RULES:
            why = f"known rules: {', '.join(RULES)}"
            raise CityBrainError(f"no rule {self.rule!r}", why=why, remedy="see `citybrain dlq list`", exit_code=2)
        if self.topic is not None:
            contract(self.topic)
        keys = [one.source_key for one in contracts().values()]
        if self.source is not None and not (self.source.startswith("/") or self.source in (UNKNOWN, *keys)):
            raise CityBrainError(
                f"no source {self.source!r}",
                why=f"known: {', '.join(keys)}, {UNKNOWN}, or an event source such as /shuifu/petition",
                remedy="copy one from `citybrain dlq list --summary`",
                exit_code=2,
            )
        for one in self.ids or ():
            origin(one)
        return self


EVERYTHING = Choice()


def origin(text: str) -> Origin:
    """`topic/partition/offset` as a tuple; raises CityBrainError for another shape."""
    topic, _, place = text.partition("/")
    partition, _, offset = place.partition("/")
    if not (topic and partition.isdecimal() and offset.isdecimal()):
        raise CityBrainError(
            f"{text!r} names no dead letter",
            why="the shape is topic/partition/offset",
            remedy="copy an id from `citybrain dlq list`",
            exit_code=2,
        )
    return topic, int(partition), int(offset)


def find(settings: Settings, choice: Choice = EVERYTHING, *, state: str | None = None, limit: int = 0) -> list[Entry]:
    """The chosen dead letters, oldest first; of many the newest `limit` (0: all).

    Raises CityBrainError for a choice that can't be, and for an id that the books don't have.
    """
    with connect(settings, "loader") as connection:
        found = _select(connection, choice.checked(), state, limit=limit)
    missing = set(choice.ids or ()) - {entry.id for entry in found}
    if missing and state is None and not limit:
        raise CityBrainError(
            f"no dead letter {', '.join(sorted(missing))}",
            why="the books have none of that origin (with these filters)",
            remedy="`citybrain dlq list` shows those there are",
        )
    return found


def summary(settings: Settings, choice: Choice = EVERYTHING, *, state: str | None = None) -> list[Group]:
    """The chosen dead letters counted by topic, rule, source and state; the most first."""
    with connect(settings, "loader") as connection:
        rows = connection.execute(
            f"""
            select
                topic, rule_id, event_source, state, count(*), sum(replay_count)::bigint, min(dead_at_utc),
                max(dead_at_utc)
            from ops.dead_letter
            where {_CHOSEN}
            group by topic, rule_id, event_source, state
            order by count(*) desc, topic, rule_id, event_source, state
            """,
            _parameters(choice.checked(), state),
        ).fetchall()
    return [Group(*row) for row in rows]


def show(settings: Settings, topic: str, partition: int, offset: int) -> tuple[Entry, str, str, list[Change]]:
    """A dead letter's books, key and value without personal data, and what became of it, oldest first.

    Raises CityBrainError when the books don't have it; a payload that is gone is said to be.
    """
    (entry,) = find(settings, Choice(ids=(f"{topic}/{partition}/{offset}",)))
    record = _kept(settings, topic, [entry]).get(entry.id)
    with connect(settings, "loader") as connection:
        rows = connection.execute(
            "select at_utc, state, state_reason, replay_count from ops.dead_letter_history"
            ' where topic = %s and partition = %s and "offset" = %s order by at_utc, replay_count',
            (topic, partition, offset),
        ).fetchall()
    changes = [Change(*row) for row in rows]
    if record is None:
        return entry, GONE, GONE, changes
    fields = contracts()[topic].fields if topic in contracts() else ()
    known = {*ENVELOPE_ATTRIBUTES, *(field.name for field in fields)}
    return entry, dead_letters.readable(record.key), dead_letters.readable(record.value, known), changes


def replay(settings: Settings, choice: Choice = EVERYTHING) -> Replayed:
    """Send the original bytes of waiting dead letters back to their topics, each marked with its origin.

    Safe to repeat: only those in state `new` are sent, and a record that gets there twice lands once. One that is
    rejected again goes back to `new` with its count of replays; it makes no new dead letter. One whose bytes are
    gone is dropped with that reason, and the others are sent.
    """
    chosen = find(settings, choice)
    waiting = [entry for entry in chosen if entry.state == "new"]
    sent = expired = 0
    for start in range(0, len(waiting), REPLAY_BATCH):
        counts = _send(settings, waiting[start : start + REPLAY_BATCH])
        sent, expired = sent + counts[0], expired + counts[1]
    after = [entry.state for entry in find(settings, choice)]
    return Replayed(sent, after.count("new"), after.count("dropped"), expired)


def drop(settings: Settings, choice: Choice, reason: str) -> int:
    """Give the chosen dead letters that still wait up for good, for a reason that stays in the books; how many.

    The bytes stay on the dead-letter topic until its retention ends. Dropping again changes nothing. Raises
    CityBrainError without a reason, and when nothing says which ones are meant.
    """
    words = " ".join(dead_letters.without_personal_data(reason).split())
    if len(words) < SHORTEST_REASON:
        raise CityBrainError(
            "a reason is needed to drop dead letters",
            why=f"it is all that stays of them; {SHORTEST_REASON} characters at least",
            remedy='say why nobody will need them: --reason "test records of the supplier"',
            exit_code=2,
        )
    if choice.is_everything:
        raise CityBrainError(
            "nothing says which dead letters to drop",
            why="all of them at once is never meant",
            remedy="add --rule, --topic, --source or --ids; `citybrain dlq list --summary` shows what waits",
            exit_code=2,
        )
    find(settings, choice)
    with connect(settings, "loader") as connection:
        waiting = _select(connection, choice, "new", lock=True)
        _note(connection, waiting, "dropped", words)
    return len(waiting)


def _send(settings: Settings, entries: list[Entry]) -> tuple[int, int]:
    """Send and note in one transaction: until it commits, the streams can't note what became of these records."""
    with connect(settings, "loader") as connection:
        locked = _select(connection, Choice(ids=tuple(entry.id for entry in entries)), "new", lock=True)
        sent, gone, messages = [], [], []
        for topic in sorted({entry.topic for entry in locked}):
            mine = [entry for entry in locked if entry.topic == topic]
            records = _kept(settings, topic, mine)
            for entry in mine:
                if entry.id not in records:
                    gone.append(entry)
                    continue
                record = records[entry.id]
                headers = [header for header in dead_letters.own_headers(record) if header[0] != REPLAY_HEADER]
                headers.append((REPLAY_HEADER, entry.id.encode()))
                messages.append((topic, record.key, record.value, headers))
                sent.append(entry)
        dead_letters.produce(settings, messages)
        _note(connection, sent, "replayed", "sent again, not read yet", replays=1)
        _note(connection, gone, "dropped", EXPIRED)
    return len(sent), len(gone)


def _kept(settings: Settings, topic: str, entries: Sequence[Entry]) -> dict[str, dead_letters.Record]:
    """Id -> record, of those that the dead-letter topic still holds; a place may have been taken by another one."""
    places = {(entry.dlq_partition, entry.dlq_offset): entry.id for entry in entries}
    records = dead_letters.kept(settings, f"{topic}.dlq", places)
    return {
        places[place]: record for place, record in records.items() if dead_letters.origin_of(record) == places[place]
    }


def _note(
    connection: psycopg.Connection[Any], entries: Sequence[Entry], state: str, reason: str, *, replays: int = 0
) -> None:
    connection.execute(
        f"""
        update ops.dead_letter
        set
            state = %(to)s, state_reason = %(reason)s, state_at_utc = clock_timestamp() at time zone 'UTC',
            replay_count = replay_count + %(replays)s
        where {_CHOSEN}
        """,
        {"to": state, "reason": reason, "replays": replays}
        | _parameters(Choice(ids=tuple(entry.id for entry in entries)), None),
    )


_CHOSEN = """
    (%(rule)s::text is null or rule_id = %(rule)s)
    and (%(topic)s::text is null or topic = %(topic)s)
    and (%(event_source)s::text is null or coalesce(event_source, '') = %(event_source)s)
    and (%(state)s::text is null or state = %(state)s)
    and (
        %(any)s or (topic, partition, "offset") in (
            select split_part(id, '/', 1), split_part(id, '/', 2)::integer, split_part(id, '/', 3)::bigint
            from unnest(%(ids)s::text[]) as id
        )
    )
"""


def _parameters(choice: Choice, state: str | None) -> dict[str, Any]:
    topic, source = choice.topic, choice.source
    if source == UNKNOWN:
        source = ""
    elif source is not None and not source.startswith("/"):
        # A key names a topic; with another topic beside it nothing is chosen.
        of_key = next(one.topic for one in contracts().values() if one.source_key == source)
        topic, source = of_key if topic in (None, of_key) else "", None
    return {
        "rule": choice.rule,
        "topic": topic,
        "event_source": source,
        "state": state,
        "any": choice.ids is None,
        "ids": list(choice.ids or ()),
    }


def _select(
    connection: psycopg.Connection[Any], choice: Choice, state: str | None, *, lock: bool = False, limit: int = 0
) -> list[Entry]:
    rows = connection.execute(
        f"""
        select
            topic, partition, "offset", rule_id, reason, city_code, event_source, dead_at_utc, state, state_reason,
            state_at_utc, replay_count, dlq_partition, dlq_offset
        from ops.dead_letter
        where {_CHOSEN}
        order by dead_at_utc desc, topic desc, partition desc, "offset" desc
        limit %(limit)s
        {"for update" if lock else ""}
        """,
        {**_parameters(choice, state), "limit": limit or None},
    ).fetchall()
    return [Entry(*row) for row in reversed(rows)]
