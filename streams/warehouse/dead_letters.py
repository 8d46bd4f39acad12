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
    """`sent` went back to their topics; `waiting` still wait for people; `dropped` have no payload to send."""

    sent: int
    waiting: int
    dropped: int


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


def find(
    settings: Settings,
    *,
    rule: str | None = None,
    topic: str | None = None,
    ids: Sequence[str] = (),
    state: str | None = None,
) -> list[Entry]:
    """Dead letters that meet all filters given, oldest first. CityBrainError for an unknown rule, topic or id."""
    if rule is not None and rule not in RULES:
        raise CityBrainError(
            f"no rule {rule!r}", why=f"known rules: {', '.join(RULES)}", remedy="see `citybrain dlq list`", exit_code=2
        )
    if topic is not None:
        contract(topic)
    wanted = [origin(text) for text in ids]
    with connect(settings, "loader") as connection:
        found = _select(connection, rule, topic, wanted, state)
    if wanted and state is None:
        missing = {"/".join(map(str, one)) for one in wanted} - {entry.id for entry in found}
        if missing:
            raise CityBrainError(
                f"no dead letter {', '.join(sorted(missing))}",
                why="the books have none of that origin (with these filters)",
                remedy="`citybrain dlq list` shows those there are",
            )
    return found


def show(settings: Settings, topic: str, partition: int, offset: int) -> tuple[Entry, str, str]:
    """A dead letter's books, key and value, both without personal data. CityBrainError when it is unknown or gone."""
    (entry,) = find(settings, ids=[f"{topic}/{partition}/{offset}"])
    place = (entry.dlq_partition, entry.dlq_offset)
    record = dead_letters.fetch(settings, f"{topic}.dlq", [place])[place]
    fields = contracts()[topic].fields if topic in contracts() else ()
    known = {*ENVELOPE_ATTRIBUTES, *(field.name for field in fields)}
    return entry, dead_letters.readable(record.key), dead_letters.readable(record.value, known)


def replay(
    settings: Settings, *, rule: str | None = None, topic: str | None = None, ids: Sequence[str] = ()
) -> Replayed:
    """Send the original bytes of waiting dead letters back to their topics, each marked with its origin.

    Safe to repeat: only those in state `new` are sent, and a record that gets there twice lands once. One that is
    rejected again goes back to `new` with its count of replays; it makes no new dead letter.
    """
    chosen = find(settings, rule=rule, topic=topic, ids=ids)
    waiting = [entry for entry in chosen if entry.state == "new"]
    dropped = sum(entry.state == "dropped" for entry in chosen)
    sent = 0
    for start in range(0, len(waiting), REPLAY_BATCH):
        sent += _send(settings, waiting[start : start + REPLAY_BATCH])
    return Replayed(sent, len(find(settings, rule=rule, topic=topic, ids=ids, state="new")), dropped)


def _send(settings: Settings, entries: list[Entry]) -> int:
    """Send and note in one transaction: until it commits, the streams can't note what became of these records."""
    with connect(settings, "loader") as connection:
        wanted = [(entry.topic, entry.partition, entry.offset) for entry in entries]
        locked = _select(connection, None, None, wanted, "new", lock=True)
        messages = []
        for topic in sorted({entry.topic for entry in locked}):
            mine = [entry for entry in locked if entry.topic == topic]
            places = [(entry.dlq_partition, entry.dlq_offset) for entry in mine]
            records = dead_letters.fetch(settings, f"{topic}.dlq", places)
            for entry, place in zip(mine, places, strict=True):
                record = records[place]
                headers = [header for header in dead_letters.own_headers(record) if header[0] != REPLAY_HEADER]
                headers.append((REPLAY_HEADER, entry.id.encode()))
                messages.append((topic, record.key, record.value, headers))
        dead_letters.produce(settings, messages)
        with connection.cursor() as cursor:
            cursor.executemany(
                """
                update ops.dead_letter
                set
                    state = 'replayed', state_reason = 'sent again, not read yet',
                    state_at_utc = clock_timestamp() at time zone 'UTC', replay_count = replay_count + 1
                where topic = %s and partition = %s and "offset" = %s
                """,
                [(entry.topic, entry.partition, entry.offset) for entry in locked],
            )
    return len(locked)


def _select(
    connection: psycopg.Connection[Any],
    rule: str | None,
    topic: str | None,
    wanted: Sequence[Origin],
    state: str | None,
    *,
    lock: bool = False,
) -> list[Entry]:
    rows = connection.execute(
        f"""
        select
            topic, partition, "offset", rule_id, reason, city_code, event_source, dead_at_utc, state, state_reason,
            state_at_utc, replay_count, dlq_partition, dlq_offset
        from ops.dead_letter
        where
            (%(rule)s::text is null or rule_id = %(rule)s)
            and (%(topic)s::text is null or topic = %(topic)s)
            and (%(state)s::text is null or state = %(state)s)
            and (%(any)s or concat_ws('/', topic, partition, "offset") = any(%(wanted)s::text[]))
        order by dead_at_utc, topic, partition, "offset"
        {"for update" if lock else ""}
        """,
        {
            "rule": rule,
            "topic": topic,
            "state": state,
            "any": not wanted,
            "wanted": ["/".join(map(str, one)) for one in wanted],
        },
    ).fetchall()
    return [Entry(*row) for row in rows]
