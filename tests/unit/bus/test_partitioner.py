"""The partition of a key is Kafka's own, computed here, because a resume has to know it."""

from __future__ import annotations

import pytest

from streams.bus.admin import topic_settings
from streams.bus.producer import partition_of
from streams.contracts.registry import contract


@pytest.mark.parametrize(
    ("key", "hashed"),
    # Vectors of Kafka's own test of its murmur2.
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_a_key_goes_where_kafka_s_own_partitioner_sends_it(key: bytes, hashed: int) -> None:
    for partitions in (1, 4, 7, 2**31 - 1):
        assert partition_of(key, partitions) == (hashed & 0x7FFFFFFF) % partitions


def test_records_without_key_are_spread_by_their_number() -> None:
    assert [partition_of(None, 4, sequence) for sequence in range(6)] == [0, 1, 2, 3, 0, 1]


def test_keys_of_one_city_use_all_partitions_evenly() -> None:
    counts = [0] * 4
    for i in range(20_000):
        counts[partition_of(b"shuifu/SF2026%08d" % i, 4)] += 1
    assert min(counts) > 4500


def test_a_dead_letter_fits_whatever_the_topic_took() -> None:
    one = contract("city.hotline.ticket.v1")
    settings = topic_settings(one)
    assert settings[one.topic]["retention.ms"] == str(30 * 86_400_000)
    assert int(settings[one.dlq]["max.message.bytes"]) > int(settings[one.topic]["max.message.bytes"])
