"""Who lands, who repeats, who contradicts: decided by identity, content and the order of offsets."""

from __future__ import annotations

import polars as pl

from streams.transforms.dedupe import KNOWN_SCHEMA, decide, identified


def rows(*places: tuple[int, int, str, str]) -> pl.DataFrame:
    """Rows of (partition, offset, event id, content hash)."""
    return pl.DataFrame(
        places, schema=["kafka_partition", "kafka_offset", "event_id", "content_hash"], orient="row"
    ).with_columns(event_source=pl.lit("/shuifu/hotline"))


def known(*pairs: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(pairs), schema=KNOWN_SCHEMA, orient="row")


def verdicts(frame: pl.DataFrame, before: pl.DataFrame) -> list[str]:
    return decide(identified(frame, "t"), before)["verdict"].to_list()


def test_the_first_lands_the_same_again_is_a_duplicate_and_other_content_a_conflict() -> None:
    frame = rows((0, 1, "a", "x"), (0, 2, "a", "x"), (0, 3, "a", "y"), (0, 4, "a", "x"), (0, 5, "b", "x"))
    assert verdicts(frame, known()) == ["landed", "duplicate", "id_conflict", "duplicate", "landed"]


def test_the_order_of_offsets_decides_and_not_that_of_the_rows() -> None:
    frame = rows((1, 0, "a", "y"), (0, 9, "a", "x"), (0, 1, "a", "z"))
    decided = decide(identified(frame, "t"), known())
    assert decided.select("kafka_partition", "kafka_offset", "verdict").rows() == [
        (0, 1, "landed"),
        (0, 9, "id_conflict"),
        (1, 0, "id_conflict"),
    ]


def test_what_landed_before_counts_at_any_distance() -> None:
    frame = rows((0, 1, "a", "x"), (0, 2, "a", "y"), (0, 3, "b", "x"))
    identity = identified(frame, "t")["identity"][0]
    assert verdicts(frame, known((identity, "x"))) == ["duplicate", "id_conflict", "landed"]


def test_the_same_id_of_another_source_or_topic_is_another_event() -> None:
    one = rows((0, 1, "a", "x"))
    other = one.with_columns(event_source=pl.lit("/shuifu/other"))
    names = [identified(one, "t"), identified(other, "t"), identified(one, "u")]
    assert len({frame["identity"][0] for frame in names}) == 3
    assert all(len(frame["identity"][0]) == 32 for frame in names)
